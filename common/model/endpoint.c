/* Addresses, masks and certificate names: the rest of values.h (netsh-ipsec-grammar §3.2, §3.8). */
#include "common/model/values.h"

#include <string.h>

#include "common/base/banned.h"

enum { ADDR_TEXT_MAX = 255 }; /* RFC 1035 §2.3.4: no name is longer */

/* Letters, digits, '-', '_' in labels of 1 to 63; at least one letter, so no botched dotted quad. */
static bool is_hostname(const char *s)
{
	size_t label = 0;
	bool letter = false;

	if (strlen(s) > ADDR_TEXT_MAX)
		return false;
	for (; *s; s++) {
		char c = *s;
		bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
			continue;
		}
		if (!alpha && !(c >= '0' && c <= '9') && !(c == '-' && label > 0))
			return false;
		if (++label > 63)
			return false;
		letter |= alpha;
	}
	return letter;
}

/* Copies s[0..n) and parses it as one plain address. */
static bool part_parse(const char *s, size_t n, struct ip *out)
{
	char part[IP_TEXT];

	if (n == 0 || n >= sizeof part)
		return false;
	memcpy(part, s, n);
	part[n] = '\0';
	return ip_parse(part, out);
}

static int range_parse(const char *text, const char *dash, const char *tag, struct endpoint *out,
    struct err *e)
{
	struct ip lo, hi;

	if (!part_parse(text, (size_t)(dash - text), &lo) || !ip_parse(dash + 1, &hi))
		return err_set(e, ADDR_RANGE, tag, text, "both ends must be plain addresses");
	if (lo.family != hi.family)
		return err_set(e, ADDR_RANGE, tag, text, "its ends are of different IP versions");
	if (ip_cmp(&lo, &hi) > 0)
		return err_set(e, ADDR_RANGE, tag, text, "it ends before it begins");
	*out = (struct endpoint){.kind = END_RANGE, .lo = lo, .hi = hi};
	if (ip_eq(&lo, &hi))
		*out = (struct endpoint){.kind = END_NET, .plen = (uint8_t)ip_bits(lo.family), .lo = lo};
	return 0;
}

/* Prefix length in digits, `least`..bits of the family. */
static bool plen_parse(const char *s, uint8_t family, unsigned least, uint8_t *plen)
{
	uint64_t v;

	if (!str_to_u64(s, family == IP_V4 ? 32 : 128, &v) || v < least)
		return false;
	*plen = (uint8_t)v;
	return true;
}

static int prefix_parse(const char *text, const char *slash, const char *tag, struct endpoint *out,
    struct err *e)
{
	struct ip ip;
	uint8_t plen;

	if (!part_parse(text, (size_t)(slash - text), &ip))
		return err_set(e, ADDR_BAD, tag, text);
	if (!plen_parse(slash + 1, ip.family, 0, &plen) &&
	    mask_parse(slash + 1, tag, ip.family, &plen, e) < 0)
		return err_set(e, MASK_BAD, tag, text);
	*out = (struct endpoint){.kind = END_NET, .plen = plen, .lo = ip_mask(&ip, plen)};
	return 0;
}

static bool word_parse(const char *text, struct endpoint *out)
{
	/* Whole words only: a prefix such as "d" is more likely the name of a host. */
	static const struct enum_name fixed[] = {{END_ANY, "any"}, {END_ME, "me"}, {0, NULL}};
	const struct enum_name *const tables[] = {fixed, server_names};

	for (size_t i = 0; i < 2; i++)
		for (const struct enum_name *t = tables[i]; t->name; t++)
			if (str_caseeq(text, t->name)) {
				*out = (struct endpoint){.kind = (uint8_t)t->value};
				return true;
			}
	return false;
}

int endpoint_parse(const char *text, const char *tag, struct endpoint *out, bool *is_name, struct err *e)
{
	const char *dash = strchr(text, '-'), *slash = strchr(text, '/');
	struct ip ip;

	*is_name = false;
	if (!*text)
		return err_set(e, VALUE_EMPTY, tag);
	if (word_parse(text, out))
		return 0;
	if (ip_parse(text, &ip)) {
		*out = (struct endpoint){.kind = END_NET, .plen = (uint8_t)ip_bits(ip.family), .lo = ip};
		return 0;
	}
	/* Host names hold hyphens too, so a range is told by an address on either side of one. */
	if (dash && (part_parse(text, (size_t)(dash - text), &ip) || ip_parse(dash + 1, &ip)))
		return range_parse(text, dash, tag, out, e);
	if (slash)
		return prefix_parse(text, slash, tag, out, e);
	if (!is_hostname(text))
		return err_set(e, ADDR_BAD, tag, text);
	*is_name = true;
	return 0;
}

