/* The fake kernel of a host: SPIs and SAs, and what must never happen to them. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/sim/private.h"

#include "common/base/banned.h"

static bool same_id(const struct ike_sa_id *a, const struct ike_sa_id *b)
{
	return a->spi == b->spi && a->protocol == b->protocol && ip_eq(&a->dst, &b->dst);
}

struct sim_sa *sad_find(struct sim_host *h, const struct ike_sa_id *id)
{
	for (size_t i = 0; i < SIM_SAS; i++) {
		if (h->sas[i].used && same_id(&h->sas[i].sa.id, id))
			return &h->sas[i];
	}
	return NULL;
}

static struct sim_sa *sad_new(struct sim *sim, struct sim_host *h, const struct ike_sa_id *id)
{
	if (sad_find(h, id))
		sim_complain(sim, "%s: SPI %08x is there already", h->name, id->spi);
	for (size_t i = 0; i < SIM_SAS; i++) {
		if (h->sas[i].used)
			continue;
		h->sas[i] = (struct sim_sa){.used = true, .sa.id = *id, .added = sim->now, .last_use = MONO_NEVER};
		return &h->sas[i];
	}
	sim_complain(sim, "%s: the table of SAs is full", h->name);
	return &h->sas[0];
}

uint32_t sad_get_spi(struct sim *sim, struct sim_host *h, const struct ike_action *a)
{
	struct ike_sa_id id = {a->u.get_spi.src, a->u.get_spi.dst, a->u.get_spi.protocol, 0};

	sim->crypto.random(sim->crypto.ctx, &id.spi, sizeof id.spi);
	id.spi |= 0x1000;
	sad_new(sim, h, &id)->larval = true;
	return id.spi;
}

void sad_add(struct sim *sim, struct sim_host *h, const struct ike_sa *sa)
{
	struct sim_sa *s = sad_find(h, &sa->id);

	if (sa->outbound) {
		s = sad_new(sim, h, &sa->id);
	} else if (!s || !s->larval) {
		sim_complain(sim, "%s: keys for SPI %08x, which is not reserved", h->name, sa->id.spi);
		return;
	}
	s->sa = *sa;
	s->larval = false;
	s->added = sim->now;
}

void sad_del(struct sim *sim, struct sim_host *h, const struct ike_sa_id *id)
{
	struct sim_sa *s = sad_find(h, id);

	/* One whose add failed or was never answered is not there; everything else must be. */
	if (!s && !h->fail_op && !h->lost_op && !h->late_op)
		sim_complain(sim, "%s: delete of SPI %08x, which is not there", h->name, id->spi);
	if (s)
		s->used = false;
}

static bool same_end(const struct ip *ip, uint16_t port, const struct ike_end *e)
{
	return ip_eq(ip, &e->ip) && port == e->port;
}

void sad_move(struct sim *sim, struct sim_host *h, const struct ike_action *a)
{
	const struct ike_end *local = &a->u.move.local, *remote = &a->u.move.remote;
	struct sim_sa *s = sad_find(h, &a->u.move.sa);
	struct ike_sa *sa = s ? &s->sa : NULL;
	const struct ike_end *src = sa && sa->outbound ? local : remote, *dst = src == local ? remote : local;

	if (!s || s->larval || !sa->udp_encap) {
		sim_complain(sim, "%s: move of an SA that is not there, or not in UDP", h->name);
		return;
	}
	if (same_end(&sa->id.src, sa->encap_sport, src) && same_end(&sa->id.dst, sa->encap_dport, dst))
		sim_complain(sim, "%s: SPI %08x moves to where it is", h->name, sa->id.spi);
	sa->id.src = src->ip;
	sa->id.dst = dst->ip;
	sa->encap_sport = src->port;
	sa->encap_dport = dst->port;
}

size_t sim_sas(const struct sim *sim, size_t host, bool outbound)
{
	size_t n = 0;

	for (size_t i = 0; i < SIM_SAS; i++) {
		const struct sim_sa *s = &sim->hosts[host].sas[i];

		n += s->used && !s->larval && s->sa.outbound == outbound;
	}
	return n;
}

size_t sim_larval(const struct sim *sim, size_t host)
{
	size_t n = 0;

	for (size_t i = 0; i < SIM_SAS; i++)
		n += sim->hosts[host].sas[i].used && sim->hosts[host].sas[i].larval;
	return n;
}

/* The kernel takes the newest. */
static struct sim_sa *outbound(struct sim *sim, size_t from, size_t to)
{
	struct sim_sa *best = NULL;

	for (size_t i = 0; i < SIM_SAS; i++) {
		struct sim_sa *s = &sim->hosts[from].sas[i];

		if (s->used && !s->larval && s->sa.outbound && s->sa.id.protocol == IKE_PROTO_ESP &&
		    ip_eq(&s->sa.id.dst, sim_seen_ip(sim, to, from)) &&
		    (!best || !mono_before(s->added, best->added)))
			best = s;
	}
	return best;
}

