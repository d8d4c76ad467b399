/*
 * The IKEv1 engine: main mode, quick mode, informational exchanges of any number of peers as one value without I/O,
 * clock, threads or globals, so that two of them live in one test. Time comes in as an argument, datagrams and
 * commands go in, actions come out (house rule: kernel, keys and network answer later, or never).
 *
 *	loop:	input, command, done or tick
 *		while (ike_next_action(ike, &a)) carry it out, or pass it on
 *		sleep until ike_deadline(), or until something comes
 *
 * Time never goes back between calls. None of these functions fails: what is wrong with a message becomes a
 * counter, an event, a line of the log.
 */
#ifndef IKE_ENGINE_ENGINE_H
#define IKE_ENGINE_ENGINE_H

#include "common/base/log.h"
#include "ike/crypto/crypto.h"
#include "ike/engine/actions.h"
#include "ike/engine/stats.h"

/* What the engine may use of the world. Borrowed; must outlive the engine. */
struct ike_env {
	const struct crypto *crypto; /* randomness too */
	/* One line without its end. `trace` lines are for ikelogging; the engine limits the rate of what strangers cause. */
	void (*log)(void *ctx, enum log_level level, bool trace, const char *line);
	void *log_ctx;
};

struct ike;

/* An engine without a profile: it answers nobody. Frees with ike_free(), which wipes all keys; no deletes are sent. */
struct ike *ike_new(const struct ike_env *env);
void ike_free(struct ike *ike);

/* A datagram from the wire, without non-ESP marker. Its bytes are read only, and not kept. */
void ike_input(struct ike *ike, struct mono now, const struct ike_dgram *d);
void ike_command(struct ike *ike, struct mono now, const struct ike_cmd *c);
/* The answer to action `op`. One that is not awaited (any more) is ignored; an SPI in it is given back by SA_DEL. */
void ike_done(struct ike *ike, struct mono now, uint32_t op, const struct ike_result *r);
/* Does what is due at `now`. */
void ike_tick(struct ike *ike, struct mono now);
/* When ike_tick() is next needed; MONO_NEVER: not at all. */
struct mono ike_deadline(const struct ike *ike);
/* The next action in order; false: none is left. */
bool ike_next_action(struct ike *ike, struct ike_action *out);

/* --- watching ---------------------------------------------------------------------------------------------- */

void ike_get_stats(const struct ike *ike, struct ike_stats *out);

/* One line of show mmsas. */
struct ike_mmsa_info {
	uint64_t id;
	struct ike_end local, remote;
	uint8_t icookie[8], rcookie[8];
	bool initiator, up;     /* up: authenticated */
	bool natt, dpd;
	struct ike_mm_offer offer; /* what was agreed; zero before */
	uint16_t auth;          /* enum ike_auth_number */
	uint32_t life_s;        /* agreed */
	struct mono since, until;
	uint32_t quick_modes;   /* established with it */
	char remote_id[128];    /* as printed by ike_id_print(); "" before it is known */
};
/* One line of show qmsas. A pair; AH+ESP is one line with both. Soft ones have offer zero and spis zero. */
struct ike_qmsa_info {
	uint64_t id, mmsa;      /* mmsa 0: the main mode is gone, or it is soft */
	struct ike_end local, remote;
	bool initiator, up, soft, tunnel, udp_encap;
	struct ike_selector sel;
	struct ike_qm_offer offer;
	uint16_t pfs;           /* group, 0 = none */
	uint32_t reqid, rule, filter;
	uint32_t ah_in, ah_out, esp_in, esp_out; /* SPIs, 0 = none */
	uint32_t life_s, life_kb; /* in force */
	struct mono since, until;
	struct ip original;     /* the peer's address before translation (NAT-OA, RFC 3947 §5.2); IP_NONE: none, or not known */
};
/*
 * The entry with the smallest id above *after, which is set to it; false: no more. Start with *after = 0. Entries that
 * come or go between two calls are seen or not, the others exactly once.
 */
bool ike_mmsa_next(const struct ike *ike, uint64_t *after, struct ike_mmsa_info *out);
bool ike_qmsa_next(const struct ike *ike, uint64_t *after, struct ike_qmsa_info *out);

#endif
