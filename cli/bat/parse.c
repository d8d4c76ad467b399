#include "cli/bat/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/bat/reader.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/base/banned.h"

struct parser {
	const struct line_source *src;
	struct arena *a;
	struct buf *text; /* lines so far, each ended by '\n' */
	size_t pos;
	size_t line;
	unsigned depth;  /* of recursion */
	unsigned parens; /* open ones: only then does `)` end a command */
	struct buf word; /* being collected */
	struct err *e;
	bool failed;
};

static struct node *parse_list(struct parser *p, enum node_kind level);

/* ---- errors and lines ---- */

static void fail(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void fail(struct parser *p, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	if (p->failed)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	err_set(p->e, BAT, text);
	p->failed = true;
}

/* The current byte; '\0' when the text is used up. */
static char peek(const struct parser *p)
{
	return p->pos < p->text->len ? p->text->data[p->pos] : '\0';
}

static char peek_at(const struct parser *p, size_t more)
{
	return p->pos + more < p->text->len ? p->text->data[p->pos + more] : '\0';
}

static bool at_end(const struct parser *p)
{
	return p->failed || peek(p) == '\0' || peek(p) == '\n';
}

static bool fetch(struct parser *p)
{
	if (p->failed)
		return false;
	if (p->text->len > PARSE_BYTES_MAX) {
		fail(p, "this statement is too long");
		return false;
	}
	int r = p->src->next(p->src->ctx, p->text, &p->line, p->e);
	if (r < 0)
		p->failed = true;
	if (r <= 0)
		return false;
	buf_addc(p->text, '\n');
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

/* What separates words for cmd. */
static bool is_separator(char c)
{
	return is_blank(c) || c == ',' || c == ';' || c == '=';
}

static void skip_blanks(struct parser *p)
{
	for (;;) {
		while (is_blank(peek(p)))
			p->pos++;
		/* A caret at the end of a line between words. */
		if (peek(p) != '^' || peek_at(p, 1) != '\n' || p->pos + 2 < p->text->len)
			return;
		p->pos += 2;
		if (!fetch(p))
			return;
	}
}

static void unexpected(struct parser *p)
{
	size_t n = 0;

	skip_blanks(p);
	while (!is_blank(peek_at(p, n)) && peek_at(p, n) != '\n' && peek_at(p, n) && n < 64)
		n++;
	if (n)
		fail(p, "'%.*s' is not expected here", (int)n, p->text->data + p->pos);
	else
		fail(p, "the command is not complete");
}

/* ---- words ---- */

/*
 * Takes one byte, resolving a caret; *literal says that it lost its special meaning. '\n' (not taken) at the end.
 * After a caret at the line end, the first byte of the next line is literal (unless that line is empty).
 */
static char take(struct parser *p, bool *literal)
{
	*literal = false;
	if (at_end(p))
		return '\n';
	char c = p->text->data[p->pos];
	if (c != '^') {
		p->pos++;
		return c;
	}
	p->pos++;
	if (peek(p) == '\n') {
		size_t before = p->pos++;
		if (p->pos == p->text->len && !fetch(p)) {
			p->pos = before;
			return '\n';
		}
	}
	if (at_end(p))
		return '\n';
	*literal = true;
	return p->text->data[p->pos++];
}

/* Is `word` here, followed by a separator or the end? Returns its length, else 0. Nothing is taken. */
static size_t word_here(const struct parser *p, const char *word, const char *also_after)
{
	size_t n = strlen(word);

	if (p->pos + n > p->text->len || strncasecmp(p->text->data + p->pos, word, n) != 0)
		return 0;
	char after = peek_at(p, n);
	bool ends = !after || after == '\n' || is_separator(after) || strchr(also_after, after);
	return ends ? n : 0;
}

static bool is_special(const struct parser *p, char c)
{
	return c == '&' || c == '|' || c == '<' || c == '>' || (c == ')' && p->parens);
}

static char *word_take(struct parser *p)
{
	char *s = arena_strndup(p->a, buf_text(&p->word), p->word.len);

	buf_clear(&p->word);
	return s;
}

/* One word up to a separator, quotes kept. NULL (and no error yet) when there is none. */
static char *take_word(struct parser *p)
{
	bool quoted = false, any = false;
	unsigned open = 0;

	skip_blanks(p);
	buf_clear(&p->word);
	while (!at_end(p)) {
		bool literal = false;
		char c = peek(p);
		if (!quoted && (is_separator(c) || (is_special(p, c) && !(c == ')' && open))))
			break;
		if (quoted)
			p->pos++;
		else
			c = take(p, &literal);
		if (c == '\n')
			break;
		if (!literal && c == '"')
			quoted = !quoted;
		if (!literal && !quoted && c == '(')
			open++;
		if (!literal && !quoted && c == ')' && open)
			open--;
		buf_addc(&p->word, c);
		any = true;
	}
	return any ? word_take(p) : NULL;
}

/* ---- redirections ---- */

static bool redirect_here(const struct parser *p)
{
	char c = peek(p);

	return c == '>' || c == '<' || (c >= '0' && c <= '9' && (peek_at(p, 1) == '>' || peek_at(p, 1) == '<'));
}

/* At [digit] < or >. */
static void parse_redirect(struct parser *p, struct redirect ***tail)
{
	struct redirect *r = arena_alloc(p->a, sizeof *r);
	int fd = peek(p) >= '0' && peek(p) <= '9' ? p->text->data[p->pos++] - '0' : -1;

	r->kind = p->text->data[p->pos++] == '<' ? REDIRECT_IN : REDIRECT_OUT;
	r->fd = fd >= 0 ? fd : r->kind != REDIRECT_IN;
	if (r->kind == REDIRECT_OUT && peek(p) == '>') {
		r->kind = REDIRECT_APPEND;
		p->pos++;
	}
	if (peek(p) == '&' && peek_at(p, 1) >= '0' && peek_at(p, 1) <= '9') {
		r->kind = REDIRECT_DUP;
		r->from = peek_at(p, 1) - '0';
		p->pos += 2;
	} else {
		while (is_separator(peek(p)))
			p->pos++;
		r->target = take_word(p);
		if (!r->target)
			unexpected(p);
	}
	**tail = r;
	*tail = &r->next;
}

/* ---- commands ---- */

static struct node *node_new(struct parser *p, enum node_kind kind)
{
	struct node *n = arena_alloc(p->a, sizeof *n);

	n->kind = kind;
	n->line = p->line;
	return n;
}

/* A digit just before < or > belongs to it when it is a word of its own. */
static bool digit_is_fd(const struct parser *p, const struct buf *word)
{
	return redirect_here(p) && peek(p) != '<' && peek(p) != '>' &&
	       (word->len == 0 || is_separator(word->data[word->len - 1]));
}

static void parse_words(struct parser *p, struct node *n)
{
	struct redirect **tail = &n->redirects;
	struct buf text = {0};
	bool quoted = false, named = false;

	while (!at_end(p)) {
		bool literal = false;
		char c = peek(p);
		if (quoted) {
			p->pos++;
		} else if (c == '<' || c == '>' || digit_is_fd(p, &text)) {
			parse_redirect(p, &tail);
			continue;
		} else if (is_special(p, c)) {
			break;
		} else {
			c = take(p, &literal);
		}
		if (c == '\n')
			break;
		if (c == '"' && !literal)
			quoted = !quoted;
		if (!named && !quoted && is_separator(c)) {
			if (!text.len)
				continue;
			named = true;
			n->cmd.name_len = text.len;
		}
		buf_addc(&text, c);
	}
	if (!named)
		n->cmd.name_len = text.len;
	n->cmd.len = text.len;
	n->cmd.text = arena_strndup(p->a, buf_text(&text), text.len);
	buf_free(&text);
	if (!n->cmd.len && !n->redirects)
		unexpected(p);
}

/* `rem` keeps its first word under the rules (so `rem & x` runs x); everything after it is text. */
static struct node *parse_rem(struct parser *p)
{
	struct node *n = node_new(p, NODE_COMMAND);

	n->cmd.text = arena_strndup(p->a, "rem", 3);
	n->cmd.len = n->cmd.name_len = 3;
	p->pos += 3;
	skip_blanks(p);
	while (!at_end(p) && !is_separator(peek(p))) {
		bool literal;
		if (peek(p) == '&' || peek(p) == '|')
			return n;
		take(p, &literal);
	}
	while (!at_end(p))
		p->pos++;
	return n;
}

/* Skips the line of a label or comment; a caret at its end takes the next line along. */
static void skip_line(struct parser *p)
{
	bool literal;

	while (!at_end(p))
		take(p, &literal);
}

/* At the start of a line of a block: takes empty lines, labels and comments. false at the end of the file. */
static bool skip_empty(struct parser *p)
{
	for (;;) {
		while (is_separator(peek(p)))
			p->pos++;
		if (peek(p) == ':')
			skip_line(p);
		if (p->failed)
			return false;
		if (peek(p) == '\n')
			p->pos++;
		else if (peek(p))
			return true;
		if (p->pos == p->text->len && !fetch(p))
			return false;
	}
}

static struct node *parse_block(struct parser *p)
{
	struct node *n = node_new(p, NODE_BLOCK), **tail = &n->first;
	size_t opened = p->line;

	p->pos++;
	p->parens++;
	for (;;) {
		if (!skip_empty(p)) {
			fail(p, "the '(' of line %zu is not closed", opened);
			break;
		}
		if (peek(p) == ')')
			break;
		*tail = parse_list(p, NODE_SEQ);
		if (p->failed)
			break;
		tail = &(*tail)->next;
		skip_blanks(p);
		if (!at_end(p) && peek(p) != ')')
			unexpected(p);
	}
	p->parens--;
	if (!p->failed && !n->first)
		unexpected(p);
	if (p->failed)
		return n;
	p->pos++;
	struct redirect **redirects = &n->redirects;
	for (skip_blanks(p); redirect_here(p) && !p->failed; skip_blanks(p))
		parse_redirect(p, &redirects);
	return n;
}

static const struct enum_name compare_ops[] = {
	{OP_EQU, "equ"}, {OP_NEQ, "neq"}, {OP_LSS, "lss"}, {OP_LEQ, "leq"},
	{OP_GTR, "gtr"}, {OP_GEQ, "geq"}, {0, NULL},
};

static const struct enum_name if_tests[] = {
	{IF_ERRORLEVEL, "errorlevel"}, {IF_EXIST, "exist"}, {IF_DEFINED, "defined"},
	{IF_VERSION, "cmdextversion"}, {0, NULL},
};

static const struct enum_name *name_exact(const struct enum_name *t, const char *word)
{
	for (; t->name; t++)
		if (str_caseeq(t->name, word))
			return t;
	return NULL;
}

static const char *need_word(struct parser *p)
{
	const char *w = take_word(p);

	if (!w)
		unexpected(p);
	return w ? w : "";
}

static void parse_condition(struct parser *p, struct if_head *h)
{
	h->left = need_word(p);
	skip_blanks(p);
	bool same = peek(p) == '=' && peek_at(p, 1) == '=';
	const struct enum_name *test = same ? NULL : name_exact(if_tests, h->left);
	if (test) {
		h->kind = (enum if_kind)test->value;
		h->left = need_word(p);
		return;
	}
	h->kind = same ? IF_SAME : IF_COMPARE;
	if (same) {
		p->pos += 2;
	} else {
		size_t before = p->pos;
		const struct enum_name *op = name_exact(compare_ops, need_word(p));
		if (!op) {
			p->pos = before;
			unexpected(p);
			return;
		}
		h->op = (enum if_op)op->value;
	}
	while (is_separator(peek(p)))
		p->pos++;
	h->right = need_word(p);
}

static struct node *parse_if(struct parser *p)
{
	struct node *n = node_new(p, NODE_IF);
	size_t len;

	p->pos += 2;
	for (;;) {
		skip_blanks(p);
		if ((len = word_here(p, "/i", "")))
			n->cond.head.nocase = true;
		else if ((len = word_here(p, "not", "")))
			n->cond.head.negate = !n->cond.head.negate;
		else
			break;
		p->pos += len;
	}
	parse_condition(p, &n->cond.head);
	if (p->failed)
		return n;
	n->cond.then = parse_list(p, NODE_SEQ);
	skip_blanks(p);
	/* Only a block can be followed by `else`: to a plain command it is an argument. */
	if (!p->failed && (len = word_here(p, "else", "("))) {
		p->pos += len;
		n->cond.otherwise = parse_list(p, NODE_SEQ);
	}
	return n;
}

/* The text between the parentheses of `in (...)`; lines become blanks. */
static const char *take_set(struct parser *p)
{
	bool quoted = false;

	buf_clear(&p->word);
	for (;;) {
		bool literal = false;
		if (p->failed)
			return "";
		if (peek(p) == '\n' || !peek(p)) {
			buf_addc(&p->word, ' ');
			quoted = false;
			p->pos += peek(p) == '\n';
			if (p->pos == p->text->len && !fetch(p)) {
				fail(p, "the list of 'for' is not closed");
				return "";
			}
			continue;
		}
		char c = quoted ? p->text->data[p->pos++] : take(p, &literal);
		if (c == '\n')
			continue;
		if (c == '"' && !literal)
			quoted = !quoted;
		if (c == ')' && !quoted && !literal)
			return word_take(p);
		buf_addc(&p->word, c);
	}
}

static void take_keyword(struct parser *p, const char *word, const char *also_after)
{
	skip_blanks(p);
	size_t len = word_here(p, word, also_after);
	if (!len)
		unexpected(p);
	p->pos += len;
	skip_blanks(p);
}

static void parse_for_head(struct parser *p, struct for_head *h)
{
	skip_blanks(p);
	if (peek(p) == '/') {
		const char *form = need_word(p);
		char c = (char)(form[0] == '/' ? form[1] | 0x20 : 0);
		if (!c || !strchr("lfdr", c) || form[2])
			fail(p, "'%.40s' is not a form of 'for'", form);
		h->form = c;
	}
	h->options = "";
	const char *w = need_word(p);
	if (*w != '%' && (h->form == 'f' || h->form == 'r')) {
		h->options = w;
		w = need_word(p);
	}
	if (p->failed)
		return;
	if (w[0] != '%' || !w[1] || w[2]) {
		fail(p, "'%.40s' is not a loop variable", w);
		return;
	}
	h->var = w[1];
	take_keyword(p, "in", "(");
	if (p->failed || peek(p) != '(') {
		unexpected(p);
		return;
	}
	p->pos++;
	h->set = take_set(p);
	take_keyword(p, "do", "(@");
}

static struct node *parse_for(struct parser *p)
{
	struct node *n = node_new(p, NODE_FOR);

	p->pos += 3;
	parse_for_head(p, &n->loop.head);
	if (!p->failed)
		n->loop.body = parse_list(p, NODE_SEQ);
	return n;
}

static struct node *parse_command(struct parser *p)
{
	struct node *n;
	bool quiet = false;

	if (++p->depth > PARSE_DEPTH_MAX)
		fail(p, "more than %d levels of parentheses", (int)PARSE_DEPTH_MAX);
	skip_blanks(p);
	while (is_separator(peek(p)) || peek(p) == '@')
		quiet |= p->text->data[p->pos++] == '@';
	if (p->failed)
		n = node_new(p, NODE_COMMAND);
	else if (peek(p) == '(')
		n = parse_block(p);
	else if (word_here(p, "if", "/"))
		n = parse_if(p);
	else if (word_here(p, "for", "/"))
		n = parse_for(p);
	else if (word_here(p, "rem", ""))
		n = parse_rem(p);
	else
		parse_words(p, n = node_new(p, NODE_COMMAND));
	n->quiet = quiet;
	p->depth--;
	return n;
}

/* Takes the operator of that level if it is here. */
static bool take_operator(struct parser *p, enum node_kind level)
{
	static const char *const text[] = {
		[NODE_SEQ] = "&", [NODE_OR] = "||", [NODE_AND] = "&&", [NODE_PIPE] = "|"};
	const char *op = text[level];
	size_t n = strlen(op);

	skip_blanks(p);
	if (p->failed || peek(p) != op[0] || (n == 2) != (peek_at(p, 1) == op[0]))
		return false;
	p->pos += n;
	return true;
}

static struct node *parse_list(struct parser *p, enum node_kind level)
{
	struct node *n = level == NODE_PIPE ? parse_command(p) : parse_list(p, level + 1);
	struct node *list = NULL, **tail = NULL;

	while (take_operator(p, level)) {
		if (!list) {
			list = node_new(p, level);
			list->line = n->line;
			list->quiet = n->quiet;
			list->first = n;
			tail = &n->next;
		}
		skip_blanks(p);
		/* `a &` is fine, the others need a right side */
		if (level == NODE_SEQ && (at_end(p) || (p->parens && peek(p) == ')')))
			break;
		*tail = level == NODE_PIPE ? parse_command(p) : parse_list(p, level + 1);
		tail = &(*tail)->next;
	}
	return list ? list : n;
}

enum parse_result parse_statement(const struct line_source *src, struct arena *a, struct buf *text,
    struct node **out, size_t *line, struct err *e)
{
	struct parser p = {.src = src, .a = a, .text = text, .e = e};
	enum parse_result r = PARSE_NOTHING;

	buf_clear(text);
	if (!fetch(&p)) {
		*line = p.line;
		return p.failed ? PARSE_ERROR : PARSE_END;
	}
	while (is_separator(peek(&p)))
		p.pos++;
	if (peek(&p) == ':') {
		skip_line(&p);
	} else if (!at_end(&p) && peek(&p) != ')') { /* cmd passes over a line that begins with `)` */
		*out = parse_list(&p, NODE_SEQ);
		skip_blanks(&p);
		if (!at_end(&p))
			unexpected(&p);
		r = PARSE_NODE;
	}
	*line = p.line;
	buf_free(&p.word);
	return p.failed ? PARSE_ERROR : r;
}
