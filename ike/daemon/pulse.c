#include "ike/daemon/pulse.h"

#include <limits.h>
#include <sys/wait.h>

#include "common/base/banned.h"

void pulse_start(struct pulse *p, int beat_ms, struct mono now)
{
	*p = (struct pulse){.beat_ms = beat_ms, .ask_at = beat_ms > 0 ? now : MONO_NEVER};
}

bool pulse_asks(struct pulse *p, unsigned children, struct mono now)
{
	if (p->beat_ms <= 0 || p->owing || !mono_reached(p->ask_at, now))
		return false;
	p->owing = children;
	p->ask_at = mono_add(now, DUR_MS(p->beat_ms));
	return true;
}

bool pulse_hears(struct pulse *p, unsigned child)
{
	unsigned owed = p->owing;

	p->owing &= ~child;
	return owed && !p->owing;
}

int pulse_wait_ms(const struct pulse *p, struct mono now)
{
	int64_t left;

	if (p->beat_ms <= 0 || p->owing)
		return -1;
	left = mono_since(now, p->ask_at).ms;
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

int pulse_blame(const struct pulse_end *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].known && WIFSIGNALED(v[i].status))
			return (int)i;
	for (size_t i = 0; i < n; i++)
		if (v[i].known && v[i].status != 0)
			return (int)i;
	return -1;
}
