/* Security associations <-> messages, put beside get. Layout: linux/xfrm.h. */
#include "enforcer/kernel/xfrm_sa.h"

#include <arpa/inet.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "enforcer/kernel/xfrm_parts.h"
#include "ike/engine/algorithm.h"

#include "common/base/banned.h"

/* --- algorithms by the kernel's names ----------------------------------------------------------------------------- */

static const char *const cipher_names[IKE_ENCS] = {
    [IKE_ENC_NULL] = "ecb(cipher_null)",
    [IKE_ENC_DES] = "cbc(des)",
    [IKE_ENC_3DES] = "cbc(des3_ede)",
    [IKE_ENC_AES128] = "cbc(aes)",
    [IKE_ENC_AES192] = "cbc(aes)",
    [IKE_ENC_AES256] = "cbc(aes)",
    [IKE_ENC_GCM128] = "rfc4106(gcm(aes))",
    [IKE_ENC_GCM256] = "rfc4106(gcm(aes))",
};
static const char *const hash_names[CRYPTO_HASHES] = {
    [CRYPTO_MD5] = "hmac(md5)",
    [CRYPTO_SHA1] = "hmac(sha1)",
    [CRYPTO_SHA256] = "hmac(sha256)",
    [CRYPTO_SHA384] = "hmac(sha384)",
    [CRYPTO_SHA512] = "hmac(sha512)",
};
enum { GCM_ICV_BITS = 128 }; /* RFC 4106 §6: the 16 octets that the profile's ciphers stand for */

/* Keys of exactly the length that the algorithms have; AH has no cipher, an AEAD no hash beside it. */
static bool algorithms_fit(const struct ike_sa *sa)
{
	const struct alg_esp *esp = alg_esp_get(sa->cipher);
	const struct alg_hash *hash = sa->hash == CRYPTO_HASH_NONE ? NULL : alg_hash_get(sa->hash);

	if (!esp || (sa->hash != CRYPTO_HASH_NONE && !hash) || sa->auth_key_len != (hash ? hash->key_len : 0))
		return false;
	if (sa->id.protocol == IKE_PROTO_AH)
		return hash && sa->cipher == IKE_ENC_NULL && sa->enc_key_len == 0;
	return sa->id.protocol == IKE_PROTO_ESP && sa->enc_key_len == esp->key_len && !(esp->aead && hash) &&
	       (hash || esp->cipher != IKE_ENC_NULL);
}

/* An algorithm: its fixed part and then its key, which is wiped from the stack. */
static void put_alg(struct nlmsghdr *h, uint16_t attr, const void *fixed, size_t n, const uint8_t *key, size_t key_len)
{
	uint8_t bytes[sizeof(struct xfrm_algo_auth) + IKE_KEYMAT_MAX];

	memcpy(bytes, fixed, n);
	memcpy(bytes + n, key, key_len);
	mnl_attr_put(h, attr, n + key_len, bytes);
	secret_wipe(bytes, sizeof bytes);
}

static void put_cipher(struct nlmsghdr *h, const struct ike_sa *sa)
{
	struct xfrm_algo alg = {.alg_key_len = sa->enc_key_len * 8u};

	memcpy(alg.alg_name, cipher_names[sa->cipher], strlen(cipher_names[sa->cipher]));
	put_alg(h, XFRMA_ALG_CRYPT, &alg, sizeof alg, sa->key, sa->enc_key_len);
}

static void put_aead(struct nlmsghdr *h, const struct ike_sa *sa)
{
	struct xfrm_algo_aead alg = {.alg_key_len = sa->enc_key_len * 8u, .alg_icv_len = GCM_ICV_BITS};

	memcpy(alg.alg_name, cipher_names[sa->cipher], strlen(cipher_names[sa->cipher]));
	put_alg(h, XFRMA_ALG_AEAD, &alg, sizeof alg, sa->key, sa->enc_key_len);
}

static void put_hash(struct nlmsghdr *h, const struct ike_sa *sa)
{
	struct xfrm_algo_auth alg = {.alg_key_len = sa->auth_key_len * 8u, .alg_trunc_len = alg_hash_get(sa->hash)->icv_bits};

	memcpy(alg.alg_name, hash_names[sa->hash], strlen(hash_names[sa->hash]));
	put_alg(h, XFRMA_ALG_AUTH_TRUNC, &alg, sizeof alg, sa->key + sa->enc_key_len, sa->auth_key_len);
}

