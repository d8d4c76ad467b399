#include "common/base/log.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/journal.h"

#include "common/base/banned.h"

static const char *name = "?";
static enum log_level limit = LOG_L_INFO;
static bool person; /* reads it at a terminal */
static int journal = -1;
static uint64_t lost;

void log_open(const char *program, enum log_level most)
{
	name = program;
	limit = most;
	person = isatty(STDERR_FILENO);
}

void log_journal(const char *path, bool always)
{
	if (always || journal_is(STDERR_FILENO, getenv("JOURNAL_STREAM")))
		journal = journal_open(path);
}

/* A log line is one line: names from the store may hold control characters. */
static void put_line(enum log_level level, char *line)
{
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = '?';
	if (person)
		fprintf(stderr, "%s: %s\n", name, line);
	else
		fprintf(stderr, "<%d>%s\n", level, line);
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	if (level > limit)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	put_line(level, line);
}

/* --- events --------------------------------------------------------------------------------------- */

static void to_journal(enum log_level level, const char *id, const char *text, const struct log_field *fields,
    size_t n)
{
	const char priority[] = {(char)('0' + level), '\0'};
	struct buf b = {0};

	journal_put(&b, "MESSAGE", text);
	journal_put(&b, "MESSAGE_ID", id);
	journal_put(&b, "PRIORITY", priority);
	journal_put(&b, "SYSLOG_IDENTIFIER", name);
	for (size_t i = 0; i < n; i++)
		if (fields[i].value)
			journal_put(&b, fields[i].name, fields[i].value);
	lost += !journal_send(journal, &b);
	buf_free(&b);
}

/* IPSECSH_SOURCE_PORT, 23 -> source_port="23"; quotes and backslashes in the value are escaped. */
static void put_pair(struct buf *b, const struct log_field *f)
{
	static const char ours[] = "IPSECSH_";
	const char *key = strncmp(f->name, ours, sizeof ours - 1) == 0 ? f->name + sizeof ours - 1 : f->name;

	buf_addc(b, ' ');
	for (; *key; key++)
		buf_addc(b, (char)tolower((unsigned char)*key));
	buf_adds(b, "=\"");
	for (const char *v = f->value; *v; v++) {
		if (*v == '"' || *v == '\\')
			buf_addc(b, '\\');
		buf_addc(b, *v);
	}
	buf_addc(b, '"');
}

void log_event(enum log_level level, const char *id, const char *text, const struct log_field *fields, size_t n)
{
	struct buf b = {0};

	if (level > limit)
		return;
	if (journal >= 0) {
		to_journal(level, id, text, fields, n);
		return;
	}
	buf_adds(&b, text);
	for (size_t i = 0; i < n; i++)
		if (fields[i].value)
			put_pair(&b, &fields[i]);
	put_line(level, b.data);
	buf_free(&b);
}

uint64_t log_lost(void)
{
	uint64_t n = lost;

	lost = 0;
	return n;
}
