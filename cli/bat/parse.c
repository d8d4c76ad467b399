#include "cli/bat/parse.h"

#include <string.h>

#include "cli/bat/lex.h"
#include "common/base/str.h"
#include "common/base/banned.h"

static struct node *parse_list(struct parser *p, enum node_kind level);

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
	return lex_redirect_here(p) && lex_peek(p) != '<' && lex_peek(p) != '>' &&
	       (word->len == 0 || lex_is_separator(word->data[word->len - 1]));
}

static void parse_words(struct parser *p, struct node *n)
{
	struct redirect **tail = &n->redirects;
	struct buf text = {0};
	bool quoted = false, named = false;

	while (!lex_at_end(p)) {
		bool literal = false;
		char c = lex_peek(p);
		if (quoted) {
			p->pos++;
		} else if (c == '<' || c == '>' || digit_is_fd(p, &text)) {
			lex_redirect(p, &tail);
			continue;
		} else if (lex_is_special(p, c)) {
			break;
		} else {
			c = lex_take(p, &literal);
		}
		if (c == '\n')
			break;
		if (c == '"' && !literal)
			quoted = !quoted;
		if (!named && !quoted && lex_is_separator(c)) {
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
		lex_unexpected(p);
}

/* `rem` keeps its first word under the rules (so `rem & x` runs x); everything after it is text. */
static struct node *parse_rem(struct parser *p)
{
	struct node *n = node_new(p, NODE_COMMAND);

	n->cmd.text = arena_strndup(p->a, "rem", 3);
	n->cmd.len = n->cmd.name_len = 3;
	p->pos += 3;
	lex_skip_blanks(p);
	while (!lex_at_end(p) && !lex_is_separator(lex_peek(p))) {
		bool literal;
		if (lex_peek(p) == '&' || lex_peek(p) == '|')
			return n;
		lex_take(p, &literal);
	}
	while (!lex_at_end(p))
		p->pos++;
	return n;
}

/* Skips the line of a label or comment; a caret at its end takes the next line along. */
static void skip_line(struct parser *p)
{
	bool literal;

	while (!lex_at_end(p))
		lex_take(p, &literal);
}

/*
 * At the start of a line of a block: takes empty lines, labels and comments. false at the end of
 * the file.
 */
static bool skip_empty(struct parser *p)
{
	for (;;) {
		while (lex_is_separator(lex_peek(p)))
			p->pos++;
		if (lex_peek(p) == ':')
			skip_line(p);
		if (p->failed)
			return false;
		if (lex_peek(p) == '\n')
			p->pos++;
		else if (lex_peek(p))
			return true;
		if (p->pos == p->text->len && !lex_fetch(p))
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
			lex_fail(p, "the '(' of line %zu is not closed", opened);
			break;
		}
		if (lex_peek(p) == ')')
			break;
		*tail = parse_list(p, NODE_SEQ);
		if (p->failed)
			break;
		tail = &(*tail)->next;
		lex_skip_blanks(p);
		if (!lex_at_end(p) && lex_peek(p) != ')')
			lex_unexpected(p);
	}
	p->parens--;
	if (!p->failed && !n->first)
		lex_unexpected(p);
	if (p->failed)
		return n;
	p->pos++;
	struct redirect **redirects = &n->redirects;
	for (lex_skip_blanks(p); lex_redirect_here(p) && !p->failed; lex_skip_blanks(p))
		lex_redirect(p, &redirects);
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
	const char *w = lex_word(p);

	if (!w)
		lex_unexpected(p);
	return w ? w : "";
}

static void parse_condition(struct parser *p, struct if_head *h)
{
	h->left = need_word(p);
	lex_skip_blanks(p);
	bool same = lex_peek(p) == '=' && lex_peek_at(p, 1) == '=';
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
			lex_unexpected(p);
			return;
		}
		h->op = (enum if_op)op->value;
	}
	while (lex_is_separator(lex_peek(p)))
		p->pos++;
	h->right = need_word(p);
}

static struct node *parse_if(struct parser *p)
{
	struct node *n = node_new(p, NODE_IF);
	size_t len;

