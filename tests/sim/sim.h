/*
 * The simulator of house-style §3.8: IKE engines in one process, a virtual clock, a seeded network with a NAT, and a fake
 * kernel at every host that knows what must never happen (double installs, unknown SPIs, keys that differ).
 *
 * Nothing waits: sim_run() moves the clock to the next arrival, answer or deadline. A failed expectation is kept as
 * text with the ladder of all messages so far; sim_ok() shows it.
 */
#ifndef TESTS_SIM_H
#define TESTS_SIM_H

#include "ike/codec/frag.h"
#include "ike/engine/engine.h"
#include "ike/engine/keymat.h"
#include "ike/engine/profile.h"

enum { SIM_HOSTS = 3, SIM_EVENTS = 256, SIM_SAS = 512 };
enum { ANDY, BETTY, CAROL };

struct sim_sa {
	bool used, larval;
	struct ike_sa sa;
	uint64_t bytes, packets;
	struct mono last_use, added;
};
struct sim_event {
	struct mono at;
	enum ike_event_kind kind;
	enum ike_failure why;
	bool quick, at_peer, initiator;
	char detail[200];
};
struct sim_host {
	const char *name;
	struct ip ip;
	struct ike *ike;
	const char *psk;
	struct sim_sa sas[SIM_SAS];
	struct sim_event events[SIM_EVENTS];
	size_t nevents;
	uint32_t asked[IKE_DO_EVENT + 1]; /* actions by kind */
	uint32_t fail_op, late_op, lost_op; /* the n-th action with an answer fails, is answered after 3 s, never */
	uint32_t nops;
	uint32_t acquired;                /* requests that wait */
	uint32_t last_acquire;
	enum ike_failure acquire_why;     /* of the last one that was answered */
	uint32_t nsoft, keepalives, moves;
	bool no_bad_spi;                  /* the kernel does not tell of unknown SPIs */
	bool mappings;                    /* it tells of a peer that comes from another port than before */
	struct buf log;
};

/* What becomes of message number n (from 0) on the wire. */
struct sim_fate {
	bool drop, twice;
	uint32_t delay_ms;
	uint32_t corrupt; /* byte to be changed, from 1; 0: none */
};
struct sim;
struct sim_net {
	struct sim_fate (*fate)(struct sim *sim, size_t n, const struct ike_dgram *d);
	size_t a, b;                       /* for fate() and rewrite() */
	/* The bytes that go out in place of those of d, d->bytes for no others; they live until the next call. */
	struct span (*rewrite)(struct sim *sim, size_t from, const struct ike_dgram *d);
	uint32_t drop, twice, late, noise; /* per mille, at random */
	size_t most_bytes;                 /* larger datagrams are lost; 0: no bound */
	bool nat;                          /* andy is behind one */
	uint16_t nat_base;                 /* added to his ports */
	unsigned hide;                     /* vendor ids that do not get through: bits 1 << enum ike_vendor */
	unsigned clusters;                 /* hosts whose peer says NLBS_PRESENT (in place of FRAGMENTATION): bits 1 << host */
	bool refragment;                   /* a peer that sends everything under keys in fragments */
};

struct sim {
	uint64_t began; /* the seed it was made with */
	uint64_t seed;  /* of the cheap crypto, which moves it on */
	struct crypto crypto;
	struct mono now;
	struct sim_host hosts[SIM_HOSTS];
	size_t nhosts;
	struct sim_net net;
	size_t nsent, bytes_sent;
	struct sim_flight {
		struct mono at;
		bool answer; /* of an action: to host `to` */
		size_t to;
		uint32_t op;
		struct ike_result r;
		struct ike_dgram d;
		uint8_t *bytes;
	} *flights;
	size_t nflights, cap;
	bool connected; /* the ladder text decides about messages */
	struct sim_seen *seen; /* messages by name, see ladder.c */
	size_t nseen;
	struct buf ladder, trouble;
};

/* `real`: with OpenSSL, otherwise the cheap crypto of crypto.c. Hosts have no profile yet. */
struct sim *sim_new(uint64_t seed, const struct crypto *real);
void sim_free(struct sim *sim);

/* A cheap crypto with that seed; lengths are real, nothing else is. */
struct crypto sim_crypto(uint64_t *seed);

/*
 * A profile with one rule: all traffic between two hosts, transport mode, AES128/SHA1/group 2, ESP AES128/SHA1. The caller may change
 * it before sim_profile() hands it over. The policies are at p->rules[0].
 */
struct ike_profile *sim_make_profile(struct sim *sim, size_t host, size_t other);
struct ike_mm_policy *sim_mm(struct ike_profile *p);
struct ike_qm_policy *sim_qm(struct ike_profile *p);
void sim_profile(struct sim *sim, size_t host, struct ike_profile *p);
/* Both hosts with the standard profile. */
void sim_pair(struct sim *sim);

void sim_command(struct sim *sim, size_t host, const struct ike_cmd *c);
void sim_acquire(struct sim *sim, size_t host, size_t other);
/* Lets time pass; all that happens, happens. */
void sim_run(struct sim *sim, struct dur d);
/* Forgets everything: engine and kernel start again with that profile. */
void sim_reboot(struct sim *sim, size_t host, struct ike_profile *p);

/*
 * For rewrite(): the first or second message of a quick mode from `from` to `to`, with what `change` makes of its payloads (the hash is the
 * first, and made anew), as a peer with the keys would have sent it.
 */
struct span sim_rewritten(struct sim *sim, size_t from, size_t to, const struct ike_dgram *d, void (*change)(struct ike_msg *m));

/* A packet of `bytes`: true when it arrived. Without an outbound SA it is held and IKE is asked. */
bool sim_packet(struct sim *sim, size_t from, size_t to, uint32_t bytes);

/* How many SAs of a direction the kernel has; larval ones count as inbound only for sim_larval(). */
size_t sim_sas(const struct sim *sim, size_t host, bool outbound);
size_t sim_larval(const struct sim *sim, size_t host);
uint64_t sim_stat(const struct sim *sim, size_t host, enum ike_stat s);
uint64_t sim_qstat(const struct sim *sim, size_t host, enum ike_qstat s);
/* The last event of a kind; NULL: there was none. */
const struct sim_event *sim_event(const struct sim *sim, size_t host, enum ike_event_kind kind);
/* Every outbound SA has its inbound twin at the other end, with the same keys and traffic; nothing is left over. */
void sim_check(struct sim *sim);
void sim_complain(struct sim *sim, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Nothing went wrong; otherwise prints what did, and the ladder. */
bool sim_ok(struct sim *sim);

/*
 * Ladder text, one step a line; the language is described in ladder.c. False: something was not as written, and it has been
 * printed.
 */
bool sim_ladder(struct sim *sim, const char *text);

#endif
