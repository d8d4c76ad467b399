/* Associations to bytes and back: against what iproute2 sends, at random, and damaged. */
#include "enforcer/kernel/xfrm_sa.h"

#include <arpa/inet.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "ike/engine/algorithm.h"
#include "tests/unit/tap.h"
#include "tests/unit/xfrm_sa_bytes.h"

#include "common/base/banned.h"

static _Alignas(8) uint8_t msg[XFRM_SA_ROOM], other[XFRM_SA_ROOM];

static struct ip ip(const char *text)
{
	struct ip a = {.family = IP_NONE};

	ok(ip_parse(text, &a));
	return a;
}

static struct ike_selector sel(const char *local, uint8_t lp, const char *remote, uint8_t rp)
{
	return (struct ike_selector){.local = {ip(local), lp}, .remote = {ip(remote), rp}};
}

static void count_up(uint8_t *key, uint8_t from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		key[i] = (uint8_t)(from + i);
}

/* What the commands of xfrm_sa_bytes.h say. */
static struct xfrm_sa esp4_transport(void)
{
	struct xfrm_sa s = {.sa = {.id = {ip("10.0.0.1"), ip("10.1.2.3"), IKE_PROTO_ESP, 0xC0FFEE01}, .outbound = true,
	    .reqid = 0x49500001, .sel = sel("10.0.0.1", 32, "10.1.2.3", 32), .cipher = IKE_ENC_AES256, .hash = CRYPTO_SHA256,
	    .enc_key_len = 32, .auth_key_len = 32, .replay_window = 32, .soft_s = 3240, .hard_s = 3600, .soft_bytes = 1000,
	    .hard_bytes = 2000}};

	s.sa.sel.protocol = 6;
	s.sa.sel.remote_port = 23;
	count_up(s.sa.key, 0, 32);
	count_up(s.sa.key + 32, 0x80, 32);
	return s;
}

static struct xfrm_sa esp6_tunnel_gcm(void)
{
	struct xfrm_sa s = {.sa = {.id = {ip("2001:db8::1"), ip("2001:db8::2"), IKE_PROTO_ESP, 0x1001}, .outbound = true, .reqid = 7,
	    .tunnel = true, .sel = sel("10.0.0.0", 8, "10.1.0.0", 16), .cipher = IKE_ENC_GCM256, .enc_key_len = 36, .replay_window = 64}};

	count_up(s.sa.key, 0x40, 36);
	return s;
}

static struct xfrm_sa ah4(void)
{
	struct xfrm_sa s = {.sa = {.id = {ip("10.1.2.3"), ip("10.0.0.1"), IKE_PROTO_AH, 0x2002}, .reqid = 9,
	    .sel = sel("10.0.0.1", 32, "10.1.2.3", 32), .hash = CRYPTO_MD5, .auth_key_len = 16, .replay_window = 32}};

	count_up(s.sa.key, 0x10, 16);
	return s;
}

static struct xfrm_sa esp4_encap(void)
{
	struct xfrm_sa s = {.sa = {.id = {ip("192.0.2.7"), ip("10.0.0.1"), IKE_PROTO_ESP, 0x3003}, .reqid = 9,
	    .sel = sel("10.0.0.1", 32, "192.0.2.7", 32), .cipher = IKE_ENC_3DES, .hash = CRYPTO_SHA1, .enc_key_len = 24,
	    .auth_key_len = 20, .replay_window = 64, .udp_encap = true, .encap_sport = 61234, .encap_dport = 4500,
	    .original = ip("192.168.1.7")}};

	s.sa.sel.protocol = 17;
	s.sa.sel.local_port = s.sa.sel.remote_port = 1701;
	count_up(s.sa.key, 0, 24);
	count_up(s.sa.key + 24, 0x80, 20);
	return s;
}

static struct xfrm_sa esp_null(void)
{
	struct xfrm_sa s = {.sa = {.id = {ip("10.0.0.1"), ip("10.1.2.3"), IKE_PROTO_ESP, 0x4004}, .outbound = true, .reqid = 9,
	    .sel = sel("10.0.0.1", 32, "10.1.2.3", 32), .cipher = IKE_ENC_NULL, .hash = CRYPTO_SHA512, .auth_key_len = 64,
	    .replay_window = 32}};

	count_up(s.sa.key, 0x10, 64);
	return s;
}

