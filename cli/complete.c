#include "cli/complete.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/base/banned.h"

/* The word under the cursor, and what was found for it. */
struct hunt {
	const struct complete_names *names;
	struct arena *a;
	const char *typed; /* the word, or the value in it, without quotes */
	bool quoted;       /* it holds a quote; otherwise one is used where it must be */
	bool inside;       /* a quote before it is open: `"name=x` */
	bool needs_quotes; /* a candidate does */
	struct completion *out;
	size_t cap;
};

/* A word of the line, as it was typed. */
struct cursor {
	const char *context;
	struct words done; /* complete words before it */
	const char *raw;   /* NUL-terminated */
	size_t at;         /* where it begins in the line */
};

static bool begins(const char *word, const char *full)
{
	return !*word || str_is_prefix(word, full);
}

/* --- candidates --------------------------------------------------------------------------------- */

static bool is_there(const struct completion *c, const char *shown)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].shown, shown) == 0)
			return true;
	return false;
}

static void add(struct hunt *h, struct candidate c)
{
	struct completion *o = h->out;

	if (o->n == COMPLETE_MAX)
		return;
	if (o->n == h->cap) {
		struct candidate *v = arena_array(h->a, h->cap ? 2 * h->cap : 16, sizeof *v);
		if (o->n)
			memcpy(v, o->v, o->n * sizeof *v);
		o->v = v;
		h->cap = h->cap ? 2 * h->cap : 16;
	}
	o->v[o->n++] = c;
}

/* A word of the language: never quoted, once. */
static void offer_word(struct hunt *h, const char *word, const char *brief)
{
	const char *text = h->inside ? arena_printf(h->a, "%s\"", word) : word;

	if (begins(h->typed, word) && !is_there(h->out, word))
		add(h, (struct candidate){.text = text, .shown = word, .brief = brief});
}

static void offer_tag(struct hunt *h, const struct tag *t)
{
	const char *text = arena_printf(h->a, "%s=", t->name);

	if (begins(h->typed, text))
		add(h, (struct candidate){.text = text, .shown = text, .brief = t->help, .open = true});
}

/* Can the words of a line say it at all? No quote can be quoted, and control characters are refused. */
static bool can_be_typed(const char *name)
{
	return !strpbrk(name, "\"\t") && name[str_plain(name, strlen(name))] == '\0';
}

/* Would a word without its tag be taken for something else than that name? */
static bool needs_tag(const struct cmd *cmd, int position, const char *name)
{
	if (strchr(name, '=') || grammar_is_help(name))
		return true;
	for (int i = position + 1; i < (int)cmd->ntags && cmd->tags[i].flags & TAG_ALT; i++)
		if (cmd->tags[i].flags & TAG_KEYWORD && str_caseeq(name, cmd->tags[i].name))
			return true;
	return false;
}

/* Text that the user chose. `lead` is what must stand in front: "" or "tag=". */
static void offer_name(struct hunt *h, const char *lead, const char *name, bool open)
{
	if (!can_be_typed(name))
		return;
	if (strpbrk(name, " \t"))
		h->needs_quotes = true;
	add(h, (struct candidate){.text = lead, .shown = name, .open = open});
}

/* Quotes around all names when one needs them: so they still begin alike. */
static void finish_names(struct hunt *h, size_t from)
{
	bool quote = h->quoted || (h->needs_quotes && !h->inside);

	for (size_t i = from; i < h->out->n; i++) {
		struct candidate *c = &h->out->v[i];
		const char *lead = c->text, *name = c->shown;
		c->text = arena_printf(h->a, "%s%s%s%s", lead, quote ? "\"" : "", name,
		    (quote || h->inside) && !c->open ? "\"" : "");
		c->shown = arena_printf(h->a, "%s%s", lead, name);
	}
}

/* --- values ------------------------------------------------------------------------------------- */

/* Behind a command of the shell there is no tag: `cmd` is NULL. */
static void offer_objects(struct hunt *h, enum object_kind kind, const struct cmd *cmd, int tag, bool tagged,
    const char *policy)
{
	size_t from = h->out->n, n;
	const char **v;

	if (kind == OBJECT_NONE)
		return;
	n = h->names->list(h->names->ctx, kind, policy, h->typed, COMPLETE_MAX, h->a, &v);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(v[i]);
		bool bare = !cmd || tagged || !needs_tag(cmd, cmd_position(cmd, tag), v[i]);
		bool folder = kind == OBJECT_FILE && len > 0 && v[i][len - 1] == '/';
		offer_name(h, bare ? "" : arena_printf(h->a, "%s=", cmd->tags[tag].name), v[i], folder);
	}
	finish_names(h, from);
}

