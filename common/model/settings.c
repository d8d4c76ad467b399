#include "common/model/settings.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/model/values.h"
#include "common/base/banned.h"

const struct enum_name setting_names[] = {
	{SET_IPSECDIAGNOSTICS, "ipsecdiagnostics"}, {SET_IKELOGGING, "ikelogging"},
	{SET_STRONGCRLCHECK, "strongcrlcheck"},     {SET_IPSECLOGINTERVAL, "ipsecloginterval"},
	{SET_IPSECEXEMPT, "ipsecexempt"},           {SET_BOOTMODE, "bootmode"},
	{SET_BOOTEXEMPTIONS, "bootexemptions"},     {0, NULL}};

static const struct enum_name bootmode_names[] = {
	{BOOT_STATEFUL, "stateful"}, {BOOT_BLOCK, "block"}, {BOOT_PERMIT, "permit"}, {0, NULL}};
static const struct enum_name direction_names[] = {{false, "inbound"}, {true, "outbound"}, {0, NULL}};

/* Those of Server 2003 (grammar §6.2). */
static const struct {
	uint32_t min, max, dflt;
} limits[SET_BOOTMODE] = {
	[SET_IPSECDIAGNOSTICS] = {0, 7, 0},       [SET_IKELOGGING] = {0, 1, 0},
	[SET_STRONGCRLCHECK] = {0, 2, 1},         [SET_IPSECLOGINTERVAL] = {60, 86400, 3600},
	[SET_IPSECEXEMPT] = {0, 3, 3},
};

void settings_default(struct settings *s)
{
	*s = (struct settings){.bootmode = BOOT_DEFAULT};
	for (size_t i = 0; i < N_OF(limits); i++)
		s->number[i] = limits[i].dflt;
}

enum bootmode settings_bootmode(const struct settings *s)
{
	if (s->bootmode != BOOT_DEFAULT)
		return (enum bootmode)s->bootmode;
	return s->ever_assigned ? BOOT_STATEFUL : BOOT_PERMIT;
}

const char *setting_effect(enum setting_id id)
{
	static const char at_once[] = "takes effect at once", at_boot[] = "takes effect at the next boot";
	static const char *const rows[SETTINGS] = {
		[SET_IPSECDIAGNOSTICS] = at_once, [SET_IKELOGGING] = at_once,
		[SET_STRONGCRLCHECK] = "is kept, and checks nothing: certificates are not supported",
		[SET_IPSECLOGINTERVAL] = at_once, [SET_IPSECEXEMPT] = at_once,
		[SET_BOOTMODE] = at_boot, [SET_BOOTEXEMPTIONS] = at_boot,
	};

	return rows[id];
}

static int parse_number(enum setting_id id, const char *text, const char *tag, uint32_t *out, struct err *e)
{
	uint64_t v;

	if (!*text)
		return err_set(e, VALUE_EMPTY, tag);
	if (strspn(text, "0123456789") != strlen(text))
		return err_set(e, VALUE_BAD, text, tag, "a number", "");
	if (!str_to_u64(text, limits[id].max, &v) || v < limits[id].min)
		return err_set(e, VALUE_RANGE, tag, text, (long long)limits[id].min, (long long)limits[id].max);
	*out = (uint32_t)v;
	return 0;
}

static int parse_bootmode(const char *text, const char *tag, uint8_t *out, struct err *e)
{
	const struct enum_name *row = enum_find(bootmode_names, text);

	if (!row)
		return err_set(e, VALUE_BAD, text, tag, "stateful, block, permit", "");
	*out = (uint8_t)row->value;
	return 0;
}

/* --- boot exemptions: proto:srcport:dstport:direction, or proto:direction without ports ------------ */

enum { PARTS = 4, WORD_MAX = 64 };

static int bad_exemption(const char *word, struct err *e)
{
	return err_set(e, BOOT_EXEMPTION, word,
	    "protocol:direction, or for TCP and UDP protocol:srcport:dstport:direction");
}