static bool same(const struct xfrm_sa *x, const struct xfrm_sa *y)
{
	const struct ike_sa *a = &x->sa, *b = &y->sa;

	return ip_eq(&a->id.src, &b->id.src) && ip_eq(&a->id.dst, &b->id.dst) && a->id.protocol == b->id.protocol &&
	       a->id.spi == b->id.spi && a->outbound == b->outbound && a->reqid == b->reqid && a->tunnel == b->tunnel &&
	       ike_selector_eq(&a->sel, &b->sel) && a->cipher == b->cipher && a->hash == b->hash &&
	       a->enc_key_len == b->enc_key_len && a->auth_key_len == b->auth_key_len &&
	       memcmp(a->key, b->key, (size_t)a->enc_key_len + a->auth_key_len) == 0 && a->replay_window == b->replay_window &&
	       a->soft_s == b->soft_s && a->hard_s == b->hard_s && a->soft_bytes == b->soft_bytes &&
	       a->hard_bytes == b->hard_bytes && a->udp_encap == b->udp_encap && a->encap_sport == b->encap_sport &&
	       a->encap_dport == b->encap_dport && ip_eq(&a->original, &b->original) &&
	       memcmp(&x->replay, &y->replay, sizeof x->replay) == 0;
}

static bool payload_is(const void *m, uint16_t type, const uint8_t *bytes, size_t n)
{
	const struct nlmsghdr *h = m;

	return h->nlmsg_type == type && h->nlmsg_len == NLMSG_HDRLEN + n && memcmp(mnl_nlmsg_get_payload(h), bytes, n) == 0;
}

static void associations_are_byte_for_byte_those_of_iproute2(void)
{
	static const struct {
		struct xfrm_sa (*make)(void);
		bool update;
		const uint8_t *bytes;
		size_t n;
	} rows[] = {
	    {esp4_transport, false, bytes_esp4_transport, sizeof bytes_esp4_transport},
	    {esp6_tunnel_gcm, false, bytes_esp6_tunnel_gcm, sizeof bytes_esp6_tunnel_gcm},
	    {ah4, false, bytes_ah4, sizeof bytes_ah4},
	    {esp4_encap, true, bytes_esp4_encap, sizeof bytes_esp4_encap},
	    {esp_null, false, bytes_esp_null, sizeof bytes_esp_null},
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct xfrm_sa want = rows[i].make(), got;
		uint16_t type = rows[i].update ? XFRM_MSG_UPDSA : XFRM_MSG_NEWSA;

		ok(xfrm_put_sa(msg, 5, &want, rows[i].update));
		ok(payload_is(msg, type, rows[i].bytes, rows[i].n));
		ok(((struct nlmsghdr *)(void *)msg)->nlmsg_flags == (NLM_F_REQUEST | NLM_F_ACK));
		ok(xfrm_get_sa((void *)msg, want.sa.outbound, &got) && same(&got, &want));
	}
}

static void names_and_spis_too(void)
{
	struct ike_sa_id id = esp4_transport().sa.id, in = {ip("10.1.2.3"), ip("10.0.0.1"), IKE_PROTO_ESP, 0}, got;
	struct nlmsghdr *h = (void *)msg;
	struct xfrm_usersa_info *i;

	xfrm_put_sa_delete(msg, 1, &id);
	ok(payload_is(msg, XFRM_MSG_DELSA, bytes_delsa, sizeof bytes_delsa));
	xfrm_put_sa_get(msg, 2, &id);
	ok(payload_is(msg, XFRM_MSG_GETSA, bytes_getsa, sizeof bytes_getsa));
	xfrm_put_allocspi(msg, 3, &in, 5, false, 0);
	ok(payload_is(msg, XFRM_MSG_ALLOCSPI, bytes_allocspi, sizeof bytes_allocspi));
	is_int(h->nlmsg_seq, 3);
	/* The kernel answers with a larval association. */
	memset(msg, 0, sizeof msg);
	h = mnl_nlmsg_put_header(msg);
	h->nlmsg_type = XFRM_MSG_NEWSA;
	i = mnl_nlmsg_put_extra_header(h, sizeof *i);
	i->family = AF_INET;
	i->id.proto = IPPROTO_AH;
	i->id.spi = htonl(0x12345);
	ok(xfrm_get_spi(h, &got) && got.spi == 0x12345 && got.protocol == IKE_PROTO_AH);
	i->id.spi = htonl(255);
	ok(!xfrm_get_spi(h, &got));
}

