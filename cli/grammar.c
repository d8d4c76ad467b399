#include "cli/grammar.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/base/banned.h"

/* Everything that a word may mean at one level. */
struct choices {
	const char *word[GRAMMAR_CHILDREN];
	bool ours[GRAMMAR_CHILDREN]; /* Windows has nothing of that word */
	size_t n;
};

bool grammar_is_help(const char *word)
{
	return strcmp(word, "?") == 0 || strcmp(word, "/?") == 0 || strcmp(word, "-?") == 0 ||
	       str_caseeq(word, "help");
}

const char *path_context(const char *path)
{
	size_t n = strcspn(path, " ");

	for (const struct context *c = contexts; c->word; c++)
		if (strlen(c->word) == n && strncmp(c->word, path, n) == 0)
			return c->word;
	return "";
}

const char *path_inherited(const char *path)
{
	size_t n = strlen(path_context(path));

	return n > 0 && path[n] == ' ' ? path + n + 1 : NULL;
}

const char *cmd_name(const struct cmd *cmd)
{
	const char *inherited = path_inherited(cmd->path);

	return inherited ? inherited : cmd->path;
}

/* The part of `path` behind the n characters of `prefix` and a blank; NULL when it does not begin so. "" is in front of all. */
static const char *path_behind(const char *path, const char *prefix, size_t n)
{
	if (n == 0)
		return path;
	return strncmp(path, prefix, n) == 0 && path[n] == ' ' ? path + n + 1 : NULL;
}

/* The first n characters of `word`; copied when they are new. In the table those of one word mostly stand together. */
static void choices_add(struct choices *c, const char *word, size_t n, bool ours, struct arena *a)
{
	for (size_t i = c->n; i-- > 0;)
		if (c->word[i][0] == word[0] && strncmp(c->word[i], word, n) == 0 && c->word[i][n] == '\0') {
			c->ours[i] &= ours;
			return;
		}
	if (c->n < N_OF(c->word)) {
		c->ours[c->n] = ours;
		c->word[c->n++] = arena_strndup(a, word, n);
	}
}

static void add_children(struct choices *c, const char *path, enum dialect dialect, struct arena *a)
{
	size_t n = strlen(path);

	for (size_t i = 0; cmd_table[i]; i++) {
		const char *rest = path_behind(cmd_table[i]->path, path, n);
		if (rest && dialect_has(dialect, cmd_table[i]))
			choices_add(c, rest, strcspn(rest, " "), cmd_table[i]->flags & CMD_EXTENSION, a);
	}
	for (size_t i = 0; !*path && contexts[i].word; i++)
		choices_add(c, contexts[i].word, strlen(contexts[i].word), false, a);
}

size_t grammar_children(const char *path, enum dialect dialect, const char **out, size_t max, struct arena *a)
{
	struct choices c = {.n = 0};

	add_children(&c, path, dialect, a);
	if (c.n > max)
		c.n = max;
	memcpy(out, c.word, c.n * sizeof *out);
	return c.n;
}

const struct cmd *cmd_at(const char *path, enum dialect dialect, struct arena *a)
{
	for (size_t i = 0; cmd_table[i]; i++)
		if (strcmp(cmd_table[i]->path, path) == 0)
			return cmd_in_dialect(cmd_table[i], dialect, a);
	return NULL;
}

static bool is_context(const char *path)
{
	for (const struct context *c = contexts; c->word; c++)
		if (strcmp(c->word, path) == 0)
			return true;
	return !*path;
}

/* --- choosing among words ----------------------------------------------------------------------- */

static char *join_words(const struct choices *c, const char *only_prefix, struct arena *a)
{
	struct buf b = {0};
	char *text;

	for (size_t i = 0; i < c->n; i++)
		if (!only_prefix || str_is_prefix(only_prefix, c->word[i]))
			buf_printf(&b, "%s%s", b.len ? ", " : "", c->word[i]);
	text = arena_strdup(a, buf_text(&b));
	buf_free(&b);
	return text;
}

/*
 * Exact, else the only one of which it is a prefix, else the only one of these that Windows has: what was
 * enough there is enough here. 0: *out is the word or NULL; -1: ambiguous.
 */
static int choose(const struct choices *c, const char *word, struct arena *a, const char **out, struct err *e)
{
	const char *prefix = NULL, *theirs = NULL;
	size_t matches = 0, their_matches = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (str_caseeq(word, c->word[i])) {
			*out = c->word[i];
			return 0;
		}
		if (str_is_prefix(word, c->word[i])) {
			prefix = c->word[i];
			matches++;
			if (!c->ours[i]) {
				theirs = c->word[i];
				their_matches++;
			}
		}
	}
	*out = their_matches == 1 ? theirs : prefix;
	if (matches > 1 && their_matches != 1)
		return err_set(e, CMD_AMBIGUOUS, word, join_words(c, word, a));
	return 0;
}

/* Messages quote what was typed; a word of a megabyte would only push the reason out of sight. */
static const char *shown(const char *word, struct arena *a)
{
	enum { SHOWN_MAX = 100 };
	size_t n = strlen(word);

	if (n <= SHOWN_MAX)
		return word;
	for (n = SHOWN_MAX; n > 0 && ((unsigned char)word[n] & 0xC0) == 0x80;)
		n--; /* not in the middle of a character */
	return arena_printf(a, "%.*s...", (int)n, word);
}