	p->pos += 2;
	for (;;) {
		lex_skip_blanks(p);
		if ((len = lex_word_here(p, "/i", "")))
			n->cond.head.nocase = true;
		else if ((len = lex_word_here(p, "not", "")))
			n->cond.head.negate = !n->cond.head.negate;
		else
			break;
		p->pos += len;
	}
	parse_condition(p, &n->cond.head);
	if (p->failed)
		return n;
	n->cond.then = parse_list(p, NODE_SEQ);
	lex_skip_blanks(p);
	/* Only a block can be followed by `else`: to a plain command it is an argument. */
	if (!p->failed && (len = lex_word_here(p, "else", "("))) {
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
		if (lex_peek(p) == '\n' || !lex_peek(p)) {
			buf_addc(&p->word, ' ');
			quoted = false;
			p->pos += lex_peek(p) == '\n';
			if (p->pos == p->text->len && !lex_fetch(p)) {
				lex_fail(p, "the list of 'for' is not closed");
				return "";
			}
			continue;
		}
		char c = quoted ? p->text->data[p->pos++] : lex_take(p, &literal);
		if (c == '\n')
			continue;
		if (c == '"' && !literal)
			quoted = !quoted;
		if (c == ')' && !quoted && !literal)
			return lex_collected(p);
		buf_addc(&p->word, c);
	}
}

static void take_keyword(struct parser *p, const char *word, const char *also_after)
{
	lex_skip_blanks(p);
	size_t len = lex_word_here(p, word, also_after);
	if (!len)
		lex_unexpected(p);
	p->pos += len;
	lex_skip_blanks(p);
}

static void parse_for_head(struct parser *p, struct for_head *h)
{
	lex_skip_blanks(p);
	if (lex_peek(p) == '/') {
		const char *form = need_word(p);
		char c = (char)(form[0] == '/' ? form[1] | 0x20 : 0);
		if (!c || !strchr("lfdr", c) || form[2])
			lex_fail(p, "'%.40s' is not a form of 'for'", form);
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
		lex_fail(p, "'%.40s' is not a loop variable", w);
		return;
	}
	h->var = w[1];
	take_keyword(p, "in", "(");
	if (p->failed || lex_peek(p) != '(') {
		lex_unexpected(p);
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
		lex_fail(p, "more than %d levels of parentheses", (int)PARSE_DEPTH_MAX);
	lex_skip_blanks(p);
	while (lex_is_separator(lex_peek(p)) || lex_peek(p) == '@')
		quiet |= p->text->data[p->pos++] == '@';
	if (p->failed)
		n = node_new(p, NODE_COMMAND);
	else if (lex_peek(p) == '(')
		n = parse_block(p);
	else if (lex_word_here(p, "if", "/"))
		n = parse_if(p);
	else if (lex_word_here(p, "for", "/"))
		n = parse_for(p);
	else if (lex_word_here(p, "rem", ""))
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

	lex_skip_blanks(p);
	if (p->failed || lex_peek(p) != op[0] || (n == 2) != (lex_peek_at(p, 1) == op[0]))
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
		lex_skip_blanks(p);
		/* `a &` is fine, the others need a right side */
		if (level == NODE_SEQ && (lex_at_end(p) || (p->parens && lex_peek(p) == ')')))
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
	if (!lex_fetch(&p)) {
		*line = p.line;
		return p.failed ? PARSE_ERROR : PARSE_END;
	}
	while (lex_is_separator(lex_peek(&p)))
		p.pos++;
	if (lex_peek(&p) == ':') {
		skip_line(&p);
	} else if (!lex_at_end(&p) &&
	           lex_peek(&p) != ')') { /* cmd passes over a line that begins with `)` */
		*out = parse_list(&p, NODE_SEQ);
		lex_skip_blanks(&p);
		if (!lex_at_end(&p))
			lex_unexpected(&p);
		r = PARSE_NODE;
	}
	*line = p.line;
	buf_free(&p.word);
	return p.failed ? PARSE_ERROR : r;
}
