/* Completion without a terminal: a line, '|' is the cursor, and what it offers. */
#include "cli/complete.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "tests/unit/tap.h"
#include "common/base/banned.h"

static struct arena arena;
static const char *context = "";

/* What the store and the folder hold, as far as these tests know. */
static const struct {
	enum object_kind kind;
	const char *policy, *name;
} known[] = {
	{OBJECT_POLICY, NULL, "AD Trusts"}, {OBJECT_POLICY, NULL, "AD Users"}, {OBJECT_POLICY, NULL, "Base"},
	{OBJECT_RULE, "AD Trusts", "ping"}, {OBJECT_RULE, "Base", "default"}, {OBJECT_RULE, "Base", "web"},
	{OBJECT_FILTERLIST, NULL, "=x"}, {OBJECT_FILTERLIST, NULL, "?"}, {OBJECT_FILTERLIST, NULL, "L1"},
	{OBJECT_FILTERLIST, NULL, "a=b"}, {OBJECT_FILTERLIST, NULL, "say \"hi\""},
	{OBJECT_FILTERLIST, NULL, "two\nlines"},
	{OBJECT_FILTERACTION, NULL, "gr\xC3\xBC" "n"}, {OBJECT_FILTERACTION, NULL, "gr\xC3\xB6" "n"},
};

static size_t list(void *ctx, enum object_kind kind, const char *policy, const char *prefix, size_t max,
    struct arena *a, const char ***out)
{
	const char **v = arena_array(a, N_OF(known), sizeof *v);
	size_t n = 0;

	(void)ctx;
	for (size_t i = 0; i < N_OF(known) && n < max; i++)
		if (known[i].kind == kind && (!*prefix || str_is_prefix(prefix, known[i].name)) &&
		    (kind != OBJECT_RULE || !policy || str_caseeq(policy, known[i].policy)))
			v[n++] = known[i].name;
	*out = v;
	return n;
}

static struct completion of(const char *line)
{
	static const struct complete_names names = {.list = list};
	struct completion c;

	complete(context, line, strlen(line), &names, &arena, &c);
	return c;
}

/* "add|delete|set": what a list would show. */
static const char *offers(const char *line)
{
	struct completion c = of(line);
	const char *text = "";

	for (size_t i = 0; i < c.n; i++)
		text = arena_printf(&arena, "%s%s%s", text, i ? "|" : "", c.v[i].shown);
	return text;
}

/* The line after the key, or "none". */
static const char *becomes(const char *line)
{
	struct completion c = of(line);
	const char *common = completion_common(&c, line + c.start, &arena);

	return common ? arena_printf(&arena, "%.*s%s", (int)c.start, line, common) : "none";
}

/* --- words -------------------------------------------------------------------------------------- */

static void words_of_commands(void)
{
	context = "";
	is_str(becomes("st"), "static ");
	is_str(becomes("ST"), "static ");
	is_str(offers("static "), "add|delete|dump|exportpolicy|importpolicy|restorepolicyexamples|explain|set|show");
	is_str(becomes("static a"), "static add ");
	is_str(becomes("netsh ipsec static a"), "netsh ipsec static add ");
	is_str(offers("static add "), "filter|filteraction|filterlist|policy|rule|helper");
	is_str(offers("set "), "file|machine|mode");
	is_str(offers("set file mode="), "open|append|close");
	is_str(offers("alias x "), "");
	is_str(offers("static add filter"), "filter|filteraction|filterlist");
	is_str(becomes("static add f"), "static add filter");
	is_str(becomes("static add filter"), "none");
	is_str(becomes("static add filterl"), "static add filterlist ");
	is_str(becomes("st ad filterl"), "st ad filterlist ");
	is_str(becomes("net"), "netsh ");
	is_str(becomes("netsh ip"), "netsh ipsec ");
	is_str(becomes("netsh ipsec st"), "netsh ipsec static ");
	is_str(becomes("  exi"), "  exit ");
	is_str(offers("nonsense "), "");
	is_str(offers("static nonsense "), "");
	is_str(offers("static delete all "), "");
	ok(strstr(offers(""), "static") && strstr(offers(""), "pushd") && !strstr(offers(""), "netsh"));
	is_str(offers("pushd "), "dynamic|static");
	is_str(becomes("pushd ipsec s"), "pushd ipsec static ");
	is_str(offers("pushd static "), "");
	is_str(offers("exit "), "");
	is_str(becomes("\"stat"), "static ");
}

static void words_of_a_context_and_of_the_top(void)
{
	context = "static";
	is_str(offers("a"), "add|abort|alias");
	is_str(becomes("ad"), "add ");
	is_str(becomes("set mo"), "set mode ");
	is_str(becomes("exi"), "exit ");
	is_str(becomes("expo"), "exportpolicy ");
	is_str(becomes("dy"), "dynamic ");
	is_str(becomes("static a"), "static add ");
	ok(strncmp(offers(""), "add|delete|dump|", 16) == 0);
	ok(strstr(offers(""), "|.."));
}

