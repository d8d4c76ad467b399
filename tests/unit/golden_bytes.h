/*
 * Bytes that must stay as they are, as they stand in a file of tests/unit/data: a name, then lines of hex behind a
 * blank. A difference means that the two ends of a channel would not understand each other: bump the channel's version
 * and take what the test prints when BYTES=1 is in its environment.
 */
#ifndef TESTS_GOLDEN_BYTES_H
#define TESTS_GOLDEN_BYTES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "tests/unit/tap.h"

static inline void golden_print(struct buf *b, const char *name, const uint8_t *p, size_t n)
{
	buf_printf(b, "%s\n", name);
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%s%02x%s", i % 32 ? "" : " ", p[i], i % 32 == 31 || i + 1 == n ? "\n" : "");
}

/* The part of `all` that begins with the line `name`, up to the next name. false: there is none. */
static inline bool golden_find(const char *all, const char *name, struct buf *out)
{
	size_t len = strlen(name);
	const char *p = all;

	while (p && !(strncmp(p, name, len) == 0 && p[len] == '\n')) {
		p = strchr(p, '\n');
		p = p && p[1] ? p + 1 : NULL;
	}
	if (!p)
		return false;
	do {
		const char *end = strchr(p, '\n');
		end = end ? end + 1 : p + strlen(p);
		buf_add(out, p, (size_t)(end - p));
		p = end;
	} while (*p == ' ');
	return true;
}

/* Are these n bytes what `file` says under `name`? */
static inline void golden_is(const char *file, const char *name, const uint8_t *p, size_t n)
{
	struct buf all = {0}, want = {0}, got = {0};
	char chunk[4096];
	FILE *f = fopen(file, "r");

	ok(f != NULL);
	for (size_t k; f && (k = fread(chunk, 1, sizeof chunk, f)) > 0;)
		buf_add(&all, chunk, k);
	if (f)
		fclose(f);
	golden_print(&got, name, p, n);
	if (getenv("BYTES"))
		fputs(buf_text(&got), stderr);
	ok(golden_find(buf_text(&all), name, &want));
	is_str(buf_text(&got), buf_text(&want));
	buf_free(&all);
	buf_free(&want);
	buf_free(&got);
}

#endif