static void offer_values(struct hunt *h, const struct cmd *cmd, int tag, bool tagged, const char *policy)
{
	const struct tag *t = &cmd->tags[tag];
	int lead = cmd_position(cmd, tag);

	for (const struct enum_name *w = t->type->names; w && w->name; w++)
		offer_word(h, w->name, NULL);
	for (int i = lead + 1; tag == lead && i < (int)cmd->ntags && cmd->tags[i].flags & TAG_ALT; i++)
		if (cmd->tags[i].flags & TAG_KEYWORD && (!tagged || cmd->tags[i].flags & TAG_RESERVED))
			offer_word(h, cmd->tags[i].name, cmd->tags[i].help);
	offer_objects(h, t->type->object, cmd, tag, tagged, policy);
}

/* --- arguments ---------------------------------------------------------------------------------- */

/* What the arguments before the cursor took, bound as grammar_bind() would. */
struct taken {
	int tag[GRAMMAR_TAGS]; /* by position: the tag that took it, or -1 */
	const char *policy;    /* that they name */
};

static void take(struct taken *t, const struct cmd *cmd, int tag, const char *value)
{
	t->tag[cmd_position(cmd, tag)] = tag;
	if (cmd->tags[tag].type->object == OBJECT_POLICY && *value)
		t->policy = value;
}

static int free_position(const struct taken *t, const struct cmd *cmd)
{
	for (int i = 0; i < (int)cmd->ntags; i++)
		if (!(cmd->tags[i].flags & TAG_TAKES_NO_WORD) && t->tag[i] < 0)
			return i;
	return -1;
}

static struct taken what_is_taken(const struct cmd *cmd, const struct arg *v, size_t n)
{
	struct taken t = {.policy = NULL};

	for (size_t i = 0; i < N_OF(t.tag); i++)
		t.tag[i] = -1;
	for (size_t i = 0; i < n; i++) {
		int tag = v[i].tag ? cmd_find_tag(cmd, v[i].tag) : -1;
		if (tag >= 0)
			take(&t, cmd, tag, v[i].value);
	}
	for (size_t i = 0; i < n; i++) {
		int tag = v[i].tag ? -1 : free_position(&t, cmd);
		if (tag >= 0)
			take(&t, cmd, tag, v[i].value);
	}
	return t;
}

/* Tags whose position is free, and those that may be repeated. */
static void offer_tags(struct hunt *h, const struct cmd *cmd, const struct taken *t)
{
	for (int i = 0; i < (int)cmd->ntags; i++) {
		int by = t->tag[cmd_position(cmd, i)];
		bool again = by == i && cmd->tags[i].flags & TAG_REPEAT;
		if (!(cmd->tags[i].flags & (TAG_KEYWORD | TAG_NAMED)) && (by < 0 || again))
			offer_tag(h, &cmd->tags[i]);
	}
}

/* Narrows the hunt to the value in the word: what stands behind its first '='. */
static void hunt_value(struct hunt *h, const struct cursor *c, const char *value, bool behind_eq)
{
	size_t skip = behind_eq ? (size_t)(strchr(c->raw, '=') - c->raw) + 1 : 0;

	h->typed = value;
	for (size_t i = 0; i < skip; i++)
		h->inside ^= c->raw[i] == '"';
	h->quoted = strchr(c->raw + skip, '"') != NULL && !h->inside;
	h->out->start = c->at + skip;
}

