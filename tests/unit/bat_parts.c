/* The parts of the .bat interpreter one by one, with values only. */
#include "cli/bat/arith.h"
#include "cli/bat/decode.h"
#include "cli/bat/env.h"
#include "cli/bat/expand.h"
#include "cli/bat/files.h"
#include "cli/bat/interp.h"
#include "cli/bat/match.h"
#include "cli/bat/parse.h"
#include "cli/bat/reader.h"
#include "tests/unit/bat_host.h"
#include "tests/unit/tap.h"
#include "common/base/banned.h"

#define BYTES(s) (s), sizeof(s) - 1

/* ---- decode ---- */

static void is_decoded(const char *bytes, size_t n, const char *codepage, const char *want)
{
	struct buf out = {0};
	struct err e = {0};

	is_int(decode_text(bytes, n, codepage, &out, &e), 0);
	is_str(buf_text(&out), want);
	buf_free(&out);
}

static void decode_takes_marks(void)
{
	is_decoded(BYTES("\xEF\xBB\xBF" "a"), NULL, "a");
	is_decoded(BYTES("\xFF\xFE" "a\0\x56\x7B"), NULL, "a策");
	is_decoded(BYTES("\xFE\xFF\0a\x7B\x56"), NULL, "a策");
	is_decoded(BYTES("\xFF\xFE" "a\0b"), NULL, "a\xEF\xBF\xBD");
	is_decoded(BYTES("\xEF\xBB\xBF" "\xC3\xBC"), "cp437", "ü");
}

static void decode_guesses(void)
{
	is_str(decode_guess(BYTES("plain")), "UTF-8");
	is_str(decode_guess(BYTES("gr\xC3\xBC\xC3\x9F" "e")), "UTF-8");
	is_str(decode_guess(BYTES("\xBD\xFB\xD6\xB9\xB6\xCB\xBF\xDA")), "CP936");
	is_str(decode_guess(BYTES("S\xE9" "curit\xE9 r\xE9seau")), "CP1252");
	is_str(decode_guess(BYTES("Gr\x94\xE1" "e")), "CP437");
	is_str(decode_guess(BYTES("l\x92\xE9t\xE9 \x93sur\x94 \x97 fin")), "CP1252");
	is_str(decode_guess(BYTES("\xC4\xC4\xC4\xC4\xC4\xC4")), "CP437");
}

static void decode_by_name(void)
{
	struct buf out = {0};
	struct err e = {0};

	is_decoded(BYTES("\x94"), "437", "ö");
	is_decoded(BYTES("\xF6"), "CP1252", "ö");
	is_decoded(BYTES("\x81\x5C\x81\x7C\x81\x5E"), "936", "乗亅乛");
	is_int(decode_text("a", 1, "klingon", &out, &e), -1);
	buf_free(&out);
}

static void decode_survives_rubbish(void)
{
	is_decoded(BYTES("a\0b\0"), "utf-8", "ab");
	is_decoded(BYTES("a\xFF" "b"), "utf-8", "a\xEF\xBF\xBD" "b");
	is_decoded(BYTES("a\x81"), "936", "a\xEF\xBF\xBD");
}

/* ---- reader ---- */

static struct script *script_of(const char *text)
{
	struct err e = {0};

	return script_parse("x.bat", text, strlen(text), "utf-8", &e);
}

static void is_lines(const char *text, const char *joined)
{
	struct script *s = script_of(text);
	struct buf got = {0};
	size_t len;

	for (size_t i = 0; script_line(s, i, &len); i++)
		buf_printf(&got, "[%.*s]", (int)len, script_line(s, i, &len));
	is_str(buf_text(&got), joined);
	buf_free(&got);
	script_free(s);
}

static void reader_splits_lines(void)
{
	is_lines("a\r\nb\r\n", "[a][b]");
	is_lines("a\nb", "[a][b]");
	is_lines("a\n\rb\n\r", "[a][b]");
	is_lines("a\n\nb\n", "[a][][b]");
	is_lines("a\rb", "[a][b]");
	is_lines("a\x1A", "[a]");
	is_lines("", "");
}

static size_t label(struct script *s, const char *name, size_t from)
{
	return script_label(s, name, strlen(name), from);
}