static void put_algorithms(struct nlmsghdr *h, const struct ike_sa *sa)
{
	const struct alg_esp *esp = alg_esp_get(sa->cipher);

	if (sa->id.protocol == IKE_PROTO_ESP && esp->aead)
		put_aead(h, sa);
	else if (sa->id.protocol == IKE_PROTO_ESP)
		put_cipher(h, sa);
	if (sa->hash != CRYPTO_HASH_NONE)
		put_hash(h, sa);
}

/* The fixed part and the key of an algorithm; the key's length in bytes, -1 when the attribute does not hold it. */
static int open_alg(const struct nlattr *a, void *fixed, size_t n, const uint8_t **key)
{
	size_t len = mnl_attr_get_payload_len(a);
	uint32_t bits;

	if (len < n)
		return -1;
	memcpy(fixed, mnl_attr_get_payload(a), n);
	memcpy(&bits, (const uint8_t *)fixed + offsetof(struct xfrm_algo, alg_key_len), sizeof bits);
	*key = (const uint8_t *)mnl_attr_get_payload(a) + n;
	return bits % 8 == 0 && bits / 8 == len - n ? (int)(bits / 8) : -1;
}

static bool name_is(const char name[64], const char *want)
{
	return strncmp(name, want, 64) == 0;
}

static bool take_key(struct ike_sa *sa, size_t at, const uint8_t *key, int n)
{
	if (n < 0 || at + (size_t)n > sizeof sa->key)
		return false;
	memcpy(sa->key + at, key, (size_t)n);
	return true;
}

/* By its name and the length of its key, which tells the AES apart. */
static bool get_cipher(const struct nlattr *a, bool aead, struct ike_sa *sa)
{
	union {
		struct xfrm_algo plain;
		struct xfrm_algo_aead aead;
	} alg;
	const uint8_t *key;
	int n = open_alg(a, &alg, aead ? sizeof alg.aead : sizeof alg.plain, &key);

	if (!take_key(sa, 0, key, n) || (aead && alg.aead.alg_icv_len != GCM_ICV_BITS))
		return false;
	sa->enc_key_len = (uint8_t)n;
	for (uint8_t i = 0; i < IKE_ENCS; i++) {
		const struct alg_esp *esp = alg_esp_get(i);

		if (esp->aead != aead || esp->key_len != n || !name_is(alg.plain.alg_name, cipher_names[i]))
			continue;
		sa->cipher = i;
		return true;
	}
	return false;
}

static bool get_hash(const struct nlattr *a, struct ike_sa *sa)
{
	struct xfrm_algo_auth alg;
	const uint8_t *key;
	int n = open_alg(a, &alg, sizeof alg, &key);

	if (!take_key(sa, sa->enc_key_len, key, n))
		return false;
	sa->auth_key_len = (uint8_t)n;
	for (uint8_t i = CRYPTO_MD5; i < CRYPTO_HASHES; i++) {
		if (!name_is(alg.alg_name, hash_names[i]))
			continue;
		sa->hash = i;
		return alg_hash_get(i)->icv_bits == alg.alg_trunc_len;
	}
	return false;
}

static bool get_algorithms(const struct nlattr *const tb[XFRM_ATTRS], struct ike_sa *sa)
{
	if (tb[XFRMA_ALG_AEAD] && tb[XFRMA_ALG_CRYPT])
		return false;
	if (tb[XFRMA_ALG_AEAD] && !get_cipher(tb[XFRMA_ALG_AEAD], true, sa))
		return false;
	if (tb[XFRMA_ALG_CRYPT] && !get_cipher(tb[XFRMA_ALG_CRYPT], false, sa))
		return false;
	if (tb[XFRMA_ALG_AUTH_TRUNC] && !get_hash(tb[XFRMA_ALG_AUTH_TRUNC], sa))
		return false;
	return algorithms_fit(sa);
}

/* --- windows --------------------------------------------------------------------------------------------------- */

enum { PLAIN_WINDOW = 32, WORD_BITS = 32 };

static uint32_t words_of(uint32_t window)
{
	return (window + WORD_BITS - 1) / WORD_BITS;
}

