/*
 * Ladder text: a scenario one can read. One step a line; "#" begins a comment.
 *
 *	andy acquires betty          a packet of andy's waits for an SA
 *	andy -> betty qm2            the next message on the wire must be this one, and it is delivered
 *	andy -> betty qm2 lost       ... or: lost, twice, corrupt (and delivered), held (kept until "release")
 *	release                      what was held arrives
 *	wait 5                       seconds pass; messages do not move, answers and deadlines do
 *	run 5                        seconds pass, messages move by themselves
 *	andy sas 1                   so many inbound and outbound SAs each
 *	andy packet betty passes     or: held
 *	andy event FAILED AUTH_FAIL  the last event of that kind, and its reason (or OK)
 *	andy waits 0                 requests of the kernel that have no answer
 *	andy soft 1                  associations in clear
 *	andy reboots                 engine and kernel begin anew, with the standard profile for betty (betty: for andy)
 *	andy deletes                 an administrator ends all
 *	quiet                        nothing is on the wire
 *	agreed                       both ends hold the same, no SPI is left over
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/sim/private.h"

#include "common/base/banned.h"

/* --- names of messages ---------------------------------------------------------------------------------------------- */

enum { SEEN_MAX = 512 };
struct sim_seen {
	uint8_t icookie[8];
	uint32_t msgid;
	uint8_t starter, count[2];
	uint64_t last[2];
};

static struct sim_seen *seen_of(struct sim *sim, const struct ike_header *h, size_t from)
{
	struct sim_seen *s;

	if (!sim->seen)
		sim->seen = xcalloc(SEEN_MAX, sizeof *sim->seen);
	for (size_t i = 0; i < sim->nseen && i < SEEN_MAX; i++) {
		if (sim->seen[i].msgid == h->msgid && memcmp(sim->seen[i].icookie, h->icookie, 8) == 0)
			return &sim->seen[i];
	}
	s = &sim->seen[sim->nseen++ % SEEN_MAX];
	*s = (struct sim_seen){.msgid = h->msgid, .starter = (uint8_t)from};
	memcpy(s->icookie, h->icookie, 8);
	return s;
}

static uint64_t sum(struct span s)
{
	uint64_t v = 1;

	for (size_t i = 0; i < s.n; i++)
		v = v * 1099511628211u + s.p[i];
	return v;
}

const char *sim_message_name(struct sim *sim, const struct ike_dgram *d, size_t from)
{
	static char name[32];
	struct ike_header h;
	struct ike_fault f;
	struct sim_seen *s;
	unsigned side, number;
	bool again;

	if (ike_header_decode(d->bytes, &h, &f))
		return "junk";
	if (h.next == IKE_P_FRAG)
		return "frag";
	if (h.exchange == IKE_X_INFO)
		return h.flags & IKE_F_ENCRYPTED ? "info" : "info-clear";
	s = seen_of(sim, &h, from);
	side = from == s->starter ? 0 : 1;
	again = s->last[side] == sum(d->bytes);
	s->count[side] = (uint8_t)(s->count[side] + !again);
	s->last[side] = sum(d->bytes);
	number = 2 * s->count[side] - 1 + side;
	snprintf(name, sizeof name, "%s%u%s", h.exchange == IKE_X_MAIN ? "mm" : "qm", number, again ? "-again" : "");
	return name;
}

/* --- steps --------------------------------------------------------------------------------------------------------------- */

struct ladder {
	struct sim *sim;
	struct sim_flight held;
	bool has_held;
	char sent[64][32]; /* names of messages in flight, in the order of sending */
};

static size_t host_of(const char *name)
{
	return strcmp(name, "andy") == 0 ? ANDY : strcmp(name, "betty") == 0 ? BETTY : CAROL;
}

/* The name that the ladder of the simulator gave to a flight is found by its bytes. */
static const char *flight_name(struct sim *sim, const struct sim_flight *f, size_t from)
{
	struct ike_header h;
	struct ike_fault fault;
	static char name[32];
	struct sim_seen *s;
	unsigned side;

	if (ike_header_decode(f->d.bytes, &h, &fault))
		return "junk";
	if (h.next == IKE_P_FRAG)
		return "frag";
	if (h.exchange == IKE_X_INFO)
		return h.flags & IKE_F_ENCRYPTED ? "info" : "info-clear";
	s = seen_of(sim, &h, from);
	side = from == s->starter ? 0 : 1;
	snprintf(name, sizeof name, "%s%u", h.exchange == IKE_X_MAIN ? "mm" : "qm", 2u * s->count[side] - 1 + side);
	return name;
}

static bool step_message(struct ladder *l, char *const *w, size_t n)
{
	struct sim *sim = l->sim;
	struct sim_flight *f = sim_next_message(sim);
	const char *fate = n > 4 ? w[4] : "";
	size_t from = host_of(w[0]), to = host_of(w[2]);
	uint8_t *copy;
	struct ike_dgram d;

	if (!f || f->to != to || strcmp(flight_name(sim, f, from), w[3]) != 0) {
		printf("# on the wire: %s\n", f ? flight_name(sim, f, from) : "nothing");
		return false;
	}
	if (mono_before(sim->now, f->at))
		sim->now = f->at;
	if (strcmp(fate, "lost") == 0) {
		sim_drop(sim, f);
	} else if (strcmp(fate, "held") == 0) {
		l->held = *f;
		l->has_held = true;
		f->bytes = NULL;
		sim_drop(sim, f);
	} else if (strcmp(fate, "twice") == 0) {
		copy = xcalloc(1, f->d.bytes.n);
		memcpy(copy, f->d.bytes.p, f->d.bytes.n);
		d = f->d;
		d.bytes.p = copy;
		sim_deliver(sim, f);
		ike_input(sim->hosts[to].ike, sim->now, &d);
		sim_drain(sim, to);
		free(copy);
	} else {
		if (strcmp(fate, "corrupt") == 0)
			f->bytes[f->d.bytes.n / 2] ^= 0x10;
		sim_deliver(sim, f);
	}
	return true;
}