static int parse_exemption(const char *word, struct boot_exemption *out, struct err *e)
{
	char copy[WORD_MAX], *part[PARTS], *at = copy;
	const struct enum_name *dir;
	size_t n = 0;

	snprintf(copy, sizeof copy, "%s", word);
	do {
		if (n == PARTS)
			return bad_exemption(word, e);
		part[n++] = at;
		at = strchr(at, ':');
		if (at)
			*at++ = '\0';
	} while (at);
	*out = (struct boot_exemption){.protocol = PROTO_ANY};
	if (protocol_parse(part[0], "value", &out->protocol, e) < 0)
		return -1;
	bool ports = out->protocol == PROTO_TCP || out->protocol == PROTO_UDP;
	uint64_t src = 0, dst = 0;
	if (out->protocol == PROTO_ANY || n != (ports ? 4 : 2) ||
	    (ports && (!str_to_u64(part[1], 65535, &src) || !str_to_u64(part[2], 65535, &dst))))
		return bad_exemption(word, e);
	dir = enum_find(direction_names, part[n - 1]);
	if (!dir)
		return bad_exemption(word, e);
	out->srcport = (uint16_t)src;
	out->dstport = (uint16_t)dst;
	out->outbound = dir->value;
	return 0;
}

static int parse_exemptions(const char *text, struct settings *s, struct err *e)
{
	struct boot_exemption v[BOOT_EXEMPTIONS_MAX];
	char word[WORD_MAX];
	size_t n = 0;

	if (str_caseeq(text, "none")) {
		s->nexempt = 0;
		return 0;
	}
	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t len = strcspn(text, " ");
		snprintf(word, sizeof word, "%.*s", len < WORD_MAX ? (int)len : WORD_MAX - 1, text);
		if (len >= WORD_MAX)
			return bad_exemption(word, e);
		if (n == BOOT_EXEMPTIONS_MAX)
			return err_set(e, BOOT_EXEMPTION, word, "at most 64 of them");
		if (parse_exemption(word, &v[n++], e) < 0)
			return -1;
		text += len;
	}
	if (n == 0)
		return err_set(e, VALUE_EMPTY, "value");
	memcpy(s->exempt, v, n * sizeof v[0]);
	s->nexempt = n;
	return 0;
}

void boot_exemption_print(const struct boot_exemption *x, struct buf *b)
{
	protocol_print(x->protocol, b);
	if (x->protocol == PROTO_TCP || x->protocol == PROTO_UDP)
		buf_printf(b, ":%u:%u", x->srcport, x->dstport);
	buf_printf(b, ":%s", enum_to_name(direction_names, x->outbound));
}

bool boot_exemption_eq(const struct boot_exemption *a, const struct boot_exemption *b)
{
	return a->protocol == b->protocol && a->outbound == b->outbound && a->srcport == b->srcport &&
	    a->dstport == b->dstport;
}

static void print_exemptions(const struct settings *s, struct buf *b)
{
	if (s->nexempt == 0)
		buf_adds(b, "none");
	for (size_t i = 0; i < s->nexempt; i++) {
		buf_adds(b, i ? " " : "");
		boot_exemption_print(&s->exempt[i], b);
	}
}

int setting_parse(enum setting_id id, const char *text, const char *tag, struct settings *s, struct err *e)
{
	if (id == SET_BOOTMODE)
		return parse_bootmode(text, tag, &s->bootmode, e);
	if (id == SET_BOOTEXEMPTIONS)
		return parse_exemptions(text, s, e);
	return parse_number(id, text, tag, &s->number[id], e);
}

void setting_print(const struct settings *s, enum setting_id id, struct buf *b)
{
	const char *mode;

	if (id == SET_BOOTEXEMPTIONS) {
		print_exemptions(s, b);
	} else if (id == SET_BOOTMODE) {
		mode = enum_to_name(bootmode_names, s->bootmode);
		buf_adds(b, mode ? mode : "");
	} else {
		buf_printf(b, "%u", s->number[id]);
	}
}