/* --- at random ------------------------------------------------------------------------------------------------------ */

static uint64_t seed = 1;

static unsigned rnd(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % n;
}

static struct ip random_ip(bool v6)
{
	struct ip a = {.family = v6 ? IP_V6 : IP_V4};

	for (unsigned i = 0; i < ip_bits(a.family) / 8; i++)
		a.b[i] = (uint8_t)rnd(256);
	return a;
}

static struct ip_prefix random_prefix(bool v6)
{
	struct ip_prefix p = {random_ip(v6), (uint8_t)rnd(v6 ? 129 : 33)};

	p.net = ip_mask(&p.net, p.plen);
	return p;
}

static void random_algorithms(struct ike_sa *sa)
{
	sa->cipher = sa->id.protocol == IKE_PROTO_AH ? IKE_ENC_NULL : (uint8_t)rnd(IKE_ENCS);
	const struct alg_esp *esp = alg_esp_get(sa->cipher);
	sa->hash = esp->aead ? CRYPTO_HASH_NONE : (uint8_t)(1 + rnd(CRYPTO_HASHES - 1));
	if (sa->cipher != IKE_ENC_NULL && rnd(8) == 0)
		sa->hash = CRYPTO_HASH_NONE;
	sa->enc_key_len = sa->id.protocol == IKE_PROTO_AH ? 0 : esp->key_len;
	sa->auth_key_len = sa->hash ? alg_hash_get(sa->hash)->key_len : 0;
	for (size_t i = 0; i < (size_t)sa->enc_key_len + sa->auth_key_len; i++)
		sa->key[i] = (uint8_t)rnd(256);
}

static void random_sa(struct xfrm_sa *s)
{
	static const uint32_t windows[] = {0, 1, 31, 32, 33, 64, 65, 1024, XFRM_WINDOW_MAX};
	bool v6 = rnd(2), inner6 = rnd(2);
	struct ike_sa *sa = &s->sa;

	*s = (struct xfrm_sa){.sa = {.id = {random_ip(v6), random_ip(v6), (uint8_t)(IKE_PROTO_AH + rnd(2)), 256 + rnd(1u << 30)},
	    .outbound = rnd(2), .reqid = rnd(UINT32_MAX), .tunnel = rnd(2), .sel = {random_prefix(inner6), random_prefix(inner6),
	    (uint8_t)rnd(256), (uint16_t)rnd(3), (uint16_t)rnd(3)}, .replay_window = windows[rnd(N_OF(windows))],
	    .soft_s = rnd(2), .hard_s = rnd(UINT32_MAX), .soft_bytes = rnd(3), .hard_bytes = (uint64_t)rnd(99) << 33}};
	random_algorithms(sa);
	if (!v6 && sa->id.protocol == IKE_PROTO_ESP && rnd(2)) {
		sa->udp_encap = true;
		sa->encap_sport = (uint16_t)rnd(65536);
		sa->encap_dport = (uint16_t)rnd(65536);
		if (rnd(2))
			sa->original = random_ip(false);
	}
	if (sa->replay_window && rnd(2)) {
		s->has_replay = true;
		s->replay.sent = rnd(1000);
		s->replay.received = rnd(1000);
		s->replay.seen[0] = rnd(UINT32_MAX);
		if (sa->replay_window > 1000)
			s->replay.seen[31] = rnd(UINT32_MAX);
	}
}

static void every_association_comes_back_as_it_was(void)
{
	for (int i = 0; i < 20000; i++) {
		struct xfrm_sa s, got;

		random_sa(&s);
		ok(xfrm_put_sa(msg, 1, &s, rnd(2)));
		ok(xfrm_get_sa((void *)msg, s.sa.outbound, &got) && same(&got, &s));
		ok(((struct nlmsghdr *)(void *)msg)->nlmsg_len <= XFRM_SA_ROOM);
	}
}

