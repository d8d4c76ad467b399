/* common/base/json: what is written is JSON, says what was meant, and the layout is the one promised. */
#include "common/base/json.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "tests/unit/json_check.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

/* The checker itself: a test that cannot fail would prove nothing. */
static void the_checker_is_strict(void)
{
	static const char *const good[] = {"null", " [ ] ", "{}", "[1, -0, 0.5, 1e9, -12.5E-3]", "\"\\u00e9\\n\"",
		"{\"a\": [true, false, {\"b\": \"\"}]}", "[[[[\"x\"]]]]\n", "\"\xC3\xA9\""};
	static const char *const bad[] = {"", "nul", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":1,}", "{a:1}", "01", "+1", ".5",
		"1.", "1e", "\"a", "\"\n\"", "\"\\x\"", "\"\\u12\"", "[] []", "]", "{\"a\":1]", "'a'", "\"\xC3\"", "tru e"};

	for (size_t i = 0; i < N_OF(good); i++)
		ok(json_check(good[i]));
	for (size_t i = 0; i < N_OF(bad); i++) {
		ok(!json_check(bad[i]));
		if (json_check(bad[i]))
			printf("# taken for JSON: %s\n", bad[i]);
	}
	is_str(json_get("{\"a\": [1, {\"b\": \"x\"}], \"ab\": 2}", "a.1.b"), "\"x\"");
	is_str(json_get("{\"a\": [1, {\"b\": \"x\"}], \"ab\": 2}", "ab"), "2");
	is_str(json_get("{\"a\": [1]}", "a.1"), "(none)");
	is_str(json_get("{\"a\": []}", "a.0"), "(none)");
}

static void layout_is_lines_and_rows(void)
{
	struct buf b = {0};
	struct json j;

	json_begin(&j, &b);
	json_array(&j, NULL, JSON_LINES);
	json_object(&j, NULL, JSON_LINES);
	json_string(&j, "name", "a");
	json_array(&j, "rows", JSON_LINES);
	json_object(&j, NULL, JSON_ROW);
	json_int(&j, "n", -1);
	json_array(&j, "in a row", JSON_LINES);
	json_bool(&j, NULL, true);
	json_null(&j, NULL);
	json_close(&j);
	json_close(&j);
	json_close(&j);
	json_array(&j, "empty", JSON_LINES);
	json_close(&j);
	json_object(&j, "none", JSON_ROW);
	json_close(&j);
	json_close(&j);
	json_uint(&j, NULL, UINT64_MAX);
	json_int(&j, NULL, INT64_MIN);
	json_close(&j);
	json_end(&j);
	is_str(buf_text(&b), "[\n"
	                     "  {\n"
	                     "    \"name\": \"a\",\n"
	                     "    \"rows\": [\n"
	                     "      {\"n\": -1, \"in a row\": [true, null]}\n"
	                     "    ],\n"
	                     "    \"empty\": [],\n"
	                     "    \"none\": {}\n"
	                     "  },\n"
	                     "  18446744073709551615,\n"
	                     "  -9223372036854775808\n"
	                     "]\n");
	ok(json_check(buf_text(&b)));
	buf_free(&b);
}

static void text_is_escaped_and_made_utf8(void)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{"", "\"\"\n"},
		{"plain / text", "\"plain / text\"\n"},
		{"a\"b\\c", "\"a\\\"b\\\\c\"\n"},
		{"\b\t\n\f\r\x01\x1F\x7F", "\"\\b\\t\\n\\f\\r\\u0001\\u001f\x7F\"\n"},
		{"\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80", "\"\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80\"\n"},
		{"a\xFFz", "\"a\xEF\xBF\xBDz\"\n"},
		{"\xC3", "\"\xEF\xBF\xBD\"\n"},
		{"\xC3\"", "\"\xEF\xBF\xBD\\\"\"\n"},
		{"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"\n"},
		{NULL, "null\n"},
	};

	for (size_t i = 0; i < N_OF(t); i++) {
		struct buf b = {0};
		struct json j;
		json_begin(&j, &b);
		json_string(&j, NULL, t[i].in);
		json_end(&j);
		is_str(buf_text(&b), t[i].out);
		ok(json_check(buf_text(&b)));
		buf_free(&b);
	}
}

