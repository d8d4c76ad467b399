#include "common/base/guid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/types.h>
#include <unistd.h>

#include "common/base/banned.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

struct guid guid_new(void)
{
	/*
	 * One system call serves 64 GUIDs: a script may make a hundred thousand of them. A child starts
	 * its own pool, or it would hand out the same GUIDs as its parent.
	 */
	static uint8_t pool[64][16];
	static size_t left;
	static pid_t owner;
	struct guid g;

	if (left == 0 || owner != getpid()) {
		for (size_t got = 0; got < sizeof pool;) {
			ssize_t n = getrandom((uint8_t *)pool + got, sizeof pool - got, 0);
			if (n < 0)
				abort();
			got += (size_t)n;
		}
		left = 64;
		owner = getpid();
	}
	memcpy(g.b, pool[--left], 16);
	g.b[6] = (uint8_t)((g.b[6] & 0x0F) | 0x40);
	g.b[8] = (uint8_t)((g.b[8] & 0x3F) | 0x80);
	return g;
}

bool guid_parse(const char *s, struct guid *out)
{
	size_t n = 0;

	if (strlen(s) != GUID_TEXT - 1 || s[0] != '{' || s[37] != '}')
		return false;
	for (size_t i = 1; i < 37;) {
		if (i == 9 || i == 14 || i == 19 || i == 24) {
			if (s[i++] != '-')
				return false;
			continue;
		}
		int hi = hex(s[i]), lo = hex(s[i + 1]);
		if (hi < 0 || lo < 0)
			return false;
		out->b[n++] = (uint8_t)(hi << 4 | lo);
		i += 2;
	}
	return true;
}

char *guid_print(const struct guid *g, char out[GUID_TEXT])
{
	static const char digits[] = "0123456789ABCDEF";
	char *p = out;

	*p++ = '{';
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = digits[g->b[i] >> 4];
		*p++ = digits[g->b[i] & 15];
	}
	*p++ = '}';
	*p = '\0';
	return out;
}

bool guid_eq(const struct guid *a, const struct guid *b)
{
	return memcmp(a->b, b->b, 16) == 0;
}

bool guid_is_null(const struct guid *g)
{
	static const struct guid null;

	return guid_eq(g, &null);
}
