/*
 * What may be typed next. Pure: from the line up to the cursor, the command table, and a function that
 * lists the names of objects. The shell puts it on the TAB key.
 */
#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

#include "cli/grammar.h"

enum { COMPLETE_MAX = 1000 }; /* candidates at most */

struct candidate {
	const char *text;  /* takes the place of the line from completion.start to the cursor */
	const char *shown; /* in a list: without quotes */
	const char *brief; /* one line about it, or NULL */
	bool open;         /* no blank behind it: a value or the rest of a path follows at once */
};
struct completion {
	size_t start;
	struct candidate *v;
	size_t n;
};

/*
 * Existing names of a kind that begin with `prefix`, at most `max`, in the arena. OBJECT_RULE: those of
 * `policy`, or of any when it is NULL. OBJECT_FILE: paths, folders with a '/' at the end. What cannot be
 * read has no names.
 */
struct complete_names {
	size_t (*list)(void *ctx, enum object_kind kind, const char *policy, const char *prefix, size_t max,
	    struct arena *a, const char ***out);
	void *ctx;
	enum dialect dialect; /* that of the store from which they come */
};

/* Of a text of several lines (a paste) only the last one counts. Everything lives in `a`. */
void complete(const char *context, const char *line, size_t n, const struct complete_names *names,
    struct arena *a, struct completion *out);
/*
 * The text to put in place of `typed`, the line from `start` to the cursor: the only candidate with a
 * blank behind it, or what all have in common. NULL when that is no progress.
 */
const char *completion_common(const struct completion *c, const char *typed, struct arena *a);
/* The candidates as lines of at most `width` columns: one each with its brief, or names in columns. */
void completion_print(const struct completion *c, size_t width, struct buf *out);

#endif