static void reader_finds_labels(void)
{
	struct script *s = script_of(":A\nx\n: Ok\n::comment\n  :a more words\n;=:b:tail\nend\n");

	is_int(label(s, "a", 0), 0);
	is_int(label(s, "a", 1), 4);
	is_int(label(s, "A", 5), 0);
	is_int(label(s, "ok", 0), 2);
	is_int(label(s, "B", 0), 5);
	is_int(label(s, "comment", 0), SCRIPT_NO_LABEL);
	is_int(label(s, "x", 0), SCRIPT_NO_LABEL);
	script_free(s);
}

/* ---- expansion ---- */

struct world {
	struct fake fake;
	struct bat_host host;
	int errorlevel;
	struct env env;
};

static void world_init(struct world *w)
{
	memset(w, 0, sizeof *w);
	w->host = fake_host(&w->fake);
	w->env.host = &w->host;
	w->env.errorlevel = &w->errorlevel;
	env_set(&w->env, "v", "Hello World");
}

static void is_percent(const char *text, const char *want)
{
	struct world w;
	char *words[] = {(char[]){"one"}, (char[]){"\"C:\\a b\\f.txt\""}};
	struct bat_args args = {.self = "run.bat",
	                        .self_path = "/dir/run.bat",
	                        .words = words,
	                        .n = 2,
	                        .shifted = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
	                        .all = "one two"};
	struct buf out = {0};

	world_init(&w);
	is_int(expand_percent(&w.env, &args, text, strlen(text), &out), 0);
	is_str(buf_text(&out), want);
	buf_free(&out);
	env_free(&w.env);
}

static void percent_expands(void)
{
	is_percent("%1 %2 [%3] %* %0", "one \"C:\\a b\\f.txt\" [] one two run.bat");
	is_percent("%~2|%~p2|%~n2|%~x2|%~nx2|%~f2|%~d2|%~s2",
	    "C:\\a b\\f.txt|/a b/|f|.txt|f.txt|/a b/f.txt||/a b/f.txt");
	is_percent("%~dp0%~nx0", "/dir/run.bat");
	is_percent("%v% %V:~0,4% %v:~-3% %v:o=0% %v:*lo=%.",
	           "Hello World Hell rld Hell0 W0rld  World.");
	is_percent("%%i %%v%% 50% x", "%i %v% 50 x");
	is_percent("%nothing%.%errorlevel%", ".0");
	is_percent("%v:~2,-2%%v:~99%%v:~0,-99%", "llo Wor");
	is_percent("%~q1", "~q1");
	is_percent("%", "");
}

static void loop_variables_expand(void)
{
	const struct for_var n = {NULL, 'n', "/x/n.c"}, i = {&n, 'i', "\"C:\\d\\f.txt\""};
	static const char *const rows[][2] = {
	    {"%i %j %%", "\"C:\\d\\f.txt\" %j %%"},
	    {"%~i", "C:\\d\\f.txt"},
	    {"%~nxi", "f.txt"},
	    {"%~ni%~xi", "f.txt"},
	    {"%~dpi", "/d/"},
	    {"%~nn", "n"},
	    {"%~nq", "/x/n.cq"},
	    {"%~", "%~"},
	};

	for (size_t k = 0; k < N_OF(rows); k++) {
		struct buf out = {0};
		is_int(expand_loop(&i, rows[k][0], strlen(rows[k][0]), &out), 0);
		is_str(buf_text(&out), rows[k][1]);
		buf_free(&out);
	}
}

static void delayed_expands(void)
{
	static const char *const rows[][2] = {
	    {"!v! a^b", "Hello World ab"},
	    {"a^b", "a^b"},
	    {"!v:~0,1!!none!!", "H"},
	    {"x^!", "x!"},
	};

	for (size_t k = 0; k < N_OF(rows); k++) {
		struct world w;
		struct buf out = {0};
		world_init(&w);
		is_int(expand_delayed(&w.env, rows[k][0], strlen(rows[k][0]), &out), 0);
		is_str(buf_text(&out), rows[k][1]);
		buf_free(&out);
		env_free(&w.env);
	}
}

