/* What the service manager is told of the enforcer. */
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/daemon/manager.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static const char *status_of(struct ipc_state s)
{
	static char line[MANAGER_STATUS_MAX];

	manager_status(&s, line);
	return line;
}

static void status_names_mode_and_policies(void)
{
	is_str(status_of((struct ipc_state){.mode = OPMODE_PERMIT}), "STATUS=Permit");
	is_str(status_of((struct ipc_state){.mode = OPMODE_SECURE}), "STATUS=Secure, no policy is assigned");
	is_str(status_of((struct ipc_state){.mode = OPMODE_SECURE, .assigned = true, .policy = "Office"}),
	    "STATUS=Secure, policy 'Office'");
	is_str(status_of((struct ipc_state){.mode = OPMODE_SECURE, .assigned = true, .policy = "Office",
		   .persistent_assigned = true, .persistent_policy = "Base"}),
	    "STATUS=Secure, persistent policy 'Base', policy 'Office'");
	is_str(status_of((struct ipc_state){.mode = OPMODE_BLOCK}), "STATUS=Block");
}

static void status_is_one_line_of_whole_characters(void)
{
	struct ipc_state s = {.mode = OPMODE_SECURE, .assigned = true, .policy = "a\nREADY=1\tb\177c"};

	is_str(status_of(s), "STATUS=Secure, policy 'a?READY=1?b?c'");
	/* 'x' or none in front: the cut falls on either byte of a character of two. */
	for (size_t odd = 0; odd < 2; odd++) {
		memset(s.policy, 'x', odd);
		for (size_t i = odd; i + 2 < sizeof s.policy; i += 2)
			memcpy(s.policy + i, "\xC3\xA4", 3);
		const char *line = status_of(s), *name = strchr(line, '\'') + 1 + odd;
		ok(strlen(line) >= MANAGER_STATUS_MAX - 2);
		is_int(strlen(name) % 2, 0);
	}
}

static const struct tap_case cases[] = {
	{"the status names mode and policies", status_names_mode_and_policies},
	{"the status is one line of whole characters", status_is_one_line_of_whole_characters},
};
TAP_MAIN(cases)
