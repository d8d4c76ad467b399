/* Lines to words to arguments: grammar §2.1, §2.2 and the spellings of scripts-in-the-wild §2. */
#include "cli/words.h"

#include <stdlib.h>

#include "common/base/buf.h"
#include "tests/unit/tap.h"
#include "common/base/banned.h"

/* "[tag|value] [value]" of a line; "ERR text" when it is refused. */
static const char *joined(const struct words *w, struct arena *a)
{
	static struct buf b;
	struct args args = words_join(w, a);

	buf_clear(&b);
	for (size_t i = 0; i < args.n; i++)
		buf_printf(&b, "%s[%s%s%s]", i ? " " : "", args.v[i].tag ? args.v[i].tag : "",
		    args.v[i].tag ? "|" : "", args.v[i].value);
	return buf_text(&b);
}

static const char *line(const char *text)
{
	static struct arena a;
	struct words w;
	struct err e = {0};

	arena_free(&a);
	if (words_from_line(text, strlen(text), &a, &w, &e) < 0)
		return "ERR";
	return joined(&w, &a);
}

static const char *vector(int n, const char *const *v)
{
	static struct arena a;
	struct words w;
	struct err e = {0};

	arena_free(&a);
	if (words_from_argv(n, (char *const *)(const void *)v, &a, &w, &e) < 0)
		return "ERR";
	return joined(&w, &a);
}
#define VECTOR(...) \
	vector(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), (const char *const[]){__VA_ARGS__})

static void spacing(void)
{
	is_str(line("name=x"), "[name|x]");
	is_str(line("name = x"), "[name|x]");
	is_str(line("name =x"), "[name|x]");
	is_str(line("name= x"), "[name|x]");
	is_str(line("  name  =  x   b=c  d "), "[name|x] [b|c] [d]");
	is_str(line("\tactivate =no\tlevel = Verbose"), "[activate|no] [level|Verbose]");
	is_str(line(""), "");
}

static void quotes(void)
{
	is_str(line("name=\"My Policy\""), "[name|My Policy]");
	is_str(line("\"name=a b\""), "[name|a b]");
	is_str(line("name = \"two words\" x"), "[name|two words] [x]");
	is_str(line("dstport=\"80\" assign=\"y\""), "[dstport|80] [assign|y]");
	is_str(line("a\"b c\"d"), "[ab cd]");
	is_str(line("name=\"open end"), "[name|open end]");
	is_str(line("name=x\""), "[name|x]");
	is_str(line("\"\""), "[]");
	is_str(line("c:\\dir\\'x\\' y"), "[c:\\dir\\'x\\'] [y]");
	is_str(line("name=\"a(b), c/d=e:f+g\""), "[name|a(b), c/d=e:f+g]");
	is_str(line("name=\"\xE7\xAD\x96\xE7\x95\xA5 \xE2\x80\x9Cx\xE2\x80\x9D\""),
	    "[name|\xE7\xAD\x96\xE7\x95\xA5 \xE2\x80\x9Cx\xE2\x80\x9D]");
}

static void only_the_first_equals_sign_separates(void)
{
	is_str(line("rootca=\"C=US,O=x\""), "[rootca|C=US,O=x]");
	is_str(line("psk=abc+/d== activate=yes"), "[psk|abc+/d==] [activate|yes]");
	is_str(line("psk = abc== x"), "[psk|abc==] [x]");
	is_str(line("psk==a"), "[psk|=a]");
}

static void empty_values(void)
{
	is_str(line("description=\"\" assign=y"), "[description|] [assign|y]");
	is_str(line("description = \"\" assign=y"), "[description|] [assign|y]");
	is_str(line("description="), "[description|]");
	is_str(line("description ="), "[description|]");
}

static void odd_equals_signs_do_not_crash(void)
{
	is_str(line("="), "[=]");
	is_str(line("= x"), "[=] [x]");
	is_str(line("=x"), "[=x]");
	is_str(line("a = = b"), "[a|=] [b]");
	is_str(line("dstport=8084protocol=UDP"), "[dstport|8084protocol=UDP]");
}

static void argument_vectors(void)
{
	is_str(VECTOR("name=a b"), "[name|a b]");
	is_str(VECTOR("name", "=", "a b"), "[name|a b]");
	is_str(VECTOR("name=", "a b"), "[name|a b]");
	is_str(VECTOR("a b", "c"), "[a b] [c]");
	is_str(VECTOR("name=\"a b\""), "[name|a b]");
	is_str(VECTOR("", "x"), "[] [x]");
	is_str(VECTOR("description=", "assign=y"), "[description|] [assign|y]");
	is_str(VECTOR("description=", "", "assign=y"), "[description|] [assign|y]");
}

static void bytes_that_are_refused(void)
{
	struct arena a = {0};
	struct words w;
	struct err e = {0};
	char *huge = malloc(WORDS_LINE_MAX + 1);

	is_int(words_from_line("a\0b", 3, &a, &w, &e), -1);
	is_int(e.id, WORD_BAD);
	is_str(line("a\x01"), "ERR");
	is_str(line("a\x7F"), "ERR");
	is_str(line("a\r"), "ERR");
	is_str(line("a\xFF"), "ERR");
	memset(huge, 'x', WORDS_LINE_MAX + 1);
	is_int(words_from_line(huge, WORDS_LINE_MAX, &a, &w, &e), 0);
	is_int(w.n, 1);
	is_int(words_from_line(huge, WORDS_LINE_MAX + 1, &a, &w, &e), -1);
	for (size_t i = 0; i < WORDS_LINE_MAX; i += 2)
		huge[i] = ' ';
	is_int(words_from_line(huge, WORDS_LINE_MAX, &a, &w, &e), 0);
	is_int(w.n, WORDS_LINE_MAX / 2);
	free(huge);
	arena_free(&a);
}

static void columns(void)
{
	struct arena a = {0};
	struct words w;
	struct err e = {0};

	is_int(words_from_line("add  \"x y\" z", 12, &a, &w, &e), 0);
	is_int(w.n, 3);
	is_int(w.v[1].column, 6);
	is_int(w.v[2].column, 12);
	arena_free(&a);
}

static const struct tap_case cases[] = {
	{"tag and value in every spacing", spacing},
	{"quotes anywhere, also one that stays open", quotes},
	{"only the first equals sign separates", only_the_first_equals_sign_separates},
	{"a quoted empty value ends the joining", empty_values},
	{"odd equals signs", odd_equals_signs_do_not_crash},
	{"argument vectors are never split again", argument_vectors},
	{"control characters, bad UTF-8 and giant lines are refused", bytes_that_are_refused},
	{"columns are those of the line", columns},
};
TAP_MAIN(cases)