/* Memory of exactly the size, so that a sanitizer sees what reads past it. */
static void damaged_messages_are_survived(void)
{
	for (int i = 0; i < 2000; i++) {
		struct xfrm_sa s, got;
		struct ike_cmd cmd;
		uint32_t reqid, policy;

		random_sa(&s);
		ok(xfrm_put_sa(other, 1, &s, false));
		size_t n = ((struct nlmsghdr *)(void *)other)->nlmsg_len, cut = NLMSG_HDRLEN + rnd((unsigned)(n - NLMSG_HDRLEN + 1));
		struct nlmsghdr *h = xcalloc(1, cut);
		memcpy(h, other, cut);
		h->nlmsg_len = (uint32_t)cut;
		for (unsigned k = rnd(4); k > 0 && cut > NLMSG_HDRLEN; k--)
			((uint8_t *)h)[NLMSG_HDRLEN + rnd((unsigned)(cut - NLMSG_HDRLEN))] = (uint8_t)rnd(256);
		xfrm_get_sa(h, rnd(2), &got);
		h->nlmsg_type = XFRM_MSG_ACQUIRE;
		xfrm_get_acquire(h, &cmd, &policy);
		h->nlmsg_type = XFRM_MSG_EXPIRE;
		xfrm_get_expire(h, &cmd, &reqid);
		h->nlmsg_type = XFRM_MSG_MAPPING;
		xfrm_get_mapping(h, &cmd, &reqid);
		free(h);
	}
}

static void what_is_no_algorithm_of_ours_is_not_written(void)
{
	struct xfrm_sa s = esp4_transport();

	s.sa.enc_key_len = 16; /* AES-256 */
	ok(!xfrm_put_sa(msg, 1, &s, false));
	s = esp4_transport();
	s.sa.auth_key_len = 20;
	ok(!xfrm_put_sa(msg, 1, &s, false));
	s = esp4_transport();
	s.sa.id.protocol = IKE_PROTO_AH;
	ok(!xfrm_put_sa(msg, 1, &s, false));
	s = esp6_tunnel_gcm();
	s.sa.hash = CRYPTO_SHA1;
	s.sa.auth_key_len = 20;
	ok(!xfrm_put_sa(msg, 1, &s, false));
	s = esp_null(); /* neither secret nor authentic */
	s.sa.hash = CRYPTO_HASH_NONE;
	s.sa.auth_key_len = 0;
	ok(!xfrm_put_sa(msg, 1, &s, false));
	s = esp4_transport();
	s.sa.replay_window = XFRM_WINDOW_MAX + 1;
	ok(!xfrm_put_sa(msg, 1, &s, false));
	s = esp4_transport();
	s.sa.cipher = IKE_ENCS;
	ok(!xfrm_put_sa(msg, 1, &s, false));
}

static void what_we_cannot_have_written_is_not_read(void)
{
	struct xfrm_sa s = esp4_transport(), got;
	struct xfrm_usersa_info *i = mnl_nlmsg_get_payload((void *)msg);

	ok(xfrm_put_sa(msg, 1, &s, false));
	i->flags = XFRM_STATE_ESN;
	ok(!xfrm_get_sa((void *)msg, true, &got));
	ok(xfrm_put_sa(msg, 1, &s, false));
	i->mode = XFRM_MODE_BEET;
	ok(!xfrm_get_sa((void *)msg, true, &got));
	ok(xfrm_put_sa(msg, 1, &s, false));
	i->id.proto = IPPROTO_COMP;
	ok(!xfrm_get_sa((void *)msg, true, &got));
	ok(xfrm_put_sa(msg, 1, &s, false));
	i->sel.dport_mask = htons(0xFF00);
	ok(!xfrm_get_sa((void *)msg, true, &got));
}

/* --- events --------------------------------------------------------------------------------------------------------- */

static struct nlmsghdr *event(uint16_t type, const void *fixed, size_t n)
{
	struct nlmsghdr *h;

	memset(msg, 0, sizeof msg);
	h = mnl_nlmsg_put_header(msg);
	h->nlmsg_type = type;
	memcpy(mnl_nlmsg_put_extra_header(h, n), fixed, n);
	return h;
}

static struct xfrm_selector telnet(void)
{
	return (struct xfrm_selector){.family = AF_INET, .prefixlen_s = 32, .prefixlen_d = 32, .proto = IPPROTO_TCP,
	    .saddr.a4 = htonl(0x0A000001), .daddr.a4 = htonl(0x0A010203), .sport = htons(40000), .dport = htons(23),
	    .sport_mask = 0xFFFF, .dport_mask = 0xFFFF};
}