static void put_replay(struct nlmsghdr *h, const struct xfrm_sa *s)
{
	struct xfrm_replay_state plain = {.oseq = s->replay.sent, .seq = s->replay.received, .bitmap = s->replay.seen[0]};
	struct xfrm_replay_state_esn esn = {.bmp_len = words_of(s->sa.replay_window), .replay_window = s->sa.replay_window};
	uint8_t bytes[sizeof esn + sizeof s->replay.seen];
	size_t n = sizeof esn;

	if (s->sa.replay_window <= PLAIN_WINDOW) {
		if (s->has_replay)
			mnl_attr_put(h, XFRMA_REPLAY_VAL, sizeof plain, &plain);
		return;
	}
	if (s->has_replay) { /* a new one goes without its bits, which are all clear */
		esn.oseq = s->replay.sent;
		esn.seq = s->replay.received;
		memcpy(bytes + n, s->replay.seen, esn.bmp_len * sizeof *s->replay.seen);
		n += esn.bmp_len * sizeof *s->replay.seen;
	}
	memcpy(bytes, &esn, sizeof esn);
	mnl_attr_put(h, XFRMA_REPLAY_ESN_VAL, n, bytes);
}

static bool get_replay(const struct nlattr *const tb[XFRM_ATTRS], struct xfrm_sa *out)
{
	const struct nlattr *a = tb[XFRMA_REPLAY_ESN_VAL], *b = tb[XFRMA_REPLAY_VAL];
	struct xfrm_replay_state_esn esn;
	struct xfrm_replay_state plain;

	if (a) {
		size_t len = mnl_attr_get_payload_len(a);
		if (len < sizeof esn)
			return false;
		memcpy(&esn, mnl_attr_get_payload(a), sizeof esn);
		if (esn.replay_window > XFRM_WINDOW_MAX || esn.bmp_len != words_of(esn.replay_window) || esn.oseq_hi || esn.seq_hi ||
		    (len != sizeof esn && len != sizeof esn + esn.bmp_len * sizeof(uint32_t)))
			return false;
		out->sa.replay_window = esn.replay_window;
		out->replay.sent = esn.oseq;
		out->replay.received = esn.seq;
		memcpy(out->replay.seen, (const uint8_t *)mnl_attr_get_payload(a) + sizeof esn, len - sizeof esn);
		out->has_replay = len > sizeof esn || esn.oseq || esn.seq; /* as put_replay() leaves it out */
		return true;
	}
	if (!b)
		return true;
	if (mnl_attr_get_payload_len(b) != sizeof plain)
		return false;
	memcpy(&plain, mnl_attr_get_payload(b), sizeof plain);
	out->replay = (struct xfrm_replay){.sent = plain.oseq, .received = plain.seq, .seen = {plain.bitmap}};
	out->has_replay = true;
	return true;
}

/* --- encapsulation, selector, lifetimes ------------------------------------------------------------------------- */

static void put_encap(struct nlmsghdr *h, const struct ike_sa *sa)
{
	struct xfrm_encap_tmpl t = {.encap_type = UDP_ENCAP_ESPINUDP, /* RFC 3948 */
	    .encap_sport = htons(sa->encap_sport), .encap_dport = htons(sa->encap_dport)};

	xfrm_put_addr(&t.encap_oa, &sa->original);
	mnl_attr_put(h, XFRMA_ENCAP, sizeof t, &t);
}

static bool get_encap(const struct nlattr *a, uint16_t family, struct ike_sa *sa)
{
	struct xfrm_encap_tmpl t;
	static const xfrm_address_t none;

	if (!a)
		return true;
	if (mnl_attr_get_payload_len(a) != sizeof t)
		return false;
	memcpy(&t, mnl_attr_get_payload(a), sizeof t);
	sa->udp_encap = true;
	sa->encap_sport = ntohs(t.encap_sport);
	sa->encap_dport = ntohs(t.encap_dport);
	if (memcmp(&t.encap_oa, &none, sizeof none) != 0 && !xfrm_get_ip(&t.encap_oa, family, &sa->original))
		return false;
	return t.encap_type == UDP_ENCAP_ESPINUDP;
}

static struct xfrm_selector selector_of(const struct ike_selector *s, bool outbound)
{
	const struct ip_prefix *src = outbound ? &s->local : &s->remote, *dst = outbound ? &s->remote : &s->local;
	uint16_t sport = outbound ? s->local_port : s->remote_port, dport = outbound ? s->remote_port : s->local_port;
	struct xfrm_selector out = {.family = xfrm_af_of(src->net.family), .prefixlen_s = src->plen,
	    .prefixlen_d = dst->plen, .proto = s->protocol, .sport = htons(sport), .dport = htons(dport),
	    .sport_mask = sport ? UINT16_MAX : 0, .dport_mask = dport ? UINT16_MAX : 0};

	xfrm_put_addr(&out.saddr, &src->net);
	xfrm_put_addr(&out.daddr, &dst->net);
	return out;
}