/* --- tags --------------------------------------------------------------------------------------- */

static void tags_not_yet_given(void)
{
	context = "static";
	is_str(offers("add filterlist "), "name=|description=");
	is_str(offers("add filterlist name=x "), "description=");
	is_str(offers("add filterlist x "), "description=");
	is_str(offers("add filterlist desc=x "), "name=");
	is_str(offers("add filterlist x y "), "");
	is_str(becomes("add filterlist d"), "add filterlist description=");
	is_str(becomes("add filterlist D"), "add filterlist description=");
	is_str(becomes("add rule R ps"), "add rule R psk=");
	is_str(becomes("add rule R psk=x roo"), "add rule R psk=x rootca=");
	is_str(becomes("add rule R rootca=x roo"), "add rule R rootca=x rootca="); /* may be repeated */
	is_str(offers("add rule R psk=x ps"), "");
}

static void alternatives_exclude_each_other(void)
{
	context = "static";
	is_str(offers("set filterlist guid={"), "");
	is_str(offers("set filterlist guid=x "), "newname=|description=");
	is_str(offers("set filterlist name=x "), "newname=|description=");
	is_str(offers("show filterlist all l"), "level=");
	is_str(offers("show filterlist rule=x n"), "normal"); /* the position of name is taken; level is next */
}

/* --- values ------------------------------------------------------------------------------------- */

static void enumerated_values(void)
{
	context = "static";
	is_str(offers("show policy all level="), "verbose|normal");
	is_str(becomes("show policy all level=v"), "show policy all level=verbose ");
	is_str(becomes("show policy all level = v"), "show policy all level = verbose ");
	is_str(becomes("show policy all level= v"), "show policy all level= verbose ");
	is_str(becomes("show policy all level =v"), "show policy all level =verbose ");
	is_str(becomes("show policy all lev=V"), "show policy all lev=verbose ");
	is_str(becomes("show policy all ver"), "show policy all verbose ");
	is_str(becomes("show policy all level=\"v"), "show policy all level=verbose ");
	is_str(becomes("show policy all \"level=v"), "show policy all \"level=verbose\" ");
	is_str(offers("add policy P assign="), "yes|no");
	is_str(offers("add filteraction A action="), "permit|block|negotiate");
	is_str(offers("add filter L m"), "me|mirrored=");
	is_str(offers("add filter L me protocol=t"), "TCP");
	is_str(offers("add rule R conntype="), "lan|dialup|all");
	is_str(offers("add policy P mmlifetime="), "");
	is_str(offers("add policy P nonsense="), "");
	is_str(offers("show policy all level=\"\" for"), "format=");
}

static void keywords(void)
{
	context = "static";
	is_str(becomes("delete policy al"), "delete policy all ");
	is_str(becomes("delete policy name=al"), "delete policy name=all ");
	is_str(offers("show rule de"), "default|name=default");
	is_str(offers("show rule name=def"), "default"); /* the rule of that name, not the keyword */
	is_str(becomes("show rule policy=Base d"), "none");
}

static void names_of_objects(void)
{
	context = "static";
	is_str(offers("delete policy "), "all|AD Trusts|AD Users|Base|name=");
	is_str(becomes("delete policy b"), "delete policy Base ");
	is_str(becomes("delete policy name=b"), "delete policy name=Base ");
	is_str(becomes("delete policy name = b"), "delete policy name = Base ");
	is_str(offers("add rule R AD"), "AD Trusts|AD Users");
	is_str(offers("add rule R policy=P filterlist=L filteraction="), "gr\xC3\xBCn|gr\xC3\xB6n");
	is_str(becomes("add rule R policy=P filterlist=L filteraction="),
	    "add rule R policy=P filterlist=L filteraction=gr"); /* no half of a character */
	is_str(offers("add policy name="), ""); /* a name to be given is not one that is taken */
	is_str(offers("add filter filterlist=L"), "L1");
}

static void rules_of_the_policy_on_the_line(void)
{
	context = "static";
	is_str(offers("set rule name="), "ping|default|web");
	is_str(offers("set rule policy=\"AD Trusts\" name="), "ping");
	is_str(offers("set rule policy = base name = "), "default|web");
	is_str(offers("show filterlist rule=w"), "web");
}

