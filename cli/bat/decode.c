#include "cli/bat/decode.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/base/banned.h"

/* Names people and `chcp` use, and what iconv calls them. */
static const struct {
	const char *name, *iconv_name;
} codepages[] = {
	{"65001", "UTF-8"}, {"utf-8", "UTF-8"},  {"utf8", "UTF-8"},
	{"936", "CP936"},   {"gbk", "CP936"},    {"gb2312", "CP936"}, {"cp936", "CP936"},
	{"1252", "CP1252"}, {"cp1252", "CP1252"}, {"ansi", "CP1252"},
	{"437", "CP437"},   {"cp437", "CP437"},  {"oem", "CP437"},
	{"850", "CP850"},   {"cp850", "CP850"},
	{"1200", "UTF-16LE"}, {"utf-16", "UTF-16LE"}, {"utf-16le", "UTF-16LE"},
	{"1201", "UTF-16BE"}, {"utf-16be", "UTF-16BE"},
};

static const struct {
	const char *bytes;
	size_t n;
	const char *iconv_name;
} marks[] = {
	{"\xEF\xBB\xBF", 3, "UTF-8"},
	{"\xFF\xFE", 2, "UTF-16LE"},
	{"\xFE\xFF", 2, "UTF-16BE"},
};

static const char *codepage_find(const char *name)
{
	for (size_t i = 0; i < N_OF(codepages); i++)
		if (str_caseeq(codepages[i].name, name))
			return codepages[i].iconv_name;
	return NULL;
}

/* What speaks for and against GBK in the bytes above ASCII. */
struct gbk_score {
	size_t chars; /* pairs in the rows that hold nearly all of running text (GB 2312) */
	size_t odd;   /* pairs GBK allows but text in it seldom has: a letter as second byte */
	size_t boxes; /* a byte twice that draws lines in cp437 (C4 C4, CD CD, ...) */
	bool broken;  /* no GBK at all */
};

static struct gbk_score score_gbk(const unsigned char *p, size_t n)
{
	struct gbk_score s = {0};

	for (size_t i = 0; i < n; i++) {
		if (p[i] < 0x80)
			continue;
		if (p[i] == 0x80 || p[i] == 0xFF || i + 1 == n || p[i + 1] < 0x40 ||
		    p[i + 1] == 0x7F || p[i + 1] == 0xFF) {
			s.broken = true;
			return s;
		}
		if (p[i] == p[i + 1] && p[i] >= 0xB0 && p[i] <= 0xDF)
			s.boxes++;
		else if (p[i] >= 0xA1 && p[i + 1] >= 0xA1)
			s.chars++;
		else
			s.odd++;
		i++;
	}
	return s;
}

static bool is_letter(const unsigned char *p, size_t n, size_t i)
{
	return i < n && (p[i] >= 0x80 || isalpha(p[i]));
}

/*
 * Letters with accents stand at 80-A5 in cp437 and at C0-FF in cp1252, which has signs at 80-9F:
 * quotes and dashes, that stand at the edges of words, but for the apostrophe 92. Lines are drawn
 * by cp437 only.
 */
static bool looks_like_cp437(const unsigned char *p, size_t n)
{
	size_t oem = 0, ansi = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] < 0x80)
			continue;
		bool twin = i + 1 < n && p[i + 1] == p[i];
		bool inside = i && is_letter(p, n, i - 1) && is_letter(p, n, i + 1);
		if (p[i] == 0x81 || p[i] == 0x8D || p[i] == 0x8F || p[i] == 0x90 || p[i] == 0x9D)
			oem += 2; /* no character at all in cp1252 */
		else if (p[i] <= 0xA5 && inside && p[i] != 0x92)
			oem += 2;
		else if (twin && p[i] >= 0xB0 && p[i] <= 0xDF)
			oem += 2;
		else if (p[i] >= 0xC0)
			ansi++;
	}
	return oem > ansi;
}

const char *decode_guess(const char *bytes, size_t n)
{
	if (str_utf8_valid(bytes, n) == n)
		return "UTF-8";
	const unsigned char *p = (const unsigned char *)bytes;
	struct gbk_score s = score_gbk(p, n);
	if (!s.broken && s.chars + s.odd > s.boxes && s.chars >= s.odd)
		return "CP936";
	return looks_like_cp437(p, n) ? "CP437" : "CP1252";
}

/* Valid UTF-8 goes over in runs; every other byte becomes U+FFFD; NUL is dropped. */
static void add_utf8(const char *s, size_t n, struct buf *out)
{
	while (n) {
		size_t good = str_utf8_valid(s, n);
		for (size_t i = 0; i < good;) {
			const char *nul = memchr(s + i, '\0', good - i);
			size_t run = nul ? (size_t)(nul - s) - i : good - i;
			buf_add(out, s + i, run);
			i += run + (nul != NULL);
		}
		s += good;
		n -= good;
		if (n) {
			buf_adds(out, "\xEF\xBF\xBD");
			s++;
			n--;
		}
	}
}

static int add_converted(const char *s, size_t n, const char *from, struct buf *out, struct err *e)
{
	iconv_t cd = iconv_open("UTF-8", from);
	struct buf text = {0};
	char *in = (char *)(size_t)s; /* iconv() does not change it, its prototype cannot say so */

	if (cd == (iconv_t)-1)
		return err_set(e, BAT, "this system cannot read the encoding of the file");
	while (n) {
		char chunk[4096], *to = chunk;
		size_t room = sizeof chunk;
		size_t r = iconv(cd, &in, &n, &to, &room);
		int why = errno;
		buf_add(&text, chunk, (size_t)(to - chunk));
		if (r != (size_t)-1 || why == E2BIG)
			continue;
		/* EILSEQ, or EINVAL for a character cut off at the end */
		buf_adds(&text, "\xEF\xBF\xBD");
		in++;
		n--;
	}
	iconv_close(cd);
	add_utf8(buf_text(&text), text.len, out);
	buf_free(&text);
	return 0;
}

int decode_text(const char *bytes, size_t n, const char *codepage, struct buf *out, struct err *e)
{
	const char *from = NULL;

	for (size_t i = 0; i < N_OF(marks) && !from; i++) {
		if (n >= marks[i].n && memcmp(bytes, marks[i].bytes, marks[i].n) == 0) {
			from = marks[i].iconv_name;
			bytes += marks[i].n;
			n -= marks[i].n;
		}
	}
	if (!from && codepage && !(from = codepage_find(codepage)))
		return err_set(e, BAT, "unknown code page");
	if (!from)
		from = decode_guess(bytes, n);
	if (strcmp(from, "UTF-8") != 0)
		return add_converted(bytes, n, from, out, e);
	add_utf8(bytes, n, out);
	return 0;
}
