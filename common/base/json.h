/*
 * Writes one JSON document (RFC 8259) into a buffer, piece by piece: whoever owns the buffer may empty it
 * between any two calls, so a document of a hundred thousand objects never stands in memory whole.
 *
 * Every function that puts a value takes its name first: the member's name inside an object, NULL inside
 * an array and for the document itself. Wrong nesting, a missing name or one too many is a bug of the
 * caller and aborts. Text is escaped; bytes that are not UTF-8 become U+FFFD, so the document is valid
 * whatever it is given.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

enum { JSON_DEPTH_MAX = 16 };

/* How the members of an object or array are laid out; inside JSON_ROW everything is a row. */
enum json_layout {
	JSON_LINES, /* one to a line, indented */
	JSON_ROW,   /* all on one line */
};

struct json {
	struct buf *out; /* borrowed */
	unsigned depth;
	bool done; /* the document has its one value */
	struct {
		bool object, row, some;
	} open[JSON_DEPTH_MAX]; /* what is open now, the innermost last */
};

/* The document goes to the end of `out`. */
void json_begin(struct json *j, struct buf *out);
/* Ends it with a line end. Everything must be closed. */
void json_end(struct json *j);

void json_object(struct json *j, const char *name, enum json_layout layout);
void json_array(struct json *j, const char *name, enum json_layout layout);
/* Closes the innermost object or array. */
void json_close(struct json *j);

/* NULL text is null. */
void json_string(struct json *j, const char *name, const char *text);
void json_bool(struct json *j, const char *name, bool yes);
void json_int(struct json *j, const char *name, int64_t value);
void json_uint(struct json *j, const char *name, uint64_t value);
void json_null(struct json *j, const char *name);

#endif
