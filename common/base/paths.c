#include "common/base/paths.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/banned.h"

static const char *from_env(const char *variable, const char *otherwise)
{
	const char *v = getenv(variable);

	return v && *v ? v : otherwise;
}

const char *paths_state(void)
{
	return from_env("IPSECSH_STATE", "/var/lib/ipsecsh");
}

const char *paths_run(void)
{
	return from_env("IPSECSH_RUN", "/run/ipsecsh");
}

const char *paths_journal(bool *given)
{
	const char *path = from_env("IPSECSH_JOURNAL", "");

	*given = *path;
	return *given ? path : "/run/systemd/journal/socket";
}

const char *paths_boot(void)
{
	static char in_state[PATH_MAX];
	const char *given = from_env("IPSECSH_BOOT", NULL), *state = from_env("IPSECSH_STATE", NULL);

	if (given || !state)
		return given ? given : "/etc/ipsecsh/boot";
	snprintf(in_state, sizeof in_state, "%s/boot", state);
	return in_state;
}