static bool step_release(struct ladder *l)
{
	if (!l->has_held)
		return false;
	l->has_held = false;
	ike_input(l->sim->hosts[l->held.to].ike, l->sim->now, &l->held.d);
	sim_drain(l->sim, l->held.to);
	free(l->held.bytes);
	return true;
}

static const char *const event_words[] = {"MM_UP", "MM_DOWN", "QM_UP", "QM_DOWN", "QM_REKEYED", "SOFT_UP", "SOFT_DOWN", "FAILED"};

static bool step_event(struct sim *sim, size_t host, char *const *w, size_t n)
{
	for (size_t i = 0; i < N_OF(event_words); i++) {
		const struct sim_event *e = sim_event(sim, host, (enum ike_event_kind)i);
		const char *why = e && e->why ? ike_failure_name(e->why) : "OK";

		if (strcmp(event_words[i], w[2]) != 0)
			continue;
		if (!e || (n > 3 && strcmp(why, w[3]) != 0)) {
			printf("# event: %s %s\n", e ? why : "none", e ? e->detail : "");
			return false;
		}
		return true;
	}
	return false;
}

static bool step_count(const char *what, size_t got, const char *want)
{
	char text[24];

	snprintf(text, sizeof text, "%zu", got);
	if (strcmp(text, want) == 0)
		return true;
	printf("# %s: %s, not %s\n", what, text, want);
	return false;
}

static bool step_host(struct sim *sim, char *const *w, size_t n)
{
	size_t host = host_of(w[0]);
	struct ike_cmd del = {.kind = IKE_CMD_DELETE};

	if (strcmp(w[1], "acquires") == 0 && n > 2)
		sim_acquire(sim, host, host_of(w[2]));
	else if (strcmp(w[1], "sas") == 0 && n > 2)
		return step_count("inbound SAs", sim_sas(sim, host, false), w[2]) &&
		       step_count("outbound SAs", sim_sas(sim, host, true), w[2]);
	else if (strcmp(w[1], "packet") == 0 && n > 3)
		return sim_packet(sim, host, host_of(w[2]), 100) == (strcmp(w[3], "passes") == 0);
	else if (strcmp(w[1], "event") == 0 && n > 2)
		return step_event(sim, host, w, n);
	else if (strcmp(w[1], "waits") == 0 && n > 2)
		return step_count("requests", sim->hosts[host].acquired, w[2]);
	else if (strcmp(w[1], "soft") == 0 && n > 2)
		return step_count("in clear", sim->hosts[host].nsoft, w[2]);
	else if (strcmp(w[1], "reboots") == 0)
		sim_reboot(sim, host, sim_make_profile(sim, host, host == ANDY ? BETTY : ANDY));
	else if (strcmp(w[1], "deletes") == 0)
		sim_command(sim, host, &del);
	else
		return false;
	return true;
}

static struct dur seconds(const char *s)
{
	return DUR_MS((int64_t)(strtod(s, NULL) * 1000));
}

static bool step(struct ladder *l, char *const *w, size_t n)
{
	struct sim *sim = l->sim;

	if (n >= 4 && strcmp(w[1], "->") == 0)
		return step_message(l, w, n);
	if (strcmp(w[0], "release") == 0)
		return step_release(l);
	if (strcmp(w[0], "wait") == 0 && n > 1) {
		sim_run(sim, seconds(w[1]));
		return true;
	}
	if (strcmp(w[0], "run") == 0 && n > 1) {
		sim->connected = false;
		sim_run(sim, seconds(w[1]));
		sim->connected = true;
		return true;
	}
	if (strcmp(w[0], "quiet") == 0)
		return sim_next_message(sim) == NULL;
	if (strcmp(w[0], "agreed") == 0) {
		sim_check(sim);
		return sim->trouble.len == 0;
	}
	return n >= 2 && step_host(sim, w, n);
}

bool sim_ladder(struct sim *sim, const char *text)
{
	struct ladder l = {.sim = sim};
	char *copy = xstrdup(text), *line, *rest = copy;
	bool good = true;

	sim->connected = true;
	while (good && (line = strsep(&rest, "\n"))) {
		char shown[128], *w[8], *word;
		size_t n = 0;

		snprintf(shown, sizeof shown, "%s", line);
		line[strcspn(line, "#")] = '\0';
		while (n < N_OF(w) && (word = strsep(&line, " \t"))) {
			if (*word)
				w[n++] = word;
		}
		if (n == 0)
			continue;
		buf_printf(&sim->ladder, "%9.3f      %s\n", (double)sim->now.ms / 1000, shown);
		good = step(&l, w, n);
		if (!good)
			sim_complain(sim, "not as written: %s", shown);
	}
	sim->connected = false;
	if (l.has_held)
		free(l.held.bytes);
	free(copy);
	return sim_ok(sim) && good;
}
