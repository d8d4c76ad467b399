#include "enforcer/daemon/manager.h"

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
