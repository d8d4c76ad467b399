/*
 * Phase 2 of cmd: one statement, which may span lines (caret at the end, parentheses), becomes a
 * tree in an arena. Text in the tree has its carets resolved and keeps its quotes; %x and !v! are
 * replaced when it runs.
 */
#ifndef CLI_BAT_PARSE_H
#define CLI_BAT_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/err.h"

enum {
	PARSE_DEPTH_MAX = 400,                    /* nested parentheses, ifs and fors */
	PARSE_BYTES_MAX = 16 * 1024 * 1024,       /* of one statement after percent expansion */
};

enum node_kind {
	NODE_COMMAND,
	NODE_BLOCK, /* ( ... ) */
	/* In order of binding, weakest first. */
	NODE_SEQ,  /* a & b */
	NODE_OR,   /* a || b */
	NODE_AND,  /* a && b */
	NODE_PIPE, /* a | b */
	NODE_IF,
	NODE_FOR,
};

enum redirect_kind { REDIRECT_IN, REDIRECT_OUT, REDIRECT_APPEND, REDIRECT_DUP };

struct redirect {
	struct redirect *next;
	enum redirect_kind kind;
	int fd;             /* 0..9; only 0, 1 and 2 have an effect */
	int from;           /* REDIRECT_DUP */
	const char *target; /* a file as it was written */
};

enum if_kind { IF_SAME, IF_COMPARE, IF_ERRORLEVEL, IF_EXIST, IF_DEFINED, IF_VERSION };
enum if_op { OP_EQU, OP_NEQ, OP_LSS, OP_LEQ, OP_GTR, OP_GEQ };

struct if_head {
	enum if_kind kind;
	enum if_op op; /* IF_COMPARE */
	bool negate, nocase;
	const char *left, *right; /* right is NULL for the kinds with one operand */
};

struct for_head {
	char form; /* 0, 'l', 'f', 'd', 'r' */
	char var;
	const char *options; /* /f: the option text, /r: the folder; "" when not given */
	const char *set;     /* between the parentheses */
};

struct node {
	enum node_kind kind;
	bool quiet;  /* @ */
	size_t line; /* from 1 */
	struct node *next;
	struct redirect *redirects;
	union {
		struct {
			const char *text; /* name and arguments, redirections removed */
			size_t len, name_len;
		} cmd;
		struct node *first; /* block and lists: children linked by next */
		struct {
			struct if_head head;
			struct node *then, *otherwise;
		} cond;
		struct {
			struct for_head head;
			struct node *body;
		} loop;
	};
};

/* Where lines come from, already percent-expanded. */
struct line_source {
	void *ctx;
	/* Appends the next line without its end. 1, 0 at the end of the file, -1 with `e` set. */
	int (*next)(void *ctx, struct buf *text, size_t *line, struct err *e);
};

enum parse_result { PARSE_NODE, PARSE_NOTHING, PARSE_END, PARSE_ERROR };

/*
 * Reads one statement. PARSE_NODE: *out lives in the arena. PARSE_NOTHING: an empty line, a comment
 * or a label. PARSE_ERROR: `e` (BAT) says what was not expected; *line is the place. `text` is a
 * buffer to work in; after the call it holds the statement's text, for echo.
 */
enum parse_result parse_statement(const struct line_source *src, struct arena *a, struct buf *text,
    struct node **out, size_t *line, struct err *e);

#endif
