#include "cli/notify.h"

#include "common/base/paths.h"
#include "common/ipc/ipc.h"
#include "common/base/banned.h"

/* Long enough for the largest policy to be compiled and loaded on a busy machine. */
enum { NOTIFY_TIMEOUT_MS = 10000 };

void notify_changed(struct session *s, uint64_t counter)
{
	struct buf complaint = {0};
	struct err e = {0};

	if (ipc_notify_enforcer(paths_run(), s->at == LOCATION_PERSISTENT, counter, NOTIFY_TIMEOUT_MS, &complaint, &e) < 0)
		session_say(s, e.text);
	else if (complaint.len)
		session_say(s, buf_text(&complaint));
	buf_free(&complaint);
}

bool notify_left_behind(void)
{
	return ipc_left_behind(paths_run());
}

int notify_ask(struct session *s, uint16_t want, struct ipc_msg *m, struct err *e)
{
	int rc = ipc_ask(paths_run(), NOTIFY_TIMEOUT_MS, want, m, e);

	(void)s;
	return rc == 1 ? err_set(e, SERVICE_STOPPED) : rc;
}