static void an_acquire_names_packet_ends_and_rule(void)
{
	struct xfrm_user_acquire a = {.id.daddr.a4 = htonl(0xC0000202), .saddr.a4 = htonl(0xC0000201), .sel = telnet(),
	    .policy = {.dir = XFRM_POLICY_OUT, .index = 0x49000009}, .seq = 77};
	struct xfrm_user_tmpl t = {.reqid = 0x49500003, .family = AF_INET, .mode = XFRM_MODE_TUNNEL};
	struct nlmsghdr *h = event(XFRM_MSG_ACQUIRE, &a, sizeof a);
	uint32_t policy = 0;
	struct ike_cmd c;

	ok(!xfrm_get_acquire(h, &c, &policy)); /* whose it is stands in the template */
	mnl_attr_put(h, XFRMA_TMPL, sizeof t, &t);
	ok(xfrm_get_acquire(h, &c, &policy) && c.kind == IKE_CMD_ACQUIRE);
	is_int(c.u.acquire.acquire, 77);
	is_int(policy, 0x49000009);
	is_int(c.u.acquire.reqid, 0x49500003);
	struct ip end = ip("192.0.2.2"), host = ip("10.1.2.3");
	ok(ip_eq(&c.u.acquire.remote, &end) && ip_eq(&c.u.acquire.sel.remote.net, &host));
	ok(c.u.acquire.sel.local_port == 40000 && c.u.acquire.sel.remote_port == 23 && c.u.acquire.sel.protocol == 6);

	a.sel.proto = IPPROTO_ICMP; /* type and code are no ports */
	h = event(XFRM_MSG_ACQUIRE, &a, sizeof a);
	mnl_attr_put(h, XFRMA_TMPL, sizeof t, &t);
	ok(xfrm_get_acquire(h, &c, &policy) && c.u.acquire.sel.local_port == 0 && c.u.acquire.sel.remote_port == 0);
	a.policy.dir = XFRM_POLICY_FWD;
	h = event(XFRM_MSG_ACQUIRE, &a, sizeof a);
	mnl_attr_put(h, XFRMA_TMPL, sizeof t, &t);
	ok(!xfrm_get_acquire(h, &c, &policy));
}

/* What waits for keys is let go by saying its policy once more, word by word. */
static void the_policy_of_an_acquire_is_said_again(void)
{
	struct xfrm_userpolicy_info policy = {.sel = telnet(), .index = 0x49000009, .priority = 5, .dir = XFRM_POLICY_OUT};
	struct xfrm_user_tmpl t = {.reqid = 0x49500003, .family = AF_INET};
	_Alignas(8) char get[XFRM_SA_ROOM], again[XFRM_SA_ROOM];
	struct nlmsghdr *g = (void *)get, *u = (void *)again, *h;
	struct xfrm_userpolicy_id asked;

	xfrm_put_policy_get(get, 5, 0x49000009);
	ok(g->nlmsg_type == XFRM_MSG_GETPOLICY && g->nlmsg_seq == 5 && g->nlmsg_flags == (NLM_F_REQUEST | NLM_F_ACK));
	memcpy(&asked, mnl_nlmsg_get_payload(g), sizeof asked);
	ok(asked.index == 0x49000009 && asked.dir == XFRM_POLICY_OUT);

	h = event(XFRM_MSG_NEWPOLICY, &policy, sizeof policy);
	mnl_attr_put(h, XFRMA_TMPL, sizeof t, &t);
	ok(xfrm_put_policy_again(again, 6, h));
	ok(u->nlmsg_type == XFRM_MSG_UPDPOLICY && u->nlmsg_seq == 6 && u->nlmsg_flags == (NLM_F_REQUEST | NLM_F_ACK));
	ok(u->nlmsg_len == h->nlmsg_len && memcmp(u + 1, h + 1, h->nlmsg_len - sizeof *h) == 0);
	h->nlmsg_len = XFRM_SA_ROOM + 4;
	ok(!xfrm_put_policy_again(again, 6, h));
	h = event(XFRM_MSG_NEWPOLICY, &policy, sizeof policy - 4);
	ok(!xfrm_put_policy_again(again, 6, h));
	h = event(XFRM_MSG_NEWSA, &policy, sizeof policy);
	ok(!xfrm_put_policy_again(again, 6, h));
}