/* `done`: the arguments before the word under the cursor. */
static void complete_args(struct hunt *h, const struct cursor *c, const struct cmd *cmd, const struct words *done)
{
	struct words all = {.v = arena_array(h->a, done->n + 1, sizeof *all.v), .n = done->n + 1};
	const char *word = h->typed;
	struct args args;
	struct taken taken;
	const struct arg *last;
	int tag;

	if (done->n)
		memcpy(all.v, done->v, done->n * sizeof *all.v);
	all.v[done->n] = (struct word){.text = word};
	args = words_join(&all, h->a);
	last = &args.v[args.n - 1];
	taken = what_is_taken(cmd, args.v, args.n - 1);
	if (last->tag && last->value >= word && last->value <= word + strlen(word)) {
		tag = cmd_find_tag(cmd, last->tag);
		hunt_value(h, c, last->value, last->value > word);
		if (tag >= 0)
			offer_values(h, cmd, tag, true, taken.policy);
		return;
	}
	hunt_value(h, c, word, false);
	tag = free_position(&taken, cmd);
	if (tag >= 0)
		offer_values(h, cmd, tag, false, taken.policy);
	if (!h->quoted)
		offer_tags(h, cmd, &taken);
}

/* --- commands ----------------------------------------------------------------------------------- */

static const char *brief_of(const struct hunt *h, const char *path)
{
	const struct cmd *cmd = cmd_at(path, h->names->dialect, h->a);

	for (const struct context *x = contexts; x->word; x++)
		if (strcmp(x->word, path) == 0)
			return x->brief;
	return cmd ? cmd->brief : NULL;
}

static void offer_children(struct hunt *h, const char *path)
{
	const char *words[GRAMMAR_CHILDREN];
	size_t n = grammar_children(path, h->names->dialect, words, N_OF(words), h->a);

	for (size_t i = 0; i < n; i++)
		if (begins(h->typed, words[i]))
			offer_word(h, words[i],
			    brief_of(h, *path ? arena_printf(h->a, "%s %s", path, words[i]) : words[i]));
}

/* The first word of a command: also those of the top (grammar §1.2). */
static void offer_first_words(struct hunt *h, const char *context)
{
	if (*context)
		offer_children(h, context);
	offer_children(h, "");
	/* Nobody needs them here, but they are typed from habit. */
	if (*h->typed) {
		offer_word(h, "netsh", "Stands in front of commands on Windows; not needed here.");
		offer_word(h, "ipsec", "Stands in front of commands on Windows; not needed here.");
	}
}

/* Behind a command that takes words as they are there are no tags: what its first word names. */
static void complete_words(struct hunt *h, const struct cursor *c, const struct cmd *cmd, const struct words *done)
{
	enum object_kind takes = cmd->ntags ? cmd->tags[0].type->object : OBJECT_NONE;
	bool path = takes == OBJECT_CONTEXT && done->n == 1 && str_caseeq(done->v[0].text, "ipsec");

	if (done->n > 0 && !path)
		return;
	hunt_value(h, c, h->typed, false);
	if (takes != OBJECT_CONTEXT)
		offer_objects(h, takes, NULL, -1, false, NULL);
	for (const struct context *x = contexts; x->word && takes == OBJECT_CONTEXT; x++)
		offer_word(h, x->word, x->brief);
}

/*
 * With a "?" in place of the word under the cursor, resolving tells how far the line has got: to a list
 * of words (help), or to a command with arguments.
 */
static void complete_word(struct hunt *h, const struct cursor *c)
{
	struct words asked = {.v = arena_array(h->a, c->done.n + 1, sizeof *asked.v), .n = c->done.n + 1};
	struct resolved r = {0};
	struct err e = {0};

	if (c->done.n == 0) {
		offer_first_words(h, c->context);
		return;
	}
	memcpy(asked.v, c->done.v, c->done.n * sizeof *asked.v);
	asked.v[c->done.n] = (struct word){.text = "?"};
	if (grammar_resolve(c->context, h->names->dialect, &asked, h->a, &r, &e) < 0)
		return;
	if (r.kind == RESOLVED_CMD)
		r.rest.n--; /* the "?" was taken for a value */
	if (r.cmd && r.cmd->flags & CMD_WORDS) {
		complete_words(h, c, r.cmd, &r.rest);
	} else if (r.cmd) {
		complete_args(h, c, r.cmd, &r.rest);
	} else if (r.kind == RESOLVED_HELP && *r.path) {
		offer_children(h, r.path);
		if (path_inherited(r.path))
			offer_children(h, path_inherited(r.path));
	} else if (r.kind == RESOLVED_HELP) {
		offer_first_words(h, "");
	}
}

