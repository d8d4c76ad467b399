#include "common/boot/copy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/base/banned.h"

#define MAGIC "ipsecsh-boot "
#define CHECKSUM "checksum "
enum { CHECKSUM_LINE = sizeof CHECKSUM - 1 + 8 + 1 };

uint32_t bootcopy_crc32(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint32_t crc = ~0u;

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
	}
	return ~crc;
}

/* --- values ------------------------------------------------------------------------------------- */

void bootcopy_make(const struct settings *s, bool assigned_persistent, struct bootcopy *out)
{
	*out = (struct bootcopy){.mode = s->bootmode,
		.ever_assigned = s->ever_assigned || assigned_persistent,
		.assigned_local = s->assigned,
		.assigned_persistent = assigned_persistent,
		.nexempt = s->nexempt};
	memcpy(out->exempt, s->exempt, s->nexempt * sizeof s->exempt[0]);
}

void bootcopy_unknown(struct bootcopy *out)
{
	*out = (struct bootcopy){.mode = BOOT_BLOCK, .ever_assigned = true, .assigned_local = true,
		.assigned_persistent = true};
}

enum bootmode bootcopy_mode(const struct bootcopy *c)
{
	const struct settings s = {.bootmode = c->mode, .ever_assigned = c->ever_assigned};

	return settings_bootmode(&s);
}

static bool has_exemption(const struct bootcopy *c, const struct boot_exemption *x)
{
	for (size_t i = 0; i < c->nexempt; i++)
		if (boot_exemption_eq(&c->exempt[i], x))
			return true;
	return false;
}

static enum bootmode stricter(enum bootmode a, enum bootmode b)
{
	static const int strictness[] = {[BOOT_PERMIT] = 1, [BOOT_STATEFUL] = 2, [BOOT_BLOCK] = 3};

	return strictness[a] >= strictness[b] ? a : b;
}

void bootcopy_strictest(const struct bootcopy *a, const struct bootcopy *b, struct bootcopy *out)
{
	struct bootcopy c = {.ever_assigned = a->ever_assigned || b->ever_assigned,
		.assigned_local = a->assigned_local || b->assigned_local,
		.assigned_persistent = a->assigned_persistent || b->assigned_persistent};

	c.mode = (uint8_t)stricter(bootcopy_mode(a), bootcopy_mode(b));
	for (size_t i = 0; i < a->nexempt; i++)
		if (has_exemption(b, &a->exempt[i]))
			c.exempt[c.nexempt++] = a->exempt[i];
	*out = c;
}

bool bootcopy_eq(const struct bootcopy *a, const struct bootcopy *b)
{
	if (a->mode != b->mode || a->ever_assigned != b->ever_assigned || a->assigned_local != b->assigned_local ||
	    a->assigned_persistent != b->assigned_persistent || a->nexempt != b->nexempt)
		return false;
	for (size_t i = 0; i < a->nexempt; i++)
		if (!boot_exemption_eq(&a->exempt[i], &b->exempt[i]))
			return false;
	return true;
}

/* --- text --------------------------------------------------------------------------------------- */

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

void bootcopy_print(const struct bootcopy *c, struct buf *b)
{
	struct settings s = {.bootmode = c->mode, .nexempt = c->nexempt};
	size_t start = b->len;

	memcpy(s.exempt, c->exempt, c->nexempt * sizeof c->exempt[0]);
	buf_printf(b, MAGIC "%d\nbootmode ", BOOTCOPY_VERSION);
	if (c->mode == BOOT_DEFAULT)
		buf_adds(b, "default");
	else
		setting_print(&s, SET_BOOTMODE, b);
	buf_adds(b, "\nbootexemptions ");
	setting_print(&s, SET_BOOTEXEMPTIONS, b);
	buf_printf(b, "\neverassigned %s\nassigned-local %s\nassigned-persistent %s\n", yes_no(c->ever_assigned),
	    yes_no(c->assigned_local), yes_no(c->assigned_persistent));
	buf_printf(b, CHECKSUM "%08x\n", bootcopy_crc32(buf_text(b) + start, b->len - start));
}