static void expansion_is_bounded(void)
{
	struct world w;
	struct buf text = {0}, out = {0};
	static const struct bat_args none = {.self = "", .self_path = "", .all = ""};

	world_init(&w);
	char *big = buf_extend(&text, ENV_VALUE_MAX);
	memset(big, 'x', ENV_VALUE_MAX);
	is_int(env_set(&w.env, "big", text.data), 0);
	buf_addc(&text, 'x');
	is_int(env_set(&w.env, "big", text.data), -1);
	buf_clear(&text);
	for (int i = 0; i < 100; i++)
		buf_adds(&text, "%big%");
	is_int(expand_percent(&w.env, &none, text.data, text.len, &out), -1);
	ok(out.len < EXPAND_MAX + 2 * ENV_VALUE_MAX);
	buf_free(&text);
	buf_free(&out);
	env_free(&w.env);
}

/* ---- environment ---- */

static const char *value(struct world *w, const char *name)
{
	return env_get(&w->env, name, strlen(name));
}

static void scopes_undo(void)
{
	struct world w;

	world_init(&w);
	is_str(value(&w, "COMPUTERNAME"), "ANDY");
	is_int(env_push(&w.env), 0);
	env_set(&w.env, "V", "inner");
	env_set(&w.env, "new", "x");
	env_set(&w.env, "computername", NULL);
	ok(value(&w, "COMPUTERNAME") == NULL);
	is_int(env_push(&w.env), 0);
	env_set(&w.env, "v", NULL);
	ok(value(&w, "v") == NULL);
	is_int(env_pop(&w.env), 0);
	is_str(value(&w, "v"), "inner");
	is_int(env_pop(&w.env), 0);
	is_str(value(&w, "v"), "Hello World");
	ok(value(&w, "new") == NULL);
	is_str(value(&w, "COMPUTERNAME"), "ANDY");
	is_int(env_pop(&w.env), -1);
	is_int(w.env.bytes, strlen("Hello World") + 1);
	for (unsigned i = 0; i < ENV_SCOPES_MAX; i++)
		is_int(env_push(&w.env), 0);
	is_int(env_push(&w.env), -1);
	env_free(&w.env);
}

/* ---- arithmetic ---- */

static void arithmetic(void)
{
	static const struct {
		const char *text;
		int want, result;
	} rows[] = {
	    {"1+2*3", 7, ARITH_OK},
	    {"(1+2)*3", 9, ARITH_OK},
	    {"7%4", 3, ARITH_OK},
	    {"-7/2", -3, ARITH_OK},
	    {"0x10|1", 17, ARITH_OK},
	    {"010", 8, ARITH_OK},
	    {"1<<31", INT32_MIN, ARITH_OK},
	    {"-2147483648/-1", 0, ARITH_RANGE},
	    {"m=0x80000000,m/-1", INT32_MIN, ARITH_OK},
	    {"m=0x80000000,m%-1", 0, ARITH_OK},
	    {"!0+~0", 0, ARITH_OK},
	    {"x=5,x*=x,x-1", 24, ARITH_OK},
	    {"1<<99", 0, ARITH_OK},
	    {"a=b=3", 3, ARITH_OK},
	    {"2147483647+1", INT32_MIN, ARITH_OK},
	    {"1/0", 0, ARITH_ZERO},
	    {"1%0", 0, ARITH_ZERO},
	    {"1+", 0, ARITH_OPERAND},
	    {"", 0, ARITH_OPERAND},
	    {"1 2", 0, ARITH_OPERATOR},
	    {"(1", 0, ARITH_PARENS},
	    {"1)", 0, ARITH_PARENS},
	    {"09", 0, ARITH_NUMBER},
	    {"4294967296", 0, ARITH_RANGE},
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct world w;
		int32_t got;
		world_init(&w);
		enum arith_result r = arith_eval(&w.env, rows[i].text, &got);
		if (r != (enum arith_result)rows[i].result ||
		    (r == ARITH_OK && got != rows[i].want))
			tap_fail(__FILE__, __LINE__, rows[i].text);
		env_free(&w.env);
	}
}

/* ---- patterns ---- */

