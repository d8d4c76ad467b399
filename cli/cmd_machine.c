/* set machine: the host on which commands act (grammar §1.3). */
#include "cli/commands.h"

#include <stdlib.h>
#include <string.h>

#include "cli/remote.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

struct machine_args {
	const char *name, *user, *pwd;
	struct {
		bool name, user, pwd;
	} given;
};

static const struct tag tags[] = {
	TAG(machine_args, name, type_text, 0, NULL, "The host, as ssh knows it; without one, this machine."),
	TAG(machine_args, user, type_text, 0, NULL, "Who to be there."),
	{.name = "pwd", .type = &type_text, .flags = TAG_SECRET, .offset = offsetof(struct machine_args, pwd),
	 .given = offsetof(struct machine_args, given.pwd),
	 .help = "Not used: ssh asks for what it needs, or takes your keys."},
};

int general_set_machine(struct session *s, const char *name, const char *user, struct err *e)
{
	if (name && *name) {
		if (s->general.offline)
			return err_set(e, MACHINE_OFFLINE);
		if (s->location == LOCATION_PERSISTENT)
			return err_set(e, STORE_HERE, "another machine");
		if (!remote_is_name(name))
			return err_set(e, MACHINE_BAD, name, "host");
		if (user && *user && !remote_is_name(user))
			return err_set(e, MACHINE_BAD, user, "user");
	}
	free(s->general.machine);
	free(s->general.user);
	s->general.machine = name && *name ? xstrdup(name) : NULL;
	s->general.user = s->general.machine && user && *user ? xstrdup(user) : NULL;
	return 0;
}

static int set_machine(struct session *s, const void *args, struct err *e)
{
	const struct machine_args *a = args;

	if (general_set_machine(s, a->name, a->user, e) < 0)
		return -1;
	if (a->given.pwd)
		session_say(s, REMOTE_NO_PASSWORD);
	return 0;
}

const struct cmd cmd_set_machine = {
	.path = "set machine",
	CMD_TAGS(machine_args, tags),
	.flags = CMD_SHELL,
	.run = set_machine,
	.brief = "Chooses the host on which commands act, through ssh.",
	.example = "set machine name=gate.example user=admin",
};