static void limits_and_new_ends_are_read(void)
{
	struct xfrm_user_expire x = {.hard = 1, .state = {.family = AF_INET, .reqid = 9, .id = {.spi = htonl(0x1001),
	    .proto = IPPROTO_ESP, .daddr.a4 = htonl(0x0A000001)}, .saddr.a4 = htonl(0x0A010203)}};
	struct xfrm_user_mapping m = {.id = {.family = AF_INET, .proto = IPPROTO_ESP, .spi = htonl(0x3003),
	    .daddr.a4 = htonl(0x0A000001)}, .reqid = 9, .old_saddr.a4 = htonl(0xC0000207), .new_saddr.a4 = htonl(0xC0000208),
	    .old_sport = htons(4500), .new_sport = htons(61235)};
	struct ip peer = ip("192.0.2.8");
	struct ike_cmd c;
	uint32_t reqid;

	ok(xfrm_get_expire(event(XFRM_MSG_EXPIRE, &x, sizeof x), &c, &reqid) && reqid == 9);
	ok(c.kind == IKE_CMD_EXPIRE && c.u.expire.why == IKE_FAIL_QM_EXPIRED && c.u.expire.sa.spi == 0x1001 && c.u.expire.sa.protocol == IKE_PROTO_ESP);
	ok(xfrm_get_mapping(event(XFRM_MSG_MAPPING, &m, sizeof m), &c, &reqid) && reqid == 9);
	ok(c.kind == IKE_CMD_MAPPING && c.u.mapping.sa.spi == 0x3003 && ip_eq(&c.u.mapping.remote.ip, &peer));
	is_int(c.u.mapping.remote.port, 61235);
	ok(!xfrm_get_mapping(event(XFRM_MSG_EXPIRE, &x, sizeof x), &c, &reqid));
}

/* Of a dump, of what expires and of what somebody deletes; not of a message that has none. */
static void what_it_carried_is_read(void)
{
	const struct xfrm_usersa_info i = {.family = AF_INET, .curlft = {.bytes = 5000000000, .packets = 7},
	    .stats = {.replay_window = 1, .replay = 20, .integrity_failed = 300}};
	const struct xfrm_user_expire x = {.state = i, .hard = 1};
	const struct xfrm_usersa_id id = {.family = AF_INET};
	struct xfrm_carried got;
	struct nlmsghdr *h;

	for (int k = 0; k < 3; k++) {
		if (k == 0)
			h = event(XFRM_MSG_NEWSA, &i, sizeof i);
		else
			h = k == 1 ? event(XFRM_MSG_EXPIRE, &x, sizeof x) : event(XFRM_MSG_DELSA, &id, sizeof id);
		if (k == 2) {
			ok(!xfrm_get_carried(h, &got));
			mnl_attr_put(h, XFRMA_SA, sizeof i, &i);
		}
		ok(xfrm_get_carried(h, &got));
		ok(got.bytes == 5000000000 && got.packets == 7 && got.replayed == 21 && got.forged == 300);
	}
	ok(!xfrm_get_carried(event(XFRM_MSG_ACQUIRE, &x, sizeof x), &got));
	is_int(got.bytes, 0);
	ok(!xfrm_get_carried(event(XFRM_MSG_EXPIRE, &x, sizeof x - 8), &got));
}

int main(void)
{
	static const struct tap_case cases[] = {
	    {"associations are byte for byte those of iproute2", associations_are_byte_for_byte_those_of_iproute2},
	    {"deleting, asking and reserving too", names_and_spis_too},
	    {"every association comes back as it was", every_association_comes_back_as_it_was},
	    {"damaged messages are survived", damaged_messages_are_survived},
	    {"what is no algorithm of ours is not written", what_is_no_algorithm_of_ours_is_not_written},
	    {"what we cannot have written is not read", what_we_cannot_have_written_is_not_read},
	    {"an acquire names the packet, the ends and the rule", an_acquire_names_packet_ends_and_rule},
	    {"the policy of an acquire is said again", the_policy_of_an_acquire_is_said_again},
	    {"limits and new ends are read", limits_and_new_ends_are_read},
	    {"what it carried is read", what_it_carried_is_read},
	};

	return tap_run(cases, N_OF(cases));
}
