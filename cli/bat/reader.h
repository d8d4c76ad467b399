/* A batch file in memory: physical lines of UTF-8 with their numbers, and an index of its labels.
 */
#ifndef CLI_BAT_READER_H
#define CLI_BAT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

enum {
	SCRIPT_BYTES_MAX = 64 * 1024 * 1024,
	LINE_BYTES_MAX = 1024 * 1024 + 4096, /* a longer line stops the file */
};

struct script_line {
	uint32_t off, len;
};

struct script_label {
	const char *name; /* into the text */
	uint32_t len;
	uint32_t line; /* index */
};

/* Members are private to the reader. */
struct script {
	char *path; /* as it was named; for messages, %0 and %~f0 */
	char *text;
	size_t n_bytes;
	struct script_line *lines;
	size_t n_lines, cap_lines;
	struct script_label *labels; /* by name, then line; NULL until first asked for */
	size_t n_labels, cap_labels;
	bool indexed;
};

/*
 * Reads and decodes a file. CRLF, LF and LF CR end a line, so does ^Z; a file without any LF may
 * use CR; the last line needs no end. NULL with `e` set on failure; the caller frees.
 */
struct script *script_load(const char *path, const char *codepage, struct err *e);
/* The same from memory; `path` is its name. */
struct script *script_parse(const char *path, const char *bytes, size_t n, const char *codepage,
    struct err *e);
void script_free(struct script *s);

/* Line `i` (from 0), not NUL-terminated; NULL after the last one. */
const char *script_line(const struct script *s, size_t i, size_t *len);

enum { SCRIPT_NO_LABEL = UINT32_MAX };
/*
 * The line (from 0) of label `name`, compared without regard to case: the first at or after line
 * `from`, else the first of the file (scripts-in-the-wild §3, duplicate labels). SCRIPT_NO_LABEL
 * when there is none.
 */
size_t script_label(struct script *s, const char *name, size_t len, size_t from);
/*
 * Is the line a label? Blanks and separators may stand before the colon, blanks after it. Gives its
 * name. A comment (`::`) is one, with an empty name or one that no goto can ask for.
 */
bool script_is_label(const char *line, size_t len, const char **name, size_t *name_len);

#endif
