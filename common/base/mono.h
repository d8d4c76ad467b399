/*
 * Time as typed values, so that a moment is never added to a moment and seconds never meet milliseconds.
 * Nothing here reads a clock: whoever stands at the edge makes a struct mono and hands it down.
 */
#ifndef BASE_MONO_H
#define BASE_MONO_H

#include <stdbool.h>
#include <stdint.h>

/* A moment of a clock that never goes back; its zero means nothing. */
struct mono {
	int64_t ms;
};
/* A length of time; negative is allowed. */
struct dur {
	int64_t ms;
};

#define MONO_NEVER ((struct mono){INT64_MAX})
#define DUR_MS(n) ((struct dur){(int64_t)(n)})
#define DUR_S(n) ((struct dur){(int64_t)(n) * 1000})

static inline bool mono_is_never(struct mono t)
{
	return t.ms == INT64_MAX;
}

/* Never stays never; what would pass the end of time is never. */
static inline struct mono mono_add(struct mono t, struct dur d)
{
	struct mono r = t;

	if (mono_is_never(t) || __builtin_add_overflow(t.ms, d.ms, &r.ms))
		return MONO_NEVER;
	return r;
}

/* later - earlier. Neither may be never. */
static inline struct dur mono_since(struct mono earlier, struct mono later)
{
	return (struct dur){later.ms - earlier.ms};
}

static inline bool mono_before(struct mono a, struct mono b)
{
	return a.ms < b.ms;
}

/* Has a deadline come? One of never has not. */
static inline bool mono_reached(struct mono deadline, struct mono now)
{
	return !mono_is_never(deadline) && deadline.ms <= now.ms;
}

static inline struct mono mono_min(struct mono a, struct mono b)
{
	return a.ms < b.ms ? a : b;
}

/* Whole seconds, rounded down. */
static inline int64_t dur_s(struct dur d)
{
	return d.ms / 1000;
}

#endif
