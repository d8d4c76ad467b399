/* Words, carets, quotes and redirections: what the parser reads with. */
#include "cli/bat/lex.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/banned.h"

/* ---- errors and lines ---- */

void lex_fail(struct parser *p, const char *fmt, ...)
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
char lex_peek(const struct parser *p)
{
	return p->pos < p->text->len ? p->text->data[p->pos] : '\0';
}

char lex_peek_at(const struct parser *p, size_t more)
{
	return p->pos + more < p->text->len ? p->text->data[p->pos + more] : '\0';
}

bool lex_at_end(const struct parser *p)
{
	return p->failed || lex_peek(p) == '\0' || lex_peek(p) == '\n';
}

bool lex_fetch(struct parser *p)
{
	if (p->failed)
		return false;
	if (p->text->len > PARSE_BYTES_MAX) {
		lex_fail(p, "this statement is too long");
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
bool lex_is_separator(char c)
{
	return is_blank(c) || c == ',' || c == ';' || c == '=';
}

void lex_skip_blanks(struct parser *p)
{
	for (;;) {
		while (is_blank(lex_peek(p)))
			p->pos++;
		/* A caret at the end of a line between words. */
		if (lex_peek(p) != '^' || lex_peek_at(p, 1) != '\n' || p->pos + 2 < p->text->len)
			return;
		p->pos += 2;
		if (!lex_fetch(p))
			return;
	}
}

void lex_unexpected(struct parser *p)
{
	size_t n = 0;

	lex_skip_blanks(p);
	while (!is_blank(lex_peek_at(p, n)) && lex_peek_at(p, n) != '\n' && lex_peek_at(p, n) &&
	       n < 64)
		n++;
	if (n)
		lex_fail(p, "'%.*s' is not expected here", (int)n, p->text->data + p->pos);
	else
		lex_fail(p, "the command is not complete");
}

/* ---- words ---- */

/*
 * Takes one byte, resolving a caret; *literal says that it lost its special meaning. '\n' (not
 * taken) at the end. After a caret at the line end, the first byte of the next line is literal
 * (unless that line is empty).
 */
char lex_take(struct parser *p, bool *literal)
{
	*literal = false;
	if (lex_at_end(p))
		return '\n';
	char c = p->text->data[p->pos];
	if (c != '^') {
		p->pos++;
		return c;
	}
	p->pos++;
	if (lex_peek(p) == '\n') {
		size_t before = p->pos++;
		if (p->pos == p->text->len && !lex_fetch(p)) {
			p->pos = before;
			return '\n';
		}
	}
	if (lex_at_end(p))
		return '\n';
	*literal = true;
	return p->text->data[p->pos++];
}

/* Is `word` here, followed by a separator or the end? Returns its length, else 0. Nothing is taken.
 */
size_t lex_word_here(const struct parser *p, const char *word, const char *also_after)
{
	size_t n = strlen(word);

	if (p->pos + n > p->text->len || strncasecmp(p->text->data + p->pos, word, n) != 0)
		return 0;
	char after = lex_peek_at(p, n);
	bool ends = !after || after == '\n' || lex_is_separator(after) || strchr(also_after, after);
	return ends ? n : 0;
}

bool lex_is_special(const struct parser *p, char c)
{
	return c == '&' || c == '|' || c == '<' || c == '>' || (c == ')' && p->parens);
}

char *lex_collected(struct parser *p)
{
	char *s = arena_strndup(p->a, buf_text(&p->word), p->word.len);

	buf_clear(&p->word);
	return s;
}

/* One word up to a separator, quotes kept. NULL (and no error yet) when there is none. */
char *lex_word(struct parser *p)
{
	bool quoted = false, any = false;
	unsigned open = 0;

	lex_skip_blanks(p);
	buf_clear(&p->word);
	while (!lex_at_end(p)) {
		bool literal = false;
		char c = lex_peek(p);
		if (!quoted &&
		    (lex_is_separator(c) || (lex_is_special(p, c) && !(c == ')' && open))))
			break;
		if (quoted)
			p->pos++;
		else
			c = lex_take(p, &literal);
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
	return any ? lex_collected(p) : NULL;
}

/* ---- redirections ---- */

bool lex_redirect_here(const struct parser *p)
{
	char c = lex_peek(p);

	return c == '>' || c == '<' ||
	       (c >= '0' && c <= '9' && (lex_peek_at(p, 1) == '>' || lex_peek_at(p, 1) == '<'));
}

/* At [digit] < or >. */
void lex_redirect(struct parser *p, struct redirect ***tail)
{
	struct redirect *r = arena_alloc(p->a, sizeof *r);
	int fd = lex_peek(p) >= '0' && lex_peek(p) <= '9' ? p->text->data[p->pos++] - '0' : -1;

	r->kind = p->text->data[p->pos++] == '<' ? REDIRECT_IN : REDIRECT_OUT;
	r->fd = fd >= 0 ? fd : r->kind != REDIRECT_IN;
	if (r->kind == REDIRECT_OUT && lex_peek(p) == '>') {
		r->kind = REDIRECT_APPEND;
		p->pos++;
	}
	if (lex_peek(p) == '&' && lex_peek_at(p, 1) >= '0' && lex_peek_at(p, 1) <= '9') {
		r->kind = REDIRECT_DUP;
		r->from = lex_peek_at(p, 1) - '0';
		p->pos += 2;
	} else {
		while (lex_is_separator(lex_peek(p)))
			p->pos++;
		r->target = lex_word(p);
		if (!r->target)
			lex_unexpected(p);
	}
	**tail = r;
	*tail = &r->next;
}