/* The version of a text that begins as ours; 0: it does not. */
static uint64_t version_of(const char *text)
{
	char number[24];
	uint64_t version;
	size_t n;

	if (strncmp(text, MAGIC, sizeof MAGIC - 1) != 0)
		return 0;
	text += sizeof MAGIC - 1;
	n = strcspn(text, "\n");
	if (n >= sizeof number)
		return 0;
	memcpy(number, text, n);
	number[n] = '\0';
	return str_to_u64(number, UINT64_MAX, &version) ? version : 0;
}

static bool checksum_fits(const char *text, size_t n)
{
	char line[CHECKSUM_LINE + 1];

	if (n < CHECKSUM_LINE)
		return false;
	snprintf(line, sizeof line, CHECKSUM "%08x\n", bootcopy_crc32(text, n - CHECKSUM_LINE));
	return memcmp(text + n - CHECKSUM_LINE, line, CHECKSUM_LINE) == 0;
}

/* The value of the line `key` in a text of such lines, or NULL; the caller frees. */
static char *value_of(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (strncmp(text, key, n) == 0 && text[n] == ' ')
			return xstrndup(text + n + 1, strcspn(text + n + 1, "\n"));
	return NULL;
}

static void take_bool(const char *text, const char *key, bool *out)
{
	char *value = value_of(text, key);

	*out = value && strcmp(value, "yes") == 0;
	free(value);
}

static void take_setting(const char *text, const char *key, enum setting_id id, struct settings *s)
{
	char *value = value_of(text, key);
	struct err ignored = {0};

	if (value)
		setting_parse(id, value, key, s, &ignored);
	free(value);
}

/* Takes what it understands: whether that was all is seen by printing it. */
static void take_all(const char *text, struct bootcopy *out)
{
	struct settings s = {0};

	take_setting(text, "bootmode", SET_BOOTMODE, &s);
	take_setting(text, "bootexemptions", SET_BOOTEXEMPTIONS, &s);
	*out = (struct bootcopy){.mode = s.bootmode, .nexempt = s.nexempt};
	memcpy(out->exempt, s.exempt, s.nexempt * sizeof s.exempt[0]);
	take_bool(text, "everassigned", &out->ever_assigned);
	take_bool(text, "assigned-local", &out->assigned_local);
	take_bool(text, "assigned-persistent", &out->assigned_persistent);
}

static bool prints_as(const struct bootcopy *c, const char *text, size_t n)
{
	struct buf b = {0};

	bootcopy_print(c, &b);
	bool same = b.len == n && memcmp(buf_text(&b), text, n) == 0;
	buf_free(&b);
	return same;
}

int bootcopy_parse(const char *text, size_t n, const char *name, struct bootcopy *out, struct err *e)
{
	char *copy;

	if (n == 0)
		return err_set(e, BOOT_COPY_BAD, name, "it is empty");
	if (n > BOOTCOPY_MAX)
		return err_set(e, BOOT_COPY_BAD, name, "it is too large");
	copy = xstrndup(text, n); /* ends at a NUL, and then is no longer what was given */
	uint64_t version = version_of(copy);
	int rc = 0;
	take_all(copy, out);
	if (version > BOOTCOPY_VERSION)
		rc = err_set(e, BOOT_COPY_NEWER, name, (unsigned long long)version, BOOTCOPY_VERSION);
	else if (version == 0)
		rc = err_set(e, BOOT_COPY_BAD, name, "it does not begin as one");
	else if (!checksum_fits(text, n))
		rc = err_set(e, BOOT_COPY_BAD, name, "its checksum does not fit");
	else if (!prints_as(out, text, n))
		rc = err_set(e, BOOT_COPY_BAD, name, "it holds what ipsecsh does not write");
	free(copy);
	return rc;
}