static void patterns_match(void)
{
	static const struct {
		const char *pattern, *line;
		bool regex, match;
		unsigned flags;
	} rows[] = {
	    {"a.c", "xabc", true, true, 0},
	    {"a.c", "xabc", false, false, 0},
	    {"^b", "ab", true, false, 0},
	    {"b$", "ab", true, true, 0},
	    {"[0-9]*x", "123x", true, true, 0},
	    {"[^a]b", "ab", true, false, 0},
	    {"\\.", "a", true, false, 0},
	    {"\\<b", "a b", true, true, 0},
	    {"b\\>", "bc", true, false, 0},
	    {"ABC", "xabc", false, true, MATCH_NOCASE},
	    {"a", "ba", false, false, MATCH_BEGIN},
	    {"a", "ab", false, false, MATCH_END},
	    {"ab", "ab", false, true, MATCH_BEGIN | MATCH_END},
	    {".*", "", true, true, 0},
	    {"a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true, false, 0},
	    {"[a-", "a", true, true, 0},
	    {"", "", true, true, MATCH_BEGIN | MATCH_END},
	};
	char longest[PATTERN_MAX + 2];

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct pattern p;
		ok(pattern_compile(&p, rows[i].pattern, rows[i].regex, rows[i].flags));
		if (pattern_match(&p, rows[i].line, strlen(rows[i].line)) != rows[i].match)
			tap_fail(__FILE__, __LINE__, rows[i].pattern);
	}
	struct pattern p;
	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	ok(!pattern_compile(&p, longest, true, MATCH_BEGIN | MATCH_END));
}

/* ---- paths ---- */

static void paths_map(void)
{
	static const char *const rows[][2] = {
	    {"C:\\a\\b.txt", "/a/b.txt"},
	    {"\"a b\\c\"", "a b/c"},
	    {"/tmp/x", "/tmp/x"},
	    {"d:x", "x"},
	    {"..\\", "../"},
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct buf out = {0};
		path_map(rows[i][0], &out);
		is_str(buf_text(&out), rows[i][1]);
		buf_free(&out);
	}
	ok(path_is_nul("NUL") && path_is_nul("nul:") && path_is_nul("C:\\x\\nul"));
	ok(!path_is_nul("null") && !path_is_nul("nul.txt"));
}

static void devices_are_not_read(void)
{
	struct buf out = {0};

	ok(file_read("/dev/zero", 1 << 20, &out) != 0);
	ok(file_read("/", 1 << 20, &out) != 0);
	is_int(out.len, 0);
	buf_free(&out);
}

/* ---- parser ---- */

struct text_lines {
	const char *p;
	size_t line;
};

static int next_of_text(void *ctx, struct buf *text, size_t *line, struct err *e)
{
	struct text_lines *t = ctx;
	size_t n = strcspn(t->p, "\n");

	(void)e;
	if (!*t->p)
		return 0;
	buf_add(text, t->p, n);
	t->p += n + (t->p[n] == '\n');
	*line = ++t->line;
	return 1;
}

static void print_node(struct buf *b, const struct node *n)
{
	static const char *const lists[] = {[NODE_BLOCK] = "block",
	                                    [NODE_SEQ] = "seq",
	                                    [NODE_OR] = "or",
	                                    [NODE_AND] = "and",
	                                    [NODE_PIPE] = "pipe"};

	switch (n->kind) {
	case NODE_COMMAND:
		buf_printf(b, "<%s>", n->cmd.text);
		break;
	case NODE_IF:
		buf_printf(b, "if(%s,%s", n->cond.head.left,
		           n->cond.head.right ? n->cond.head.right : "-");
		print_node(b, n->cond.then);
		if (n->cond.otherwise)
			print_node(b, n->cond.otherwise);
		buf_adds(b, ")");
		break;
	case NODE_FOR:
		buf_printf(b, "for(%c,%s", n->loop.head.var, n->loop.head.set);
		print_node(b, n->loop.body);
		buf_adds(b, ")");
		break;
	default:
		buf_printf(b, "%s(", lists[n->kind]);
		for (const struct node *c = n->first; c; c = c->next)
			print_node(b, c);
		buf_adds(b, ")");
	}
	for (const struct redirect *r = n->redirects; r; r = r->next)
		buf_printf(b, "{%d %d %s}", r->fd, (int)r->kind, r->target ? r->target : "dup");
}

static void is_tree(const char *text, const char *want)
{
	struct text_lines t = {text, 0};
	const struct line_source src = {&t, next_of_text};
	struct arena a = {0};
	struct buf work = {0}, got = {0};
	struct node *n = NULL;
	struct err e = {0};
	size_t line = 0;

	switch (parse_statement(&src, &a, &work, &n, &line, &e)) {
	case PARSE_NODE:    print_node(&got, n); break;
	case PARSE_NOTHING: buf_adds(&got, "nothing"); break;
	case PARSE_END:     buf_adds(&got, "end"); break;
	case PARSE_ERROR:   buf_printf(&got, "%zu: %s", line, e.text); break;
	}
	is_str(buf_text(&got), want);
	arena_free(&a);
	buf_free(&work);
	buf_free(&got);
}

