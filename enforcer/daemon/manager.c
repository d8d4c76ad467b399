#include "enforcer/daemon/manager.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/banned.h"

static void say_policy(struct buf *b, bool assigned, const char *kind, const char *name)
{
	if (assigned)
		buf_printf(b, ", %spolicy '%s'", kind, name);
}

void manager_status(const struct ipc_state *s, char out[MANAGER_STATUS_MAX])
{
	struct buf b = {0};
	size_t n;

	buf_printf(&b, "STATUS=%s", enum_to_name(opmode_names, s->mode));
	if (s->mode == OPMODE_SECURE && !s->assigned && !s->persistent_assigned)
		buf_adds(&b, ", no policy is assigned");
	say_policy(&b, s->persistent_assigned, "persistent ", s->persistent_policy);
	say_policy(&b, s->assigned, "", s->policy);
	n = b.len;
	if (n > MANAGER_STATUS_MAX - 1)
		for (n = MANAGER_STATUS_MAX - 1; ((unsigned char)b.data[n] & 0xC0) == 0x80;)
			n--; /* not in the middle of a UTF-8 character */
	memcpy(out, b.data, n);
	out[n] = '\0';
	for (char *p = out; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = '?';
	buf_free(&b);
}

/* A whole decimal number above 0; otherwise 0. */
static unsigned long long number(const char *s)
{
	unsigned long long v;
	char *end;

	if (!s || *s < '0' || *s > '9')
		return 0;
	errno = 0;
	v = strtoull(s, &end, 10);
	return errno || *end ? 0 : v;
}

int manager_beat_ms(const char *watchdog_usec, const char *watchdog_pid, pid_t main)
{
	unsigned long long ms = number(watchdog_usec) / 2000;

	if (!number(watchdog_usec) || (watchdog_pid && number(watchdog_pid) != (unsigned long long)main))
		return -1;
	return ms == 0 ? 1 : ms > INT_MAX ? INT_MAX : (int)ms;
}
