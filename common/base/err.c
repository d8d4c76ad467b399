#include "common/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/banned.h"

static const struct {
	int number;
	enum err_kind kind;
} rows[] = {
	[MSG_NONE] = {0, ERR_NONE},
#define M(id, number, kind, text) [id] = {number, ERR_##kind},
	MESSAGES(M)
#undef M
};

enum err_kind msg_kind(enum msg_id id)
{
	return rows[id].kind;
}

int err_number(const struct err *e)
{
	return rows[e->id].number;
}

bool err_is_win32(const struct err *e)
{
	enum { OURS_FIRST = 5000, WIN32_IPSEC = 13000 };
	int n = rows[e->id].number;

	return (n > 0 && n < OURS_FIRST) || n >= WIN32_IPSEC;
}

int err_set_number(struct err *e, int number, const char *text)
{
	enum msg_id id = IPC_REFUSED; /* what a newer program says, this one may not know */

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (number > 0 && rows[i].number == number)
			id = (enum msg_id)i;
	return err_set_fmt(e, id, "%s", text);
}

int err_set_fmt(struct err *e, enum msg_id id, const char *fmt, ...)
{
	va_list ap;

	*e = (struct err){.kind = rows[id].kind, .id = id};
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return -1;
}

int err_set_errno_fmt(struct err *e, int errnum, enum msg_id id, const char *fmt, ...)
{
	va_list ap;

	*e = (struct err){.kind = rows[id].kind, .id = id, .errno_ = errnum};
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	size_t n = strlen(e->text);
	snprintf(e->text + n, sizeof e->text - n, ": %s", strerror(errnum));
	return -1;
}

int err_in(struct err *e, const char *fmt, ...)
{
	char old[ERR_TEXT_MAX];
	va_list ap;

	memcpy(old, e->text, sizeof old);
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	size_t n = strlen(e->text);
	snprintf(e->text + n, sizeof e->text - n, ": %s", old);
	return -1;
}