static void names_with_blanks_are_quoted(void)
{
	context = "static";
	is_str(becomes("delete policy AD"), "delete policy \"AD ");
	is_str(becomes("delete policy \"AD "), "none");
	is_str(becomes("delete policy \"AD T"), "delete policy \"AD Trusts\" ");
	is_str(becomes("delete policy name=\"ad t"), "delete policy name=\"AD Trusts\" ");
	is_str(becomes("delete policy name=AD\" T"), "delete policy name=\"AD Trusts\" ");
	is_str(becomes("delete policy \"name=AD T"), "delete policy \"name=AD Trusts\" ");
	is_str(becomes("delete policy \"b"), "delete policy \"Base\" ");
	is_str(becomes("delete policy \"Base\""), "delete policy \"Base\" ");
	is_str(becomes("delete policy name = \"AD T"), "delete policy name = \"AD Trusts\" ");
}

static void names_that_would_mean_something_else(void)
{
	context = "static";
	is_str(becomes("delete filterlist a"), "none"); /* the keyword all, and a=b */
	is_str(offers("delete filterlist a"), "all|name=a=b");
	is_str(becomes("delete filterlist ?"), "delete filterlist name=? ");
	is_str(becomes("delete filterlist name=a="), "delete filterlist name=a=b ");
	is_str(becomes("delete filterlist name=="), "delete filterlist name==x ");
	is_str(offers("delete filterlist name=say"), ""); /* a quote cannot be typed */
	is_str(offers("delete filterlist name=two"), "");
	is_str(becomes("show rule policy=Base def"), "none"); /* keyword, or the rule: name=default */
}

/* --- lines that are no lines -------------------------------------------------------------------- */

static void odd_lines(void)
{
	char *text = xcalloc(1, WORDS_LINE_MAX + 100);

	context = "static";
	is_str(becomes("add policy P\nadd filterl"), "add policy P\nadd filterlist ");
	is_str(becomes("add policy P\r\nadd filterl"), "add policy P\r\nadd filterlist ");
	is_str(offers("add \001"), "");
	is_str(offers("add \xFF"), "");
	is_str(offers("= "), "");
	is_str(offers("delete policy =x= "), "");
	memset(text, 'x', WORDS_LINE_MAX + 99);
	is_str(offers(text), "");
	memset(text, ' ', WORDS_LINE_MAX);
	memcpy(text + WORDS_LINE_MAX - 4, "stat", 5);
	ok(of(text).n == 1);
	free(text);
}

/* The promise of the whole: what is offered, is accepted as it stands by the grammar. */
static void every_cursor_of_every_example_is_calm(void)
{
	size_t lines = 0;

	context = "";
	for (size_t i = 0; cmd_table[i]; i++) {
		const char *example = cmd_table[i]->example;
		const char *line = arena_printf(&arena, "%s %s", path_context(cmd_table[i]->path), example);
		for (size_t n = 0; n <= strlen(line); n++) {
			const char *head = arena_strndup(&arena, line, n);
			struct completion c = of(head);
			const char *common = completion_common(&c, head + c.start, &arena);
			ok(c.start <= n && c.n <= COMPLETE_MAX);
			ok(!common || c.n > 1 || strcmp(common, head + c.start) != 0);
			lines++;
		}
	}
	ok(lines > 500);
}

/* --- lists -------------------------------------------------------------------------------------- */

static void lists_fit_the_width(void)
{
	struct completion c;
	struct buf b = {0};

	context = "static";
	c = of("show filterlist all ");
	completion_print(&c, 30, &b);
	ok(strncmp(buf_text(&b), "verbose\nnormal\nlevel=       How ", 32) == 0);
	for (const char *p = buf_text(&b); *p; p += strcspn(p, "\n") + 1)
		ok(strcspn(p, "\n") <= 30);
	buf_clear(&b);
	c = of("add rule R ");
	completion_print(&c, 80, &b);
	ok(strstr(buf_text(&b), "\npsk=           A preshared key as a method.\n"));
	buf_clear(&b);
	c = of("add rule R policy=");
	completion_print(&c, 25, &b);
	is_str(buf_text(&b), "AD Trusts  Base\nAD Users\n");
	buf_clear(&b);
	completion_print(&c, 1, &b);
	is_str(buf_text(&b), "A\nA\nB\n");
	buf_free(&b);
}

static const struct tap_case cases[] = {
	{"words of commands", words_of_commands},
	{"words of a context and of the top", words_of_a_context_and_of_the_top},
	{"tags not yet given", tags_not_yet_given},
	{"alternatives exclude each other", alternatives_exclude_each_other},
	{"enumerated values, in every spacing of '='", enumerated_values},
	{"keywords", keywords},
	{"names of objects", names_of_objects},
	{"rules of the policy on the line", rules_of_the_policy_on_the_line},
	{"names with blanks are quoted", names_with_blanks_are_quoted},
	{"names that would mean something else get their tag", names_that_would_mean_something_else},
	{"odd lines", odd_lines},
	{"every cursor of every example is calm", every_cursor_of_every_example_is_calm},
	{"lists fit the width", lists_fit_the_width},
};
TAP_MAIN(cases)