/* Every text of up to three bytes from an alphabet that has one of each kind. */
static void any_bytes_give_a_document(void)
{
	static const char bytes[] = "a\"\\\n\x01\x7F\x80\xBF\xC3\xA9\xE0\xED\xF0\xF4\xFF";
	const size_t n = sizeof bytes - 1;

	for (size_t i = 0; i < n * n * n; i++) {
		char text[] = {bytes[i % n], bytes[i / n % n], bytes[i / n / n], '\0'};
		struct buf b = {0};
		struct json j;
		json_begin(&j, &b);
		json_object(&j, NULL, JSON_ROW);
		json_string(&j, text, text);
		json_close(&j);
		json_end(&j);
		ok(json_check(buf_text(&b)));
		buf_free(&b);
	}
}

static void the_buffer_may_be_emptied_between_calls(void)
{
	struct buf b = {0}, whole = {0};
	struct json j;

	json_begin(&j, &b);
	json_array(&j, NULL, JSON_LINES);
	for (int i = 0; i < 1000; i++) {
		json_object(&j, NULL, JSON_ROW);
		json_int(&j, "i", i);
		json_close(&j);
		buf_add(&whole, b.data, b.len);
		buf_clear(&b);
	}
	json_close(&j);
	json_end(&j);
	buf_add(&whole, b.data, b.len);
	ok(json_check(buf_text(&whole)));
	is_str(json_get(buf_text(&whole), "999.i"), "999");
	buf_free(&b);
	buf_free(&whole);
}

/* --- misuse aborts ------------------------------------------------------------------------------ */

static void two_values(struct json *j)
{
	json_null(j, NULL);
	json_null(j, NULL);
}

static void nameless_member(struct json *j)
{
	json_object(j, NULL, JSON_ROW);
	json_null(j, NULL);
}

static void named_element(struct json *j)
{
	json_array(j, NULL, JSON_ROW);
	json_null(j, "name");
}

static void one_close_too_many(struct json *j)
{
	json_array(j, NULL, JSON_ROW);
	json_close(j);
	json_close(j);
}

static void one_close_too_few(struct json *j)
{
	json_array(j, NULL, JSON_ROW);
	json_end(j);
}

static void nothing_at_all(struct json *j)
{
	json_end(j);
}

static void too_deep(struct json *j)
{
	for (int i = 0; i <= JSON_DEPTH_MAX; i++)
		json_array(j, NULL, JSON_ROW);
}

static void right_use(struct json *j)
{
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		json_array(j, NULL, JSON_ROW);
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		json_close(j);
	json_end(j);
}

static bool aborts(void (*use)(struct json *j))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct buf b = {0};
		struct json j;
		signal(SIGABRT, SIG_DFL);
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		json_begin(&j, &b);
		use(&j);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void wrong_nesting_aborts(void)
{
	ok(aborts(two_values));
	ok(aborts(nameless_member));
	ok(aborts(named_element));
	ok(aborts(one_close_too_many));
	ok(aborts(one_close_too_few));
	ok(aborts(nothing_at_all));
	ok(aborts(too_deep));
	ok(!aborts(right_use));
}

static const struct tap_case cases[] = {
	{"the checker is strict", the_checker_is_strict},
	{"the layout is lines and rows", layout_is_lines_and_rows},
	{"text is escaped and made UTF-8", text_is_escaped_and_made_utf8},
	{"any bytes give a document", any_bytes_give_a_document},
	{"the buffer may be emptied between calls", the_buffer_may_be_emptied_between_calls},
	{"wrong nesting aborts", wrong_nesting_aborts},
};
TAP_MAIN(cases)
