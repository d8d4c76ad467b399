/* Finding commands, binding arguments, and a walk over every row of the table. */
#include "cli/grammar.h"

#include "common/base/mem.h"
#include "tests/unit/tap.h"
#include "common/base/banned.h"

static struct arena arena;
static struct err err;

static struct words words_of(const char *text)
{
	struct words w = {0};

	err = (struct err){0};
	ok(words_from_line(text, strlen(text), &arena, &w, &err) == 0);
	return w;
}

/* --- resolving ---------------------------------------------------------------------------------- */

/* "cmd PATH +REST", "help PATH", "context PATH", or the error text. */
static const char *resolve(const char *context, const char *text)
{
	static const char *const kinds[] = {"cmd", "help", "context", "nothing"};
	struct words w = words_of(text);
	struct resolved r = {0};

	if (grammar_resolve(context, DIALECT_LINUX, &w, &arena, &r, &err) < 0)
		return err.text;
	if (r.kind == RESOLVED_CMD)
		return arena_printf(&arena, "%s %s +%zu", kinds[r.kind], r.cmd->path, r.rest.n);
	return arena_printf(&arena, "%s %s", kinds[r.kind], r.path ? r.path : "");
}

static void commands_are_found(void)
{
	is_str(resolve("", "static add policy P"), "cmd static add policy +1");
	is_str(resolve("", "netsh ipsec static add policy P"), "cmd static add policy +1");
	is_str(resolve("", "Netsh.EXE  IPSEC Static ADD Policy P a=b"), "cmd static add policy +2");
	is_str(resolve("", "ipsec static delete all"), "cmd static delete all +0");
	is_str(resolve("static", "add policy P"), "cmd static add policy +1");
	is_str(resolve("static", "ipsec static add policy P"), "cmd static add policy +1");
	is_str(resolve("static", "static add policy P"), "cmd static add policy +1");
	is_str(resolve("static", "netsh static add policy P"), "cmd static add policy +1");
	is_str(resolve("dynamic", "static show all"), "cmd static show all +0");
	is_str(resolve("", ""), "nothing ");
}

static void abbreviations(void)
{
	is_str(resolve("static", "del p x"), "cmd static delete policy +1");
	is_str(resolve("", "st a filter x"), "cmd static add filter +1");
	is_str(resolve("static", "add filterl x"), "cmd static add filterlist +1");
	is_str(resolve("static", "show f"), "'f' is ambiguous: filteraction, filterlist");
	is_str(resolve("static", "s policy"), "'s' is ambiguous: set, show");
	is_str(resolve("static", "exi"), "cmd exit +0");
	is_str(resolve("static", "ex f"), "cmd static exportpolicy +1"); /* the context before its ancestors */
	is_str(resolve("", "ex"), "'ex' is ambiguous: exec, exit");
	is_str(resolve("static", "de all"), "cmd static delete all +0");
	is_str(resolve("static", "d all"), "'d' is ambiguous: delete, dump");
	is_str(resolve("", "dy"), "context dynamic");
	is_str(resolve("static", "expl"), "cmd static explain +0");
}

static void unknown_words_name_the_nearest(void)
{
	is_str(resolve("static", "add polcy x"), "'polcy' is not a command here (did you mean 'policy'?)");
	is_str(resolve("", "statc add"), "'statc' is not a command here (did you mean 'static'?)");
	is_str(resolve("", "netsh advfirewall set"), "'advfirewall' is not a command here");
	is_str(resolve("static", "delet policy"), "cmd static delete policy +0");
	is_str(resolve("static", "add"), "'add' needs one more word: filter, filteraction, filterlist, policy, rule, helper");
	is_str(resolve("", "dynamic add filter"), "'filter' is not a command here");
	is_str(resolve("dynamic", "add rule"), "cmd dynamic add rule +0");
	is_str(resolve("", "add policy x"), "'policy' is not a command here");
	is_str(resolve("static", "set filter x"), "'filter' is ambiguous: filteraction, filterlist");
}

