#include "cli/manual.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/grammar.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

enum { PAGE_COLUMNS = 78 };

/* --- mdoc --------------------------------------------------------------------------------------- */

static void mdoc_char(struct buf *b, char c)
{
	if (c == '\\')
		buf_adds(b, "\\e");
	else
		buf_addc(b, c);
}

/* Prose: filled to the page's width, a sentence ends its line, no line begins with a control character. */
static void mdoc_prose(struct buf *b, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t n = strcspn(text, " ");
		if (column && column + 1 + n > PAGE_COLUMNS) {
			buf_addc(b, '\n');
			column = 0;
		} else if (column) {
			buf_addc(b, ' ');
			column++;
		}
		if (column == 0 && (*text == '.' || *text == '\''))
			buf_adds(b, "\\&");
		for (size_t i = 0; i < n; i++)
			mdoc_char(b, text[i]);
		column += n;
		if (n && strchr(".?", text[n - 1]) && isupper((unsigned char)text[n + (text[n] == ' ')])) {
			buf_addc(b, '\n');
			column = 0;
		}
		text += n + (text[n] == ' ');
	}
	if (column)
		buf_addc(b, '\n');
}

/* One argument of a macro. */
static void mdoc_argument(struct buf *b, const char *text)
{
	buf_addc(b, '"');
	for (; *text; text++) {
		if (*text == '"')
			buf_adds(b, "\\(dq");
		else
			mdoc_char(b, *text);
	}
	buf_addc(b, '"');
}

static void mdoc_literal(struct buf *b, const char *text)
{
	buf_adds(b, ".Bd -literal -offset indent -compact\n");
	if (*text == '.' || *text == '\'')
		buf_adds(b, "\\&");
	for (; *text; text++)
		mdoc_char(b, *text);
	buf_adds(b, "\n.Ed\n");
}

static void tag_item(const struct cmd *cmd, size_t i, struct buf *b)
{
	const struct tag *t = &cmd->tags[i];
	bool first_of_several = i + 1 < cmd->ntags && cmd->tags[i + 1].flags & TAG_ALT;
	struct buf text = {0};

	buf_printf(b, ".It Cm %s", t->name);
	if (!(t->flags & TAG_KEYWORD)) {
		buf_printf(&text, "=%s", t->type->usage);
		buf_adds(b, " Ns No ");
		mdoc_argument(b, buf_text(&text));
	}
	buf_addc(b, '\n');
	buf_clear(&text);
	buf_adds(&text, t->help);
	if (t->flags & TAG_REQUIRED)
		buf_adds(&text, first_of_several ? " This or one of the next must be given." : " Must be given.");
	if (t->dflt && *t->dflt)
		buf_printf(&text, " The default is %s.", t->dflt);
	if (t->windows_dflt)
		buf_printf(&text, " In the windows dialect it is %s.", t->windows_dflt);
	if (t->flags & TAG_EXTENSION)
		buf_adds(&text, " Not in the windows dialect.");
	else if (t->type && t->type->windows)
		buf_printf(&text, " In the windows dialect %s.", t->type->windows->usage);
	mdoc_prose(b, buf_text(&text));
	buf_free(&text);
}

static void mdoc_command(const struct cmd *cmd, struct buf *b)
{
	buf_printf(b, ".Ss %s\n", cmd_name(cmd));
	mdoc_prose(b, cmd->brief);
	if (cmd->ntags) {
		buf_adds(b, ".Pp\n.Bl -tag -width Ds -compact\n");
		for (size_t i = 0; i < cmd->ntags; i++)
			tag_item(cmd, i, b);
		buf_adds(b, ".El\n");
	}
	buf_adds(b, ".Pp\n");
	mdoc_literal(b, cmd->example);
}

/* Does `path` begin with the words of `pattern`? */
static bool matches(const char *path, const char *pattern)
{
	for (;;) {
		size_t p = strcspn(path, " "), w = strcspn(pattern, " ");
		if (!(w == 1 && *pattern == '*') && (p != w || strncmp(path, pattern, p) != 0))
			return false;
		if (!pattern[w])
			return true;
		if (!path[p])
			return false;
		path += p + 1, pattern += w + 1;
	}
}