static void parser_makes_trees(void)
{
	is_tree("", "end");
	is_tree("\n", "nothing");
	is_tree(":label & x", "nothing");
	is_tree("a b  c ", "<a b  c >");
	is_tree("a^\n b", "<a b>");
	is_tree("a&b||c&&d|e", "seq(<a>or(<b>and(<c>pipe(<d><e>))))");
	is_tree("a & ", "seq(<a >)");
	is_tree("x \"a & b\" ^& c", "<x \"a & b\" & c>");
	is_tree("x >f 2>&1 y2>g", "<x   y2>{1 1 f}{2 3 dup}{1 1 g}");
	is_tree("(a\n\nb)>f", "block(<a><b>){1 1 f}");
	is_tree("if x==y (a) else (b) & c", "if(x,yblock(<a>)seq(block(<b>)<c>))");
	is_tree("if exist f a & b", "if(f,-seq(<a ><b>))");
	is_tree("for %i in (a\nb) do c", "for(i,a b<c>)");
	is_tree("rem a & b", "<rem>");
	is_tree(") x", "nothing");
}

static void parser_refuses(void)
{
	is_tree("a & & b", "1: '&' is not expected here");
	is_tree("if ==x y", "1: '==x' is not expected here");
	is_tree("if a==b", "1: the command is not complete");
	is_tree("if a b c", "1: 'b' is not expected here");
	is_tree("(a", "1: the '(' of line 1 is not closed");
	is_tree("(\n)", "2: ')' is not expected here");
	is_tree("(a) b", "1: 'b' is not expected here");
	is_tree("a >", "1: the command is not complete");
	is_tree("for %i in (a do b", "1: the list of 'for' is not closed");
	is_tree("for x in (a) do b", "1: 'x' is not a loop variable");
}

static void builtin_table_is_sorted(void)
{
	static const char *const names[] = {
	    "break", "call",    "cd",      "chcp",  "chdir", "choice",   "cls",      "cmd",
	    "color", "copy",    "date",    "del",   "dir",   "echo",     "endlocal", "erase",
	    "exit",  "find",    "findstr", "goto",  "md",    "mkdir",    "mode",     "more",
	    "move",  "path",    "pause",   "ping",  "popd",  "prompt",   "pushd",    "rd",
	    "rem",   "ren",     "rename",  "rmdir", "set",   "setlocal", "shift",    "sort",
	    "time",  "timeout", "title",   "type",  "verify"};
	size_t at;

	for (size_t i = 0; i < N_OF(names); i++) {
		const struct builtin *f = builtin_find(names[i], strlen(names[i]), &at);
		is_str(f ? f->name : NULL, names[i]);
	}
	is_str(builtin_find("echo.x", 6, &at)->name, "echo");
	is_int(at, 4);
	is_str(builtin_find("EXIT/b", 6, &at)->name, "exit");
	is_str(builtin_find("C:\\Windows\\find.exe", 19, &at)->name, "find");
	ok(!builtin_find("find.txt", 8, &at) && !builtin_find("echox", 5, &at) &&
	   !builtin_find("", 0, &at));
}

static const struct tap_case cases[] = {
	{"decode_takes_marks", decode_takes_marks},
	{"decode_guesses", decode_guesses},
	{"decode_by_name", decode_by_name},
	{"decode_survives_rubbish", decode_survives_rubbish},
	{"reader_splits_lines", reader_splits_lines},
	{"reader_finds_labels", reader_finds_labels},
	{"percent_expands", percent_expands},
	{"loop_variables_expand", loop_variables_expand},
	{"delayed_expands", delayed_expands},
	{"expansion_is_bounded", expansion_is_bounded},
	{"scopes_undo", scopes_undo},
	{"arithmetic", arithmetic},
	{"patterns_match", patterns_match},
	{"paths_map", paths_map},
	{"devices_are_not_read", devices_are_not_read},
	{"parser_makes_trees", parser_makes_trees},
	{"parser_refuses", parser_refuses},
	{"builtin_table_is_sorted", builtin_table_is_sorted},
};
TAP_MAIN(cases)