static bool same_keys(const struct ike_sa *a, const struct ike_sa *b)
{
	return a->cipher == b->cipher && a->hash == b->hash && a->enc_key_len == b->enc_key_len &&
	       a->auth_key_len == b->auth_key_len &&
	       memcmp(a->key, b->key, (size_t)a->enc_key_len + a->auth_key_len) == 0;
}

static struct sim_sa *twin(struct sim *sim, const struct sim_sa *out, size_t to)
{
	struct sim_host *h = &sim->hosts[to];

	for (size_t i = 0; i < SIM_SAS; i++) {
		struct sim_sa *s = &h->sas[i];

		if (s->used && !s->larval && !s->sa.outbound && s->sa.id.spi == out->sa.id.spi &&
		    s->sa.id.protocol == out->sa.id.protocol)
			return s;
	}
	return NULL;
}

/* In UDP it gets to the port that a NAT had given the receiver when the association was told of it. */
static bool is_lost(const struct sim *sim, const struct sim_sa *out, size_t from, size_t to)
{
	const struct ike_end e = sim_seen_end(sim, to, from);

	return out->sa.udp_encap && !same_end(&out->sa.id.dst, out->sa.encap_dport, &e);
}

/* What Linux tells when a packet that is authentic comes from elsewhere than the one before (XFRM_MSG_MAPPING). */
static void tell_mapping(struct sim *sim, const struct sim_sa *in, size_t from, size_t to)
{
	struct ike_cmd c = {.kind = IKE_CMD_MAPPING, .u.mapping = {in->sa.id, sim_seen_end(sim, from, to)}};

	if (sim->hosts[to].mappings && in->sa.udp_encap && !same_end(&in->sa.id.src, in->sa.encap_sport, &c.u.mapping.remote))
		sim_command(sim, to, &c);
}

bool sim_packet(struct sim *sim, size_t from, size_t to, uint32_t bytes)
{
	struct sim_sa *out = outbound(sim, from, to), *in = out ? twin(sim, out, to) : NULL;
	struct ike_cmd bad = {.kind = IKE_CMD_BAD_SPI};

	if (!out) {
		if (sim->hosts[from].nsoft)
			return true;
		sim_acquire(sim, from, to);
		return false;
	}
	out->bytes += bytes;
	out->packets++;
	out->last_use = sim->now;
	if (is_lost(sim, out, from, to))
		return false;
	if (!in) {
		bad.u.bad_spi.local = sim->hosts[to].ip;
		bad.u.bad_spi.remote = *sim_seen_ip(sim, from, to);
		bad.u.bad_spi.protocol = out->sa.id.protocol;
		bad.u.bad_spi.spi = out->sa.id.spi;
		if (!sim->hosts[to].no_bad_spi)
			sim_command(sim, to, &bad);
		return false;
	}
	if (!same_keys(&out->sa, &in->sa))
		sim_complain(sim, "SPI %08x has different keys at its ends", out->sa.id.spi);
	in->bytes += bytes;
	in->packets++;
	in->last_use = sim->now;
	tell_mapping(sim, in, from, to);
	return true;
}

static bool mirrored(const struct ike_selector *a, const struct ike_selector *b)
{
	return ip_eq(&a->local.net, &b->remote.net) && ip_eq(&a->remote.net, &b->local.net) &&
	       a->local.plen == b->remote.plen && a->remote.plen == b->local.plen && a->protocol == b->protocol &&
	       a->local_port == b->remote_port && a->remote_port == b->local_port;
}

static void check_host(struct sim *sim, size_t host)
{
	struct sim_host *h = &sim->hosts[host];

	if (sim_larval(sim, host))
		sim_complain(sim, "%s: %zu reserved SPIs are left", h->name, sim_larval(sim, host));
	for (size_t i = 0; i < SIM_SAS; i++) {
		struct sim_sa *s = &h->sas[i], *t = NULL;

		if (!s->used || s->larval || !s->sa.outbound)
			continue;
		for (size_t to = 0; to < sim->nhosts && !t; to++)
			t = to == host ? NULL : twin(sim, s, to);
		if (!t)
			sim_complain(sim, "%s: outbound SPI %08x has no inbound twin", h->name, s->sa.id.spi);
		else if (!same_keys(&s->sa, &t->sa))
			sim_complain(sim, "%s: SPI %08x has different keys at its ends", h->name, s->sa.id.spi);
		else if (!sim->net.nat && !mirrored(&s->sa.sel, &t->sa.sel))
			sim_complain(sim, "%s: SPI %08x has different traffic at its ends", h->name, s->sa.id.spi);
		else if (s->sa.tunnel != t->sa.tunnel || s->sa.udp_encap != t->sa.udp_encap)
			sim_complain(sim, "%s: SPI %08x has different modes at its ends", h->name, s->sa.id.spi);
	}
}

void sim_check(struct sim *sim)
{
	for (size_t i = 0; i < sim->nhosts; i++)
		check_host(sim, i);
}
