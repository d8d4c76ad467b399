/* The parts of the shell that need no terminal. */
#include "cli/shell.h"

#include <string.h>

#include "common/base/banned.h"

void shell_prompt(const struct session *s, struct buf *out)
{
	if (s->general.machine)
		buf_printf(out, "[%s] ", s->general.machine);
	/* netsh's own prompt names the context that is our top. */
	buf_printf(out, "%s%s%s%s>", s->program, strcmp(s->program, "netsh") == 0 ? " ipsec" : "",
	    *s->context ? " " : "", s->context);
}

/* Is it, in `text`, "tag =" or the same with an abbreviation of at least `least` letters? */
static bool assigns(const char *text, const char *tag, size_t least)
{
	for (; *text; text++) {
		size_t n = 0;
		while (tag[n] && (text[n] | 0x20) == tag[n])
			n++;
		if (n >= least && text[n + strspn(text + n, " \t")] == '=')
			return true;
	}
	return false;
}

/* The fewest letters that the command takes for its tag i. */
static size_t least_letters(const struct cmd *cmd, int i, struct arena *a)
{
	const char *name = cmd->tags[i].name;
	size_t n = 1;

	while (name[n] && cmd_find_tag(cmd, arena_strndup(a, name, n)) != i)
		n++;
	return n;
}

/* A secret tag of any command, wherever it stands: errs on the side of forgetting. */
bool shell_line_is_secret(const char *text)
{
	struct arena a = {0};
	struct buf bare = {0}; /* quotes mean nothing around a tag */
	bool found = false;

	for (; *text; text++)
		if (*text != '"')
			buf_addc(&bare, *text);
	for (size_t c = 0; cmd_table[c] && !found; c++)
		for (size_t i = 0; i < cmd_table[c]->ntags && !found; i++)
			if (cmd_table[c]->tags[i].flags & TAG_SECRET)
				found = assigns(buf_text(&bare), cmd_table[c]->tags[i].name,
				    least_letters(cmd_table[c], (int)i, &a));
	buf_free(&bare);
	arena_free(&a);
	return found;
}