size_t manual_commands(const char *path, struct buf *out)
{
	bool everywhere = strcmp(path, "shell") == 0;
	size_t n = 0;

	for (size_t i = 0; cmd_table[i]; i++) {
		const char *at = cmd_table[i]->path;
		if (everywhere ? *path_context(at) != '\0' : !matches(at, path))
			continue;
		mdoc_command(cmd_table[i], out);
		n++;
	}
	return n;
}

/* --- messages ----------------------------------------------------------------------------------- */

struct message {
	enum msg_id id;
	int number;
	const char *kind, *text;
};

static int by_number(const void *a, const void *b)
{
	const struct message *x = a, *y = b;

	return x->number != y->number ? x->number - y->number : strcmp(x->text, y->text);
}

/* A message's text with an ellipsis for each piece that is filled in. */
static void markdown_text(struct buf *b, const char *text)
{
	bool filled = false;

	while (*text) {
		if (*text == '%') {
			if (!filled)
				buf_adds(b, "…");
			filled = true;
			text += 1 + strspn(text + 1, "0123456789lz");
			text += *text != '\0';
			continue;
		}
		filled = false;
		if (*text == '|' || *text == '<' || *text == '*')
			buf_addc(b, '\\');
		buf_addc(b, *text++);
	}
}

void manual_errors(struct buf *out)
{
	struct message rows[] = {
#define M(id, number, kind, text) {id, number, #kind, text},
		MESSAGES(M)
#undef M
	};

	qsort(rows, N_OF(rows), sizeof *rows, by_number);
	buf_adds(out, "| number | kind | text |\n| --- | --- | --- |\n");
	for (size_t i = 0; i < N_OF(rows); i++) {
		const struct err e = {.id = rows[i].id};
		buf_printf(out, "| `%s[%05d]` | %s | ", err_is_win32(&e) ? "Win32" : "IPsec", rows[i].number, rows[i].kind);
		markdown_text(out, rows[i].text);
		buf_adds(out, " |\n");
	}
}

/* --- pages -------------------------------------------------------------------------------------- */

/* What a mark's line says after `word`, or NULL when it is no such mark. Writes the text into `name`. */
static bool is_mark(const char *line, size_t n, const char *word, struct buf *name)
{
	static const char *const openers[] = {".\\\" ", "<!-- "};
	const char *end = line + n;

	buf_clear(name);
	for (size_t i = 0; i < N_OF(openers); i++) {
		size_t lead = strlen(openers[i]), w = strlen(word);
		if (n < lead + w || strncmp(line, openers[i], lead) != 0 || strncmp(line + lead, word, w) != 0)
			continue;
		line += lead + w;
		if (line < end && *line != ' ')
			return false;
		if (end - line >= 4 && strncmp(end - 4, " -->", 4) == 0)
			end -= 4;
		if (line < end)
			buf_add(name, line + 1, (size_t)(end - line) - 1);
		return true;
	}
	return false;
}

static bool table(const char *name, struct buf *out)
{
	if (strcmp(name, "errors") == 0) {
		manual_errors(out);
		return true;
	}
	return manual_commands(name, out) > 0;
}

static bool complain(struct buf *out, struct buf *name, const char *why)
{
	struct buf text = {0};

	buf_printf(&text, "'%s' %s", buf_text(name), why);
	buf_free(out);
	*out = text;
	buf_free(name);
	return false;
}

bool manual_refresh(const char *page, struct buf *out)
{
	struct buf name = {0}, ignored = {0};
	bool inside = false;

	buf_clear(out);
	while (*page) {
		size_t n = strcspn(page, "\n"), all = n + (page[n] == '\n');
		if (inside && is_mark(page, n, "end", &ignored))
			inside = false;
		if (!inside)
			buf_add(out, page, all);
		if (!inside && is_mark(page, n, "begin", &name)) {
			inside = true;
			if (!table(buf_text(&name), out))
				return complain(out, &name, "names no command");
		}
		page += all;
	}
	if (inside)
		return complain(out, &name, "has no end");
	buf_free(&name);
	buf_free(&ignored);
	return true;
}