bool xfrm_get_selector(const struct xfrm_selector *in, bool outbound, struct ike_selector *out)
{
	struct ip_prefix src = {.plen = in->prefixlen_s}, dst = {.plen = in->prefixlen_d};
	uint16_t sport = ntohs(in->sport), dport = ntohs(in->dport);

	if (!xfrm_get_ip(&in->saddr, in->family, &src.net) || !xfrm_get_ip(&in->daddr, in->family, &dst.net) ||
	    src.plen > ip_bits(src.net.family) || dst.plen > ip_bits(dst.net.family) ||
	    (in->sport_mask != 0 && in->sport_mask != UINT16_MAX) || (in->dport_mask != 0 && in->dport_mask != UINT16_MAX))
		return false;
	src.net = ip_mask(&src.net, src.plen);
	dst.net = ip_mask(&dst.net, dst.plen);
	sport = in->sport_mask ? sport : 0;
	dport = in->dport_mask ? dport : 0;
	*out = (struct ike_selector){.local = outbound ? src : dst, .remote = outbound ? dst : src, .protocol = in->proto,
	    .local_port = outbound ? sport : dport, .remote_port = outbound ? dport : sport};
	return true;
}

static uint64_t or_inf(uint64_t v)
{
	return v ? v : XFRM_INF;
}

static uint64_t or_zero(uint64_t v)
{
	return v == XFRM_INF ? 0 : v;
}

/* --- whole messages ------------------------------------------------------------------------------------------------ */

static struct nlmsghdr *begin(void *msg, uint16_t type, uint16_t flags, uint32_t seq)
{
	memset(msg, 0, XFRM_SA_ROOM);
	return xfrm_begin(msg, type, flags, seq);
}

static uint8_t proto_of(uint8_t ike_protocol)
{
	return ike_protocol == IKE_PROTO_AH ? IPPROTO_AH : IPPROTO_ESP;
}

bool xfrm_get_id(const struct xfrm_id *id, const xfrm_address_t *saddr, uint16_t family, struct ike_sa_id *out)
{
	*out = (struct ike_sa_id){.protocol = id->proto == IPPROTO_AH ? IKE_PROTO_AH : IKE_PROTO_ESP, .spi = ntohl(id->spi)};
	return (id->proto == IPPROTO_AH || id->proto == IPPROTO_ESP) && xfrm_get_ip(saddr, family, &out->src) &&
	       xfrm_get_ip(&id->daddr, family, &out->dst);
}

void xfrm_put_allocspi(void *msg, uint32_t seq, const struct ike_sa_id *id, uint32_t reqid, bool tunnel, uint32_t acquire)
{
	struct nlmsghdr *h = begin(msg, XFRM_MSG_ALLOCSPI, 0, seq);
	struct xfrm_userspi_info *i = mnl_nlmsg_put_extra_header(h, sizeof *i);

	i->min = XFRM_SPI_MIN;
	i->max = XFRM_SPI_MAX;
	i->info.family = xfrm_af_of(id->dst.family);
	i->info.id.proto = proto_of(id->protocol);
	xfrm_put_addr(&i->info.id.daddr, &id->dst);
	xfrm_put_addr(&i->info.saddr, &id->src);
	i->info.mode = tunnel ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT;
	i->info.reqid = reqid;
	i->info.seq = acquire;
}

bool xfrm_get_spi(const struct nlmsghdr *nlh, struct ike_sa_id *out)
{
	const struct nlattr *tb[XFRM_ATTRS];
	struct xfrm_usersa_info i;

	return nlh->nlmsg_type == XFRM_MSG_NEWSA && xfrm_open(nlh, &i, sizeof i, tb) &&
	       xfrm_get_id(&i.id, &i.saddr, i.family, out) && out->spi >= XFRM_SPI_MIN;
}

