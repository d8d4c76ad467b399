/* The parts of the shell that need no terminal. */
#include "cli/shell.h"

#include <string.h>

#include "common/base/banned.h"

void shell_prompt(const struct session *s, struct buf *out)
{
	/* netsh's own prompt names the context that is our top. */
	buf_printf(out, "%s%s%s%s>", s->program, strcmp(s->program, "netsh") == 0 ? " ipsec" : "",
	    *s->context ? " " : "", s->context);
}

/* The tag psk, or its abbreviation, with '=' in any spacing. Errs on the side of forgetting. */
bool shell_line_is_secret(const char *text)
{
	for (; *text; text++) {
		const char *p = text;
		if (!str_is_prefix("ps", p))
			continue;
		p += 2;
		p += *p == 'k' || *p == 'K';
		p += strspn(p, " \t\"");
		if (*p == '=')
			return true;
	}
	return false;
}
