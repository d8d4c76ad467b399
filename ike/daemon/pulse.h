/*
 * What *parent* knows of its children: whether they are alive, and which of them took the others along when they
 * ended. Pure.
 */
#ifndef IKE_DAEMON_PULSE_H
#define IKE_DAEMON_PULSE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/mono.h"

/*
 * When the children are asked whether they are alive, and when all have said so: the service manager's watchdog hears of
 * that alone, so a child that hangs trips it as *parent* itself would.
 */
struct pulse {
	int beat_ms;        /* manager_beat_ms(); 0 and below: nobody wants to hear */
	struct mono ask_at;
	unsigned owing;     /* children whose answer is awaited, as bits */
};
/* The first time is `now`. */
void pulse_start(struct pulse *p, int beat_ms, struct mono now);
/* Is it time to ask? Then each of `children` owes an answer, and while one does nobody is asked again. */
bool pulse_asks(struct pulse *p, unsigned children, struct mono now);
/* A child has answered. true: all have, and the watchdog is to hear. An answer that is not owed is nothing. */
bool pulse_hears(struct pulse *p, unsigned child);
/* Milliseconds until it is time to ask, for poll(2); -1: not before an answer comes, or never. */
int pulse_wait_ms(const struct pulse *p, struct mono now);

/* How a child ended. */
struct pulse_end {
	bool known; /* false: it has not ended */
	int status; /* of waitpid(2) */
};
/*
 * Which of n children is to blame when all end: one that a signal ended, else one that ended with another status than 0;
 * of several the first, so `v` begins with those that fail of their own accord only. -1: none of them.
 */
int pulse_blame(const struct pulse_end *v, size_t n);

#endif