static int unknown(const char *word, const struct choices *c, struct arena *a, struct err *e)
{
	const char *near = str_nearest(word, c->word, c->n);

	return err_set(e, CMD_UNKNOWN, shown(word, a),
	    near ? arena_printf(a, " (did you mean '%s'?)", near) : "");
}

/* --- walking ------------------------------------------------------------------------------------ */

static struct choices level_choices(const char *level, enum dialect dialect, struct arena *a)
{
	struct choices c = {.n = 0};

	add_children(&c, level, dialect, a);
	return c;
}

/*
 * A word at the path levels[0], which inherits from levels[1] when that is not NULL: its own words come
 * first, and an exact word anywhere before an abbreviation (grammar §1.2). *level becomes the path at which
 * it was found.
 */
static int find_word(const char *const levels[2], enum dialect dialect, const char *word, struct arena *a,
    const char **level, const char **found, struct err *e)
{
	size_t nlevels = levels[1] ? 2 : 1;
	struct choices c[2];

	for (size_t i = 0; i < nlevels; i++) {
		c[i] = level_choices(levels[i], dialect, a);
		for (size_t k = 0; k < c[i].n; k++)
			if (str_caseeq(word, c[i].word[k])) {
				*level = levels[i];
				*found = c[i].word[k];
				return 0;
			}
	}
	for (size_t i = 0; i < nlevels; i++) {
		if (choose(&c[i], word, a, found, e) < 0)
			return -1;
		*level = levels[i];
		if (*found)
			return 0;
	}
	for (size_t k = 0; nlevels == 2 && k < c[1].n; k++)
		choices_add(&c[0], c[1].word[k], strlen(c[1].word[k]), c[1].ours[k], a);
	return unknown(word, &c[0], a, e);
}

/* What may follow a group, for the message that something must. */
static int incomplete(const char *word, const char *path, enum dialect dialect, struct arena *a, struct err *e)
{
	struct choices c = level_choices(path, dialect, a);

	if (path_inherited(path))
		add_children(&c, path_inherited(path), dialect, a);
	return err_set(e, CMD_INCOMPLETE, word, join_words(&c, NULL, a));
}

/*
 * Does the last word behind a command ask for help? Behind tags "help" may be a word like others, and what
 * follows a '=' is a value.
 */
static bool asks_for_help(const struct words *rest)
{
	const char *last, *before;

	if (rest->n == 0)
		return false;
	last = rest->v[rest->n - 1].text;
	if (rest->n == 1 || !grammar_is_help(last))
		return grammar_is_help(last);
	before = rest->v[rest->n - 2].text;
	return !str_caseeq(last, "help") && (!*before || before[strlen(before) - 1] != '=');
}

static char *path_join(const char *path, const char *word, struct arena *a)
{
	return *path ? arena_printf(a, "%s %s", path, word) : arena_strdup(a, word);
}

static struct resolved command(const struct cmd *cmd, const char *path, struct words rest)
{
	bool help = asks_for_help(&rest);

	rest.n -= help;
	return (struct resolved){
		.kind = help ? RESOLVED_HELP : RESOLVED_CMD, .cmd = cmd, .path = path, .rest = rest};
}

/* From the path of a context or group, with words w[at...], to the command. */
static int descend(const char *path, enum dialect dialect, const struct words *w, size_t at, struct arena *a,
    struct resolved *out, struct err *e)
{
	for (;; at++) {
		const struct cmd *cmd = cmd_at(path, dialect, a);
		const char *const levels[2] = {path, path_inherited(path)};
		const char *level, *found;

		if (cmd) {
			*out = command(cmd, path, words_after(w, at));
			return 0;
		}
		if (at + 1 == w->n && grammar_is_help(w->v[at].text)) {
			*out = (struct resolved){.kind = RESOLVED_HELP, .path = path};
			return 0;
		}
		if (at == w->n && is_context(path)) {
			*out = (struct resolved){.kind = RESOLVED_CONTEXT, .path = path};
			return 0;
		}
		if (at == w->n)
			return incomplete(w->v[at - 1].text, path, dialect, a, e);
		if (find_word(levels, dialect, w->v[at].text, a, &level, &found, e) < 0)
			return -1;
		path = path_join(level, found, a);
	}
}

/*
 * Words in front of a pasted Windows line: how many they are.
 */
static size_t leading_words(const struct words *w)
{
	size_t n = 0;

	if (n < w->n && (str_caseeq(w->v[n].text, "netsh") || str_caseeq(w->v[n].text, "netsh.exe")))
		n++;
	if (n < w->n && str_caseeq(w->v[n].text, "ipsec"))
		n++;
	return n;
}

int grammar_resolve(const char *context, enum dialect dialect, const struct words *w, struct arena *a,
    struct resolved *out, struct err *e)
{
	size_t lead = leading_words(w);
	const char *here = lead ? "" : context, *level, *found;
	const char *const levels[2] = {here, *here ? "" : NULL};

	if (w->n == 0) {
		*out = (struct resolved){.kind = RESOLVED_NOTHING};
		return 0;
	}
	if (lead == w->n) {
		*out = (struct resolved){.kind = RESOLVED_CONTEXT, .path = ""};
		return 0;
	}
	if (grammar_is_help(w->v[lead].text) && lead + 1 == w->n) {
		*out = (struct resolved){.kind = RESOLVED_HELP, .path = here};
		return 0;
	}
	if (find_word(levels, dialect, w->v[lead].text, a, &level, &found, e) < 0)
		return -1;
	return descend(path_join(level, found, a), dialect, w, lead + 1, a, out, e);
}
