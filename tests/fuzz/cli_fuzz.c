// FOLDERS: cli store ipc compile boot model base
// LIBS: -lsqlite3
/*
 * Reaches words, grammar, binding, value types, every row's command and completion: the input is lines of
 * a session on a store of its own, emptied before each input. Completion runs behind each line and
 * at one place in it.
 * Nothing outside its folder is touched: the enforcer is one that agrees, three names resolve, and
 * commands that name a file are only parsed. Dictionary: tools/words fuzz.
 */
#include <stdint.h>

#include "cli/names.h"
#include "cli/shell.h"
#include "tests/unit/cli_util.h"
#include "common/base/banned.h"

enum { LINES_MAX = 40 };

static struct session *session;

static void begin(void)
{
	session = cli_new();
	session->ask = util_ask;
	session_group_begin(session); /* one transaction for many inputs: the disk is not what is tested */
}

static void forget(void)
{
	cli_free(session);
}

static bool names_a_file(const struct cmd *cmd)
{
	for (size_t i = 0; i < cmd->ntags; i++)
		if (cmd->tags[i].type && cmd->tags[i].type->object == OBJECT_FILE)
			return true;
	return false;
}

/* May it run here? What reads or writes files may not; an alias may stand for such a thing. */
static bool is_contained(const char *line, size_t n, struct arena *a)
{
	struct words w = {0};
	struct resolved r = {0};
	struct err e = {0};

	if (words_from_line(line, n, a, &w, &e) < 0 || alias_expand(&session->general.aliases, &w, a, &e) < 0 ||
	    grammar_resolve(session->context, session_dialect(session), &w, a, &r, &e) < 0)
		return true; /* it will not get far */
	return r.kind != RESOLVED_CMD || !names_a_file(r.cmd);
}

/* A number from 0 to n, the same for the same line: a fuzzer that changes a byte comes by another one (FNV-1a). */
static size_t some_cursor(const char *line, size_t n)
{
	uint64_t h = 0xCBF29CE484222325u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (uint8_t)line[i]) * 0x100000001B3u;
	return (h ^ h >> 32) % (n + 1);
}

/* What TAB would do there: of a line it makes a line. */
static void complete_at(const char *line, size_t n, size_t at, struct arena *a)
{
	const struct complete_names names = {
		.list = names_list, .ctx = session, .dialect = session_dialect(session)};
	struct completion c;
	struct words w = {0};
	struct err e = {0};
	struct buf b = {0};

	complete(session->context, line, at, &names, a, &c);
	if (c.start > at || c.n > COMPLETE_MAX)
		abort();
	const char *text = completion_common(&c, arena_strndup(a, line + c.start, at - c.start), a);
	if (text && words_from_line(line, at, a, &w, &e) == 0) {
		buf_add(&b, line, c.start);
		buf_adds(&b, text);
		if (words_from_line(buf_text(&b), b.len, a, &w, &e) < 0 && b.len <= WORDS_LINE_MAX)
			abort();
	}
	buf_clear(&b);
	completion_print(&c, n % 100, &b);
	buf_free(&b);
	arena_reset(a);
}

static void one_line(const char *line, size_t n)
{
	struct arena a = {0};
	char *text = xstrndup(line, n);

	/* Each cursor costs as much as some commands: behind the line, where all are typed, and somewhere in it. */
	complete_at(line, n, n, &a);
	complete_at(line, n, some_cursor(line, n), &a);
	shell_line_is_secret(text);
	if (is_contained(line, n, &a)) {
		buf_clear(&cli_out);
		int status = session_line(session, line, n);
		if (status != 0 && !strstr(buf_text(&cli_out), "ERR "))
			abort(); /* a failure without a word */
	}
	free(text);
	arena_free(&a);
}

static void must(const char *line)
{
	buf_clear(&cli_out);
	if (session_line(session, line, strlen(line)) != 0) {
		fprintf(stderr, "%s: %s", line, buf_text(&cli_out));
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;

	if (!session) {
		begin();
		atexit(forget);
	}
	session->context = "static";
	session->npushed = 0;
	general_fini(session); /* aliases, the queue, another machine */
	must("static set batch mode=disable");
	must("static delete all");
	for (int lines = 0; at < end && lines < LINES_MAX; lines++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((stop ? stop : end) - at);
		one_line(at, n);
		at += n + 1;
	}
	return 0;
}
