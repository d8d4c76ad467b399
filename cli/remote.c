#include "cli/remote.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/base/banned.h"

enum { SSH_ITSELF_FAILED = 255, NAME_MAX_BYTES = 255, PROGRAM_WORDS = 3 };

bool remote_is_name(const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || n > NAME_MAX_BYTES || *text == '-')
		return false;
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7F)
			return false;
	return true;
}

/* Between single quotes everything is itself, but for the single quote. */
static void quote_word(const char *word, struct buf *out)
{
	buf_addc(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, *word);
	}
	buf_addc(out, '\'');
}

int remote_quote(const char *const *words, size_t n, struct buf *out, struct err *e)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";

	for (size_t i = 0; i < n; i++) {
		if (strpbrk(words[i], "\r\n"))
			return err_set(e, WORD_BAD, "a line end");
		if (i)
			buf_addc(out, ' ');
		if (*words[i] && words[i][strspn(words[i], plain)] == '\0')
			buf_adds(out, words[i]);
		else
			quote_word(words[i], out);
	}
	return 0;
}

/* What the program is called with in front of the command; returns the number of words, PROGRAM_WORDS at most. */
static size_t program_of(const struct session *s, const char **v)
{
	size_t n = 0;

	v[n++] = "ipsecsh";
	/* That of a store is the store's own affair, here and there. */
	if (s->dialect_from == DIALECT_OF_RUN) {
		v[n++] = "--dialect";
		v[n++] = enum_to_name(dialect_names, (int)s->dialect);
	}
	return n;
}

/* The program, the words of the path, and each argument as one word: "tag=value". *program: how many are the program's. */
static const char **words_of(const struct session *s, const struct resolved *r, struct arena *a, size_t *program, size_t *n)
{
	struct words path = {0};
	struct args args = words_join(&r->rest, a);
	struct err ignored = {0};
	const char **v;

	words_from_line(r->cmd->path, strlen(r->cmd->path), a, &path, &ignored);
	v = arena_array(a, PROGRAM_WORDS + path.n + args.n, sizeof *v);
	*n = *program = program_of(s, v);
	for (size_t i = 0; i < path.n; i++)
		v[(*n)++] = path.v[i].text;
	for (size_t i = 0; i < args.n; i++) {
		const struct arg *arg = &args.v[i];
		/* `tag=` would take the next word for its value. */
		v[(*n)++] = !arg->tag ? arg->value
		                      : arena_printf(a, "%s=%s", arg->tag, *arg->value ? arg->value : "\"\"");
	}
	return v;
}

static bool holds_a_key(const struct resolved *r, struct arena *a)
{
	struct args args = words_join(&r->rest, a);

	for (size_t i = 0; i < r->cmd->ntags; i++)
		if (r->cmd->tags[i].flags & TAG_SECRET)
			for (size_t k = 0; k < args.n; k++)
				if (!args.v[k].tag || cmd_find_tag(r->cmd, args.v[k].tag) == (int)i)
					return true; /* an untagged word may be the key */
	return false;
}

/* Starts ssh and judges how it ended. */
static int ask(struct session *s, const char *command, const char *input, struct err *e)
{
	const char *argv[8] = {"ssh", "-T"};
	size_t n = 2;
	int status = 0;

	if (s->general.user) {
		argv[n++] = "-l";
		argv[n++] = s->general.user;
	}
	argv[n++] = "--";
	argv[n++] = s->general.machine;
	argv[n++] = command;
	if (!s->ssh)
		return err_set(e, SSH_MISSING);
	session_flush_text(s);
	/* It may take long, and ask at the terminal: no lock is held meanwhile. */
	if (session_settle(s))
		return -1;
	session_progress(s, NULL, 0);
	if (s->ssh(s, argv, input, &status, e) < 0)
		return -1;
	if (status == SSH_ITSELF_FAILED)
		return err_set(e, SSH_FAILED, s->general.machine, status);
	return status ? -1 : 1;
}

int remote_run(struct session *s, const struct resolved *r, struct err *e)
{
	struct buf command = {0}, input = {0};
	size_t n, program;
	const char **words = words_of(s, r, &s->arena, &program, &n);
	int rc;

	if (s->checking)
		return 1; /* nothing is done there either */
	if (holds_a_key(r, &s->arena)) {
		buf_adds(&input, r->cmd->path);
		words_to_line(&r->rest, &input);
		buf_addc(&input, '\n');
		n = program; /* a script on standard input */
	}
	rc = remote_quote(words, n, &command, e);
	if (rc == 0)
		rc = ask(s, buf_text(&command), buf_text(&input), e);
	if (input.len)
		explicit_bzero(input.data, input.len);
	buf_free(&input);
	buf_free(&command);
	return rc;
}