bool xfrm_put_sa(void *msg, uint32_t seq, const struct xfrm_sa *s, bool update)
{
	const struct ike_sa *sa = &s->sa;
	struct nlmsghdr *h;
	struct xfrm_usersa_info *i;

	if (!algorithms_fit(sa) || sa->replay_window > XFRM_WINDOW_MAX)
		return false;
	h = begin(msg, update ? XFRM_MSG_UPDSA : XFRM_MSG_NEWSA, NLM_F_ACK, seq);
	i = mnl_nlmsg_put_extra_header(h, sizeof *i);
	i->sel = selector_of(&sa->sel, sa->outbound);
	i->id.spi = htonl(sa->id.spi);
	i->id.proto = proto_of(sa->id.protocol);
	xfrm_put_addr(&i->id.daddr, &sa->id.dst);
	xfrm_put_addr(&i->saddr, &sa->id.src);
	i->lft.soft_byte_limit = or_inf(sa->soft_bytes);
	i->lft.hard_byte_limit = or_inf(sa->hard_bytes);
	i->lft.soft_packet_limit = i->lft.hard_packet_limit = XFRM_INF;
	i->lft.soft_add_expires_seconds = sa->soft_s;
	i->lft.hard_add_expires_seconds = sa->hard_s;
	i->reqid = sa->reqid;
	i->family = xfrm_af_of(sa->id.dst.family);
	i->mode = sa->tunnel ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT;
	i->replay_window = (uint8_t)(sa->replay_window <= PLAIN_WINDOW ? sa->replay_window : 0);
	put_algorithms(h, sa);
	if (sa->udp_encap)
		put_encap(h, sa);
	put_replay(h, s);
	return true;
}

static bool get_info(const struct xfrm_usersa_info *i, bool outbound, struct xfrm_sa *out)
{
	struct ike_sa *sa = &out->sa;

	if (!xfrm_get_id(&i->id, &i->saddr, i->family, &sa->id) || !xfrm_get_selector(&i->sel, outbound, &sa->sel) ||
	    (i->mode != XFRM_MODE_TUNNEL && i->mode != XFRM_MODE_TRANSPORT) || i->lft.soft_add_expires_seconds > UINT32_MAX ||
	    i->lft.hard_add_expires_seconds > UINT32_MAX || (i->flags & XFRM_STATE_ESN))
		return false;
	sa->outbound = outbound;
	sa->reqid = i->reqid;
	sa->tunnel = i->mode == XFRM_MODE_TUNNEL;
	sa->replay_window = i->replay_window;
	sa->soft_s = (uint32_t)i->lft.soft_add_expires_seconds;
	sa->hard_s = (uint32_t)i->lft.hard_add_expires_seconds;
	sa->soft_bytes = or_zero(i->lft.soft_byte_limit);
	sa->hard_bytes = or_zero(i->lft.hard_byte_limit);
	out->carried = xfrm_carried_of(i);
	out->added_s = (int64_t)i->curlft.add_time;
	out->used_s = (int64_t)i->curlft.use_time; /* the first use; the last one has an attribute of its own */
	return true;
}

bool xfrm_get_sa(const struct nlmsghdr *nlh, bool outbound, struct xfrm_sa *out)
{
	const struct nlattr *tb[XFRM_ATTRS];
	struct xfrm_usersa_info i;

	memset(out, 0, sizeof *out);
	if ((nlh->nlmsg_type != XFRM_MSG_NEWSA && nlh->nlmsg_type != XFRM_MSG_UPDSA) || !xfrm_open(nlh, &i, sizeof i, tb) ||
	    !get_info(&i, outbound, out) || !get_algorithms(tb, &out->sa) || !get_replay(tb, out) ||
	    !get_encap(tb[XFRMA_ENCAP], i.family, &out->sa))
		return false;
	if (tb[XFRMA_LASTUSED] && mnl_attr_get_payload_len(tb[XFRMA_LASTUSED]) == sizeof(uint64_t))
		out->used_s = (int64_t)mnl_attr_get_u64(tb[XFRMA_LASTUSED]);
	return true;
}

static void put_named(void *msg, uint16_t type, uint16_t flags, uint32_t seq, const struct ike_sa_id *sa)
{
	struct nlmsghdr *h = begin(msg, type, flags, seq);
	struct xfrm_usersa_id *id = mnl_nlmsg_put_extra_header(h, sizeof *id);
	xfrm_address_t src = {0};

	xfrm_put_addr(&id->daddr, &sa->dst);
	id->spi = htonl(sa->spi);
	id->family = xfrm_af_of(sa->dst.family);
	id->proto = proto_of(sa->protocol);
	xfrm_put_addr(&src, &sa->src);
	mnl_attr_put(h, XFRMA_SRCADDR, sizeof src, &src);
}

void xfrm_put_sa_delete(void *msg, uint32_t seq, const struct ike_sa_id *id)
{
	put_named(msg, XFRM_MSG_DELSA, NLM_F_ACK, seq, id);
}

void xfrm_put_sa_get(void *msg, uint32_t seq, const struct ike_sa_id *id)
{
	put_named(msg, XFRM_MSG_GETSA, 0, seq, id);
}