static void contexts_and_help(void)
{
	is_str(resolve("", "static"), "context static");
	is_str(resolve("static", "dynamic"), "context dynamic");
	is_str(resolve("static", "ipsec"), "context ");
	is_str(resolve("", "netsh"), "context ");
	is_str(resolve("static", "?"), "help static");
	is_str(resolve("static", "help"), "help static");
	is_str(resolve("", "ipsec ?"), "help ");
	is_str(resolve("", "static /?"), "help static");
	is_str(resolve("", "dynamic ?"), "help dynamic");
	is_str(resolve("static", "add -?"), "help static add");
	is_str(resolve("static", "add policy help"), "help static add policy");
	is_str(resolve("static", "add policy ?"), "help static add policy");
	is_str(resolve("static", "add policy x ?"), "help static add policy");
	is_str(resolve("static", "add policy name = x /?"), "help static add policy");
	is_str(resolve("static", "add policy name=x -?"), "help static add policy");
	is_str(resolve("static", "add policy x description = ?"), "cmd static add policy +4"); /* a value */
	is_str(resolve("static", "add policy x description= ?"), "cmd static add policy +3");
	is_str(resolve("static", "add policy x help"), "cmd static add policy +2"); /* a word like others */
	is_str(resolve("", "pushd static ?"), "help pushd");
	is_str(resolve("static", ".."), "cmd .. +0");
	is_str(resolve("static", "pushd ipsec static"), "cmd pushd +2");
}

/* --- binding, on a command of the test's own ----------------------------------------------------- */

struct test_args {
	const char *name, *text, *word;
	struct guid guid;
	uint32_t number;
	bool flag;
	uint8_t action;
	struct auth_args auth;
	struct {
		bool name, guid, all, other, text, word, number, flag, action, kerberos, psk, rootca;
	} given;
};
static const struct tag test_tags[] = {
	TAG(test_args, name, type_name, TAG_REQUIRED, NULL, "x"),
	TAG(test_args, guid, type_guid, TAG_ALT, NULL, "x"),
	KEYWORD(test_args, all, TAG_RESERVED, "x"),
	KEYWORD(test_args, other, 0, "x"),
	TAG(test_args, text, type_text, 0, "none", "x"),
	TAG_NUMBER(test_args, number, 0, "7", 1, 100, "x"),
	TAG(test_args, flag, type_yesno, 0, NULL, "x"),
	TAG(test_args, action, type_action, 0, "negotiate", "x"),
	AUTH_TAGS(test_args),
	TAG(test_args, word, type_text, 0, NULL, "x"),
};
static const struct cmd test_cmd = {.path = "static test it", CMD_TAGS(test_args, test_tags)};

static const struct test_args *bind(const char *text)
{
	struct words w = words_of(text);
	void *args = NULL;

	return grammar_bind(&test_cmd, &w, &arena, &args, &err) < 0 ? NULL : args;
}

static void untagged_words_bind_in_order(void)
{
	const struct test_args *a = bind("N T 9 yes block");

	ok(a && a->given.name && a->given.text && a->given.number && a->given.flag && a->given.action);
	is_str(a->name, "N");
	is_str(a->text, "T");
	is_int(a->number, 9);
	ok(a->flag);
	is_int(a->action, ACTION_BLOCK);
}

/* A word takes the first tag that the line names nowhere, not even later (scripts-in-the-wild §2). */
static void a_tag_named_later_is_not_free(void)
{
	const struct test_args *a = bind("T name=N 9 text=X");

	ok(!a);
	is_int(err.id, VALUE_BAD); /* T -> number */
	a = bind("T name=N 9");
	ok(a);
	is_str(a->text, "T");
	is_int(a->number, 9);
	a = bind("number=9 N flag=y T block");
	ok(a);
	is_str(a->name, "N");
	is_str(a->text, "T");
	is_int(a->action, ACTION_BLOCK);
}

