/*
 * A host for the .bat interpreter that does nothing but tell. Programs netsh, netsh.exe, net and sc
 * exist: each line is printed as `RUN line` and fails (errorlevel 1) when it holds the word FAIL;
 * LEVELn gives errorlevel n; `netsh print X` prints X alone. Everything is collected in one text,
 * in order.
 */
#ifndef TESTS_BAT_HOST_H
#define TESTS_BAT_HOST_H

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/bat/bat.h"
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/str.h"

struct fake {
	struct buf text;     /* what came out; lines of standard error begin with "ERR " */
	const char *in;      /* what is left of the standard input */
	unsigned long steps; /* left before stop() says stop; 0: no limit */
	unsigned long slept_ms, settled;
	int quiet;           /* collect nothing */
};

static inline int fake_run(void *ctx, const char *line, struct bat_call *call)
{
	static const char *const known[] = {"netsh", "netsh.exe", "net", "sc"};
	struct fake *f = ctx;
	size_t n = strcspn(line, " \t"), i = 0;

	while (i < N_OF(known) && !(strlen(known[i]) == n && strncasecmp(line, known[i], n) == 0))
		i++;
	if (i == N_OF(known))
		return BAT_NOT_FOUND;
	if (strncmp(line, "netsh print ", 12) == 0) {
		call->out(call->ctx, line + 12, strlen(line) - 12);
		call->out(call->ctx, "\n", 1);
	} else if (!f->quiet) {
		call->out(call->ctx, "RUN ", 4);
		call->out(call->ctx, line, strlen(line));
		call->out(call->ctx, "\n", 1);
	}
	const char *level = strstr(line, "LEVEL");
	return level ? (int)strtol(level + 5, NULL, 10) : strstr(line, "FAIL") != NULL;
}

static inline void fake_out(void *ctx, const char *text, size_t n)
{
	struct fake *f = ctx;

	if (!f->quiet)
		buf_add(&f->text, text, n);
}

static inline void fake_err(void *ctx, const char *text, size_t n)
{
	struct fake *f = ctx;

	if (f->quiet)
		return;
	buf_adds(&f->text, "ERR ");
	buf_add(&f->text, text, n);
}

static inline void fake_settle(void *ctx)
{
	((struct fake *)ctx)->settled++;
}

static inline const char *fake_getenv(void *ctx, const char *name)
{
	static const char *const fixed[][2] = {
		{"DATE", "2024-03-09"}, {"TIME", "08:05:07.25"}, {"RANDOM", "4711"},
		{"COMPUTERNAME", "ANDY"}, {"PATH", "/usr/bin"}, {"USER", "tester"},
	};

	(void)ctx;
	for (size_t i = 0; i < N_OF(fixed); i++)
		if (strcmp(fixed[i][0], name) == 0)
			return fixed[i][1];
	return NULL;
}

static inline int fake_stop(void *ctx)
{
	struct fake *f = ctx;

	return f->steps && --f->steps == 0 ? (f->steps = 1, 1) : 0;
}

static inline int fake_read_line(void *ctx, struct buf *line)
{
	struct fake *f = ctx;
	size_t n = f->in ? strcspn(f->in, "\n") : 0;

	if (!f->in || !*f->in)
		return 0;
	buf_add(line, f->in, n);
	f->in += n + (f->in[n] == '\n');
	return 1;
}

static inline void fake_sleep(void *ctx, unsigned ms)
{
	((struct fake *)ctx)->slept_ms += ms;
}

static inline struct bat_host fake_host(struct fake *f)
{
	return (struct bat_host){.ctx = f, .run = fake_run, .out = fake_out, .err = fake_err,
	    .settle = fake_settle, .getenv = fake_getenv, .stop = fake_stop,
	    .read_line = fake_read_line, .sleep_ms = fake_sleep};
}

#endif