int mask_parse(const char *text, const char *tag, uint8_t family, uint8_t *plen, struct err *e)
{
	struct ip mask;
	unsigned n;

	if (!*text)
		return err_set(e, VALUE_EMPTY, tag);
	if (plen_parse(text, family, 1, plen))
		return 0;
	if (family == IP_V6 || !ip_parse(text, &mask) || !ip_mask_to_plen(&mask, &n))
		return err_set(e, MASK_BAD, tag, text);
	*plen = (uint8_t)n;
	return 0;
}

void endpoint_print(const struct endpoint *p, struct buf *b)
{
	char text[IP_TEXT];
	const char *server = enum_to_name(server_names, p->kind);

	switch ((enum end_kind)p->kind) {
	case END_ANY:
		buf_adds(b, "any");
		break;
	case END_ME:
		buf_adds(b, "me");
		break;
	case END_NET:
		buf_adds(b, ip_print(&p->lo, text));
		if (p->plen != ip_bits(p->lo.family))
			buf_printf(b, "/%u", p->plen);
		break;
	case END_RANGE:
		buf_printf(b, "%s-", ip_print(&p->lo, text));
		buf_adds(b, ip_print(&p->hi, text));
		break;
	case END_DNS:
	case END_WINS:
	case END_DHCP:
	case END_GATEWAY:
		buf_adds(b, server);
		break;
	}
}

bool endpoint_eq(const struct endpoint *a, const struct endpoint *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == END_NET)
		return a->plen == b->plen && ip_eq(&a->lo, &b->lo);
	if (a->kind == END_RANGE)
		return ip_eq(&a->lo, &b->lo) && ip_eq(&a->hi, &b->hi);
	return true;
}

/* --- rootca (§3.8) ------------------------------------------------------------------------------ */

/* Cuts " certmap:yn" or " excludecaname:yn" off the end of s[0..*len). 1: did, 0: neither, -1: bad yn. */
static int rootca_suffix(char *s, size_t *len, struct auth_method *m, struct err *e)
{
	static const struct enum_name yesno[] = {{1, "yes"}, {0, "no"}, {0, NULL}};
	char *word = s + *len, *colon;
	const struct enum_name *row;
	bool *flag;

	while (word > s && word[-1] != ' ')
		word--;
	colon = strchr(word, ':');
	if (!colon)
		return 0;
	*colon = '\0';
	flag = str_caseeq(word, "certmap")         ? &m->certmap
	       : str_caseeq(word, "excludecaname") ? &m->excludecaname
	                                           : NULL;
	if (!flag) {
		*colon = ':';
		return 0;
	}
	row = enum_find(yesno, colon + 1);
	if (!row)
		return err_set(e, VALUE_BAD, colon + 1, word, "yes or no", "");
	*flag = row->value;
	while (word > s && word[-1] == ' ')
		word--;
	*word = '\0';
	*len = (size_t)(word - s);
	return 1;
}

int rootca_parse(const char *text, struct arena *a, struct auth_method *out, struct err *e)
{
	struct auth_method m = {.kind = AUTH_ROOTCA};
	char *s = arena_strdup(a, text + strspn(text, " "));
	size_t len = 0;
	int cut = 1;

	for (const char *p = s; *p; p++) {
		/* A quote inside the name is written \' because the value itself stands in quotes. */
		bool quote = p[0] == '\\' && p[1] == '\'';
		s[len++] = quote ? '"' : *p;
		p += quote;
	}
	while (len > 0 && s[len - 1] == ' ')
		len--;
	s[len] = '\0';
	for (int i = 0; i < 2 && cut > 0; i++) {
		cut = rootca_suffix(s, &len, &m, e);
		if (cut < 0)
			return -1;
	}
	if (len == 0)
		return err_set(e, VALUE_EMPTY, "rootca");
	if (len > MODEL_TEXT_MAX)
		return err_set(e, VALUE_TEXT, "rootca", "is too long");
	m.text = s;
	*out = m;
	return 0;
}