static void absent_empty_and_default_differ(void)
{
	const struct test_args *a = bind("N");

	ok(a && !a->given.text && !a->given.number && !a->given.flag);
	is_str(a->text, "none");
	is_int(a->number, 7);
	is_int(a->action, ACTION_NEGOTIATE);
	a = bind("N text=\"\"");
	ok(a && a->given.text);
	is_str(a->text, "");
	a = bind("N text=none");
	ok(a && a->given.text);
	ok(!bind("N number=\"\""));
	is_int(err.id, VALUE_EMPTY);
	ok(!bind("name=\"\""));
	is_int(err.id, VALUE_EMPTY);
}

static void alternatives_share_a_position(void)
{
	const struct test_args *a = bind("guid={11E6E97E-0031-49f5-AC7D-5F2FE99BABAF} T");

	ok(a && a->given.guid && !a->given.name);
	is_str(a->text, "T");
	a = bind("all T");
	ok(a && a->given.all && !a->given.name);
	is_str(a->text, "T");
	a = bind("name=ALL");
	ok(a && a->given.all);
	a = bind("other");
	ok(a && a->given.other && !a->given.name);
	a = bind("name=other");
	ok(a && a->given.name && !a->given.other);
	is_str(a->name, "other");
	ok(!bind("name=N guid={11E6E97E-0031-49f5-AC7D-5F2FE99BABAF}"));
	is_str(err.text, "give only one of 'name', 'guid', 'all' or 'other'");
	ok(!bind("guid=all"));
	is_int(err.id, VALUE_BAD);
	ok(!bind("text=x"));
	is_str(err.text, "'test it' needs 'name', 'guid', 'all' or 'other'");
	ok(!bind("all=x"));
	is_int(err.id, TAG_UNKNOWN);
}

static void tags_match_exactly_then_by_first_prefix(void)
{
	const struct test_args *a = bind("NAME=N nu=8 F=y te=x");

	ok(a);
	is_int(a->number, 8);
	ok(a->flag);
	a = bind("n=N"); /* name stands before number */
	ok(a);
	is_str(a->name, "N");
}

static void bad_tags(void)
{
	ok(!bind("N colour=red"));
	is_str(err.text, "'colour' is not a tag of 'test it'");
	ok(!bind("N flagg=y"));
	is_str(err.text, "'flagg' is not a tag of 'test it' (did you mean 'flag'?)");
	ok(!bind("name=P name=Q"));
	is_str(err.text, "the tag 'name' was given twice");
	ok(!bind("name=P na=Q"));
	is_int(err.id, TAG_TWICE);
	ok(!bind("kerberos=yes N kerberos=no"));
	is_int(err.id, TAG_TWICE);
	ok(!bind("N T 9 y block y key CNx w too-many"));
	is_str(err.text, "no tag of 'test it' is left for the word 'too-many'");
	ok(!bind("N action=request"));
	is_str(err.text, "'request' is not a value of 'action': expected permit, block, negotiate");
	ok(!bind("N action=blokc"));
	ok(strstr(err.text, "(did you mean 'block'?)") || strstr(err.text, "expected permit"));
	ok(!bind("N number=101"));
	is_str(err.text, "number=101 is out of range: 1 to 100");
	ok(!bind("N number=99999999999999999999"));
	is_int(err.id, VALUE_RANGE);
	ok(!bind("N number=-1"));
	is_int(err.id, VALUE_BAD);
}

static void authentication_keeps_the_order_of_the_line(void)
{
	const struct test_args *a = bind("N psk=\"a key\" kerberos=y rootca=\"CN=a\" rootca=CN=b");

	ok(a && a->given.psk && a->given.kerberos && a->given.rootca);
	is_int(a->auth.list.n, 4);
	is_int(a->auth.list.v[0].kind, AUTH_PSK);
	is_str(a->auth.psk[0], "a key");
	is_int(a->auth.list.v[1].kind, AUTH_KERBEROS);
	is_str(a->auth.list.v[2].text, "CN=a");
	is_str(a->auth.list.v[3].text, "CN=b");
	a = bind("N kerberos=no");
	ok(a && a->given.kerberos);
	is_int(a->auth.list.n, 0);
	a = bind("N kerberos=yes psk=k");
	ok(a);
	is_int(a->auth.list.v[0].kind, AUTH_KERBEROS);
}

