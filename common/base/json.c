#include "common/base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "common/base/str.h"
#include "common/base/banned.h"

void json_begin(struct json *j, struct buf *out)
{
	*j = (struct json){.out = out};
}

void json_end(struct json *j)
{
	assert(j->depth == 0 && j->done);
	buf_addc(j->out, '\n');
}

static void new_line(struct json *j)
{
	buf_addc(j->out, '\n');
	for (unsigned i = 0; i < j->depth; i++)
		buf_adds(j->out, "  ");
}

/* What text may not hold as it is: the quote, the backslash and the control characters (RFC 8259 §7). */
static void escape(struct buf *b, unsigned char c)
{
	static const char *const two[0x20] = {
		['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r"};

	if (c == '"' || c == '\\')
		buf_printf(b, "\\%c", c);
	else if (two[c])
		buf_adds(b, two[c]);
	else
		buf_printf(b, "\\u%04x", c);
}

static bool is_special(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\';
}

static void quoted(struct buf *b, const char *text)
{
	size_t left = strlen(text), good = str_utf8_valid(text, left);

	buf_addc(b, '"');
	while (left) {
		size_t plain = 0;
		while (plain < good && !is_special((unsigned char)text[plain]))
			plain++;
		buf_add(b, text, plain);
		text += plain, left -= plain, good -= plain;
		if (!left)
			break;
		if (good) {
			escape(b, (unsigned char)*text);
			good--;
		} else {
			buf_adds(b, "\xEF\xBF\xBD");
			good = str_utf8_valid(text + 1, left - 1);
		}
		text++, left--;
	}
	buf_addc(b, '"');
}

/* All that comes before a value: comma, new line, name. */
static void lead(struct json *j, const char *name)
{
	if (j->depth == 0) {
		assert(!j->done && !name);
		j->done = true;
		return;
	}
	assert(j->open[j->depth - 1].object == (name != NULL));
	if (j->open[j->depth - 1].some)
		buf_addc(j->out, ',');
	if (!j->open[j->depth - 1].row)
		new_line(j);
	else if (j->open[j->depth - 1].some)
		buf_addc(j->out, ' ');
	j->open[j->depth - 1].some = true;
	if (name) {
		quoted(j->out, name);
		buf_adds(j->out, ": ");
	}
}

static void open_one(struct json *j, const char *name, enum json_layout layout, bool object)
{
	bool row = layout == JSON_ROW || (j->depth && j->open[j->depth - 1].row);

	lead(j, name);
	assert(j->depth < JSON_DEPTH_MAX);
	j->open[j->depth].object = object;
	j->open[j->depth].row = row;
	j->open[j->depth++].some = false;
	buf_addc(j->out, object ? '{' : '[');
}

void json_object(struct json *j, const char *name, enum json_layout layout)
{
	open_one(j, name, layout, true);
}

void json_array(struct json *j, const char *name, enum json_layout layout)
{
	open_one(j, name, layout, false);
}

void json_close(struct json *j)
{
	assert(j->depth);
	j->depth--;
	if (j->open[j->depth].some && !j->open[j->depth].row)
		new_line(j);
	buf_addc(j->out, j->open[j->depth].object ? '}' : ']');
}

void json_string(struct json *j, const char *name, const char *text)
{
	if (!text) {
		json_null(j, name);
		return;
	}
	lead(j, name);
	quoted(j->out, text);
}

void json_bool(struct json *j, const char *name, bool yes)
{
	lead(j, name);
	buf_adds(j->out, yes ? "true" : "false");
}

void json_int(struct json *j, const char *name, int64_t value)
{
	lead(j, name);
	buf_printf(j->out, "%" PRId64, value);
}

void json_uint(struct json *j, const char *name, uint64_t value)
{
	lead(j, name);
	buf_printf(j->out, "%" PRIu64, value);
}

void json_null(struct json *j, const char *name)
{
	lead(j, name);
	buf_adds(j->out, "null");
}
