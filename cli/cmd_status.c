/*
 * show status: the operational mode (semantics §2.2) and what is in force. Windows has no such command. It works
 * without the service too, and then says what that means.
 */
#include "cli/status.h"

#include <stdio.h>

#include "cli/commands.h"
#include "cli/labels.h"
#include "cli/render_json.h"
#include "cli/render_private.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

struct status_args {
	uint8_t format;
	struct {
		bool format;
	} given;
};

static const struct tag tags[] = {
	TAG(status_args, format, type_listformat, 0, "list", HELP_LISTFORMAT),
};

/* Nobody answers: what does that mean for packets? */
static void without_service(const struct session *s, struct status *out)
{
	bool left = s->left_behind && s->left_behind();

	out->mode = left ? STATUS_UNKNOWN : STATUS_PERMIT;
	snprintf(out->state.reason, sizeof out->state.reason, "%s",
	    left ? "the service ended without an orderly stop: what it enforced is still in the kernel, and nobody keeps "
		   "it up to date; start it"
		 : "the service is not running: nothing is enforced");
}

int status_ask(struct session *s, struct status *out, struct err *e)
{
	static const enum status_mode modes[] = {
		[OPMODE_PERMIT] = STATUS_PERMIT, [OPMODE_SECURE] = STATUS_SECURE, [OPMODE_BLOCK] = STATUS_BLOCK};
	struct ipc_msg *m = arena_alloc(&s->arena, sizeof *m);

	*out = (struct status){0};
	m->type = IPC_STATUS;
	if (!s->ask)
		err_set(e, SERVICE_STOPPED);
	if (s->ask && s->ask(s, IPC_STATE, m, e) == 0) {
		out->running = true;
		out->state = m->u.state;
		out->mode = modes[m->u.state.mode];
		return 0;
	}
	if (e->id != SERVICE_STOPPED)
		return -1;
	*e = (struct err){0};
	without_service(s, out);
	return 0;
}

const char *status_word(enum status_mode mode)
{
	static const char *const words[] = {[STATUS_PERMIT] = "Permit", [STATUS_SECURE] = "Secure",
		[STATUS_BLOCK] = "Block", [STATUS_UNKNOWN] = "Unknown"};

	return words[mode];
}

static void render(struct session *s, const struct status *st)
{
	const struct ipc_state *in = &st->state;

	put_line(s, L_OPMODE, "%s", status_word(st->mode));
	put_line(s, L_REASON, "%s", in->reason);
	if (!st->running)
		return;
	put_line(s, L_LOCAL_POLICY, "%s", in->assigned ? in->policy : L_NO_POLICY);
	put_line(s, L_PERSISTENT_POLICY, "%s", in->persistent_assigned ? in->persistent_policy : L_NO_POLICY);
	put_line(s, L_CHANGE, "%llu", (unsigned long long)in->counter);
	put_line(s, L_PERSISTENT_CHANGE, "%llu", (unsigned long long)in->persistent_counter);
	put_line(s, L_FILTERS_IN_FORCE, "%u", in->nfilters);
	put_line(s, L_XFRM_IN_FORCE, "%u", in->nxfrm);
	put_line(s, L_IKE_DAEMON, "%s", in->ike);
	if (in->applied_s)
		put_time(s, L_APPLIED, in->applied_s);
	put_line(s, L_SERVICE_VERSION, "%s", in->version);
}

static void render_as_json(struct session *s, const struct status *st)
{
	const struct ipc_state *in = &st->state;
	struct json j;

	json_begin(&j, &s->text);
	json_object(&j, NULL, JSON_LINES);
	json_string(&j, "mode", status_word(st->mode));
	json_string(&j, "reason", in->reason);
	json_bool(&j, "running", st->running);
	json_string(&j, "local", in->assigned ? in->policy : NULL);
	json_string(&j, "persistent", in->persistent_assigned ? in->persistent_policy : NULL);
	json_uint(&j, "change", in->counter);
	json_uint(&j, "persistentchange", in->persistent_counter);
	json_uint(&j, "filters", in->nfilters);
	json_uint(&j, "xfrmpolicies", in->nxfrm);
	if (in->applied_s)
		json_time(&j, "applied", in->applied_s);
	else
		json_null(&j, "applied");
	json_bool(&j, "ikerunning", in->ike_running);
	json_string(&j, "ike", st->running ? in->ike : NULL);
	json_string(&j, "version", st->running ? in->version : NULL);
	json_close(&j);
	json_end(&j);
}

static int show_status(struct session *s, const void *args, struct err *e)
{
	struct status st;

	if (status_ask(s, &st, e) < 0)
		return -1;
	if (((const struct status_args *)args)->format == FORMAT_JSON)
		render_as_json(s, &st);
	else
		render(s, &st);
	return 0;
}

const struct cmd cmd_show_status = {
	.path = "show status",
	CMD_TAGS(status_args, tags),
	.flags = CMD_EXTENSION,
	.run = show_status,
	.brief = "Displays the operational mode, why it is that one, and what is in force.",
	.example = "show status",
};