static void too_many_authentication_methods(void)
{
	struct buf b = {0};

	buf_adds(&b, "N");
	for (int i = 0; i <= MODEL_AUTH_MAX; i++)
		buf_printf(&b, " rootca=CN=%d", i);
	ok(!bind(buf_text(&b)));
	is_int(err.id, VALUE_TEXT);
	buf_free(&b);
}

static void long_values_are_refused(void)
{
	char *text = arena_alloc(&arena, 2000);

	memset(text, 'x', MODEL_NAME_MAX + 1);
	ok(!bind(text));
	is_int(err.id, VALUE_TEXT);
	text[MODEL_NAME_MAX] = '\0';
	ok(bind(text));
}

/* --- values through their types ------------------------------------------------------------------ */

static void values_round_trip(void)
{
	static const struct {
		const struct value_type *type;
		const char *text;
	} t[] = {
		{&type_name, "a b"}, {&type_text, ""}, {&type_guid, "{11E6E97E-0031-49F5-AC7D-5F2FE99BABAF}"},
		{&type_yesno, "yes"}, {&type_yesno, "no"}, {&type_u32, "99"}, {&type_port, "65535"},
		{&type_protocol, "TCP"}, {&type_protocol, "47"}, {&type_action, "block"}, {&type_conntype, "dialup"},
		{&type_level, "verbose"}, {&type_format, "table"}, {&type_rule_type, "transport"},
		{&type_location, "local"}, {&type_batch, "enable"}, {&type_addr, "10.0.0.0/8"}, {&type_addr, "me"},
		{&type_addr, "host.example"}, {&type_mask, "255.255.0.0"}, {&type_mmlist, "3DES-SHA1-2 DES-MD5-1"},
		{&type_qmlist, "ESP[3DES,SHA1]:100000k/3600s AH[MD5]"}, {&type_tunnel, "192.0.2.1"},
		{&type_kerberos, "yes"}, {&type_rootca, "CN=x certmap:yes excludecaname:no"}};
	struct tag tag = {.name = "t", .min = 0, .max = 100};

	for (size_t i = 0; i < N_OF(t); i++) {
		union {
			struct auth_args auth;
			struct qm_offers qm;
			struct addr_arg addr;
		} value;
		struct buf b = {0};
		memset(&value, 0, sizeof value);
		tag.type = t[i].type;
		ok(tag.type->parse(&tag, t[i].text, &arena, &value, &err) == 0);
		tag.type->print(&tag, &value, &b);
		is_str(buf_text(&b), t[i].text);
		buf_free(&b);
	}
}

static void a_key_is_never_printed(void)
{
	struct tag tag = {.name = "psk", .type = &type_psk};
	struct auth_args value = {0};
	struct buf b = {0};

	ok(type_psk.parse(&tag, "secret", &arena, &value, &err) == 0);
	type_psk.print(&tag, &value, &b);
	is_str(buf_text(&b), "********");
	buf_free(&b);
}

/* --- the table ---------------------------------------------------------------------------------- */

static void paths_are_unique(void)
{
	for (size_t i = 0; cmd_table[i]; i++)
		for (size_t k = 0; k < i; k++)
			ok(strcmp(cmd_table[i]->path, cmd_table[k]->path) != 0);
}

static void rows_are_complete(void)
{
	for (size_t i = 0; cmd_table[i]; i++) {
		const struct cmd *c = cmd_table[i];
		ok(c->run && c->brief && *c->brief && c->example && *c->example && c->args_size);
		ok(c->ntags <= GRAMMAR_TAGS);
		ok(c->ntags == 0 || !(c->tags[0].flags & TAG_ALT));
		for (size_t t = 0; t < c->ntags; t++) {
			const struct tag *tag = &c->tags[t];
			ok(tag->help && *tag->help && tag->given < c->args_size && tag->offset < c->args_size);
			ok((tag->type == NULL) == !!(tag->flags & TAG_KEYWORD));
			ok(tag->type != &type_u32 || tag->max > tag->min);
			for (size_t k = 0; k < t; k++)
				ok(!str_caseeq(tag->name, c->tags[k].name) && tag->given != c->tags[k].given);
		}
	}
}