/* Where the word under the cursor begins: behind the last blank outside quotes. */
static size_t word_start(const char *line, size_t n)
{
	size_t start = 0;
	bool quoted = false;

	for (size_t i = 0; i < n; i++) {
		if (line[i] == '"')
			quoted = !quoted;
		else if (!quoted && (line[i] == ' ' || line[i] == '\t'))
			start = i + 1;
	}
	return start;
}

void complete(const char *context, const char *line, size_t n, const struct complete_names *names,
    struct arena *a, struct completion *out)
{
	struct hunt h = {.names = names, .a = a, .out = out, .typed = ""};
	struct cursor c = {.context = context};
	struct words word = {0};
	struct err e = {0};
	size_t skip = 0; /* earlier lines */

	*out = (struct completion){.start = n};
	for (size_t i = 0; i < n; i++)
		if (line[i] == '\n' || line[i] == '\r')
			skip = i + 1;
	line += skip;
	n -= skip;
	c.at = skip + word_start(line, n);
	if (words_from_line(line, c.at - skip, a, &c.done, &e) < 0 ||
	    words_from_line(line + (c.at - skip), n - (c.at - skip), a, &word, &e) < 0)
		return;
	c.raw = arena_strndup(a, line + (c.at - skip), n - (c.at - skip));
	if (word.n)
		h.typed = word.v[0].text;
	out->start = c.at;
	complete_word(&h, &c);
}

/* --- what becomes of them ----------------------------------------------------------------------- */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* How many bytes two texts begin alike, but for case and without a part of a character. */
static size_t common_length(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && lower(a[n]) == lower(b[n]))
		n++;
	while (n > 0 && ((unsigned char)a[n] & 0xC0) == 0x80)
		n--;
	return n;
}

const char *completion_common(const struct completion *c, const char *typed, struct arena *a)
{
	size_t n;

	if (c->n == 0)
		return NULL;
	if (c->n == 1)
		return c->v[0].open ? c->v[0].text : arena_printf(a, "%s ", c->v[0].text);
	n = strlen(c->v[0].text);
	for (size_t i = 1; i < c->n; i++) {
		size_t alike = common_length(c->v[0].text, c->v[i].text);
		if (alike < n)
			n = alike;
	}
	if (n < strlen(typed) || (n == strlen(typed) && common_length(c->v[0].text, typed) == n))
		return NULL;
	return arena_strndup(a, c->v[0].text, n);
}

/* Columns that a text takes; every character counts as one. */
static size_t columns(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xC0) != 0x80;
	return n;
}

/* At most `width` columns of it. */
static void add_cut(struct buf *out, const char *text, size_t width)
{
	size_t n = 0;

	for (; text[n]; n++)
		if (((unsigned char)text[n] & 0xC0) != 0x80 && width-- == 0)
			break;
	buf_add(out, text, n);
}

static void add_padding(struct buf *out, size_t used, size_t width)
{
	for (; used < width; used++)
		buf_addc(out, ' ');
}

static void print_briefs(const struct completion *c, size_t field, size_t width, struct buf *out)
{
	for (size_t i = 0; i < c->n; i++) {
		const char *shown = c->v[i].shown, *brief = c->v[i].brief;
		add_cut(out, shown, width);
		if (brief && width > field + 2) {
			add_padding(out, columns(shown), field + 2);
			add_cut(out, brief, width - field - 2);
		}
		buf_addc(out, '\n');
	}
}

/* Down the columns, as ls does. */
static void print_names(const struct completion *c, size_t field, size_t width, struct buf *out)
{
	size_t across = width / (field + 2) ? width / (field + 2) : 1;
	size_t down = (c->n + across - 1) / across;

	for (size_t row = 0; row < down; row++) {
		for (size_t i = row; i < c->n; i += down) {
			add_cut(out, c->v[i].shown, width);
			if (i + down < c->n)
				add_padding(out, columns(c->v[i].shown), field + 2);
		}
		buf_addc(out, '\n');
	}
}

void completion_print(const struct completion *c, size_t width, struct buf *out)
{
	size_t field = 0;
	bool briefs = false;

	for (size_t i = 0; i < c->n; i++) {
		size_t n = columns(c->v[i].shown);
		field = n > field ? n : field;
		briefs |= c->v[i].brief != NULL;
	}
	if (briefs)
		print_briefs(c, field, width, out);
	else
		print_names(c, field, width, out);
	if (c->n == COMPLETE_MAX)
		buf_adds(out, "...\n");
}
