/*
 * Errors are values until the edge: a function that can fail takes `struct err *` last, sets it once
 * at the point of knowledge and returns -1 (or NULL / false); whoever stands at the edge prints it.
 * The text and the number of every message stand in messages.h.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/messages.h"

/* Whose fault it is; the kind decides exit status, log level and whether a retry makes sense. */
enum err_kind {
	ERR_NONE = 0,
	ERR_USAGE,    /* the program was called wrongly */
	ERR_INVALID,  /* a word of the input is wrong */
	ERR_NOTFOUND, /* a named object does not exist */
	ERR_EXISTS,   /* an object of that name exists */
	ERR_INUSE,    /* the object is needed by another one */
	ERR_DENIED,   /* the caller may not do that */
	ERR_REALITY,  /* this host or kernel lacks something */
	ERR_PEER,     /* another program or host answered wrongly, or not at all */
	ERR_SYSTEM,   /* the operating system refused; errno_ says why */
	ERR_BUG,      /* ours */
};

enum { ERR_TEXT_MAX = 512 };

/* All zero means "no error". */
struct err {
	enum err_kind kind;
	enum msg_id id;
	int errno_; /* for ERR_SYSTEM, otherwise 0 */
	char text[ERR_TEXT_MAX];
};

/* Sets the error from a row of messages.h; format arguments follow. Evaluates to -1. */
#define err_set(e, id, ...) err_set_fmt((e), (id), MSG_TEXT_##id, ##__VA_ARGS__)
/* The same with errno and its text appended after a colon. */
#define err_set_errno(e, errnum, id, ...)                                                          \
	err_set_errno_fmt((e), (errnum), (id), MSG_TEXT_##id, ##__VA_ARGS__)

int err_set_fmt(struct err *e, enum msg_id id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int err_set_errno_fmt(struct err *e, int errnum, enum msg_id id, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Puts context in front of the text ("rule 'R': ..."). Evaluates to -1. */
int err_in(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The number that netsh scripts test for (grammar §8), 0 when the message has none. */
int err_number(const struct err *e);
/* Is it one of Windows' system errors, printed as ERR Win32 instead of ERR IPsec? */
bool err_is_win32(const struct err *e);
/* An error that another program of ours reported: its number and text. Evaluates to -1. */
int err_set_number(struct err *e, int number, const char *text);
enum err_kind msg_kind(enum msg_id id);

#endif