static void defaults_parse(void)
{
	int seen = 0;

	for (size_t i = 0; cmd_table[i]; i++)
		for (size_t t = 0; t < cmd_table[i]->ntags; t++) {
			const struct tag *tag = &cmd_table[i]->tags[t];
			char *args = arena_alloc(&arena, cmd_table[i]->args_size);
			if (!tag->dflt)
				continue;
			err = (struct err){0};
			ok(tag->type->parse(tag, tag->dflt, &arena, args + tag->offset, &err) == 0);
			is_str(err.text, "");
			seen++;
		}
	ok(seen > 30);
}

/* Each example is a line of its own context, resolves to its row and binds. */
static void examples_parse(void)
{
	for (size_t i = 0; cmd_table[i]; i++) {
		const struct cmd *c = cmd_table[i];
		struct words w = words_of(c->example);
		struct resolved r = {0};
		void *args;
		ok(grammar_resolve(path_context(c->path), DIALECT_LINUX, &w, &arena, &r, &err) == 0);
		if (grammar_is_help(c->path)) {
			ok(r.kind == RESOLVED_HELP);
			continue;
		}
		ok(r.kind == RESOLVED_CMD && r.cmd == c);
		ok(grammar_bind(c, &r.rest, &arena, &args, &err) == 0);
		is_str(err.text, "");
	}
}

/* Grammar §1.2: a context has the commands of the top, in its groups too; its own come first. */
static void commands_are_inherited(void)
{
	is_str(resolve("", "set mode offline"), "cmd set mode +1");
	is_str(resolve("static", "set mode offline"), "cmd set mode +1");
	is_str(resolve("dynamic", "SHOW MODE"), "cmd show mode +0");
	is_str(resolve("", "ipsec static set file close"), "cmd set file +1");
	is_str(resolve("static", "show a"), "cmd static show all +0");
	is_str(resolve("static", "show al"), "cmd static show all +0");
	is_str(resolve("static", "show alias"), "cmd show alias +0");
	is_str(resolve("static", "set m"), "'m' is ambiguous: machine, mode");
	is_str(resolve("static", "add helpr x"), "'helpr' is not a command here (did you mean 'helper'?)");
	is_str(resolve("static", "delete helper x"), "cmd delete helper +1");
	is_str(resolve("", "static"), "context static");
	is_str(resolve("static", "set ?"), "help static set");
	is_str(resolve("", "set ?"), "help set");
	is_str(resolve("", "show"), "'show' needs one more word: alias, helper, mode, status");
	is_str(path_inherited("static set"), "set");
	ok(!path_inherited("static") && !path_inherited("set") && !path_inherited(""));
	is_str(path_context("static add policy"), "static");
	is_str(path_context("statics"), "");
	is_str(path_context("set mode"), "");
}

static const struct tap_case cases[] = {
	{"commands are found with and without netsh in front", commands_are_found},
	{"abbreviations: unique or ambiguous", abbreviations},
	{"unknown words name the nearest one", unknown_words_name_the_nearest},
	{"contexts and help", contexts_and_help},
	{"commands are inherited", commands_are_inherited},
	{"untagged words bind in order", untagged_words_bind_in_order},
	{"a tag named later is not free for an untagged word", a_tag_named_later_is_not_free},
	{"absent, empty and default differ", absent_empty_and_default_differ},
	{"alternatives share a position", alternatives_share_a_position},
	{"tags match exactly, then by first prefix", tags_match_exactly_then_by_first_prefix},
	{"unknown, repeated and surplus tags, values out of range", bad_tags},
	{"authentication tags keep their order", authentication_keeps_the_order_of_the_line},
	{"authentication methods are bounded", too_many_authentication_methods},
	{"names are bounded", long_values_are_refused},
	{"values round-trip through their types", values_round_trip},
	{"a preshared key is never printed", a_key_is_never_printed},
	{"table: paths are unique", paths_are_unique},
	{"table: rows are complete and names do not clash", rows_are_complete},
	{"table: defaults parse", defaults_parse},
	{"table: examples parse", examples_parse},
};
TAP_MAIN(cases)
