/*
 * The value grammars of netsh-ipsec-grammar §3, parser beside printer (addresses: endpoint.c). Words
 * of an offer are matched whole, not by prefix: "3" must not become 3DES. Nothing here resolves names
 * or knows a default mask; the command line does (cli/address.c).
 */
#include "common/model/values.h"

#include <string.h>

#include "common/model/offer_word.h"
#include "common/base/banned.h"

/* --- main mode offers (§3.4) -------------------------------------------------------------------- */

/* What the words may be, for messages. */
static const struct alphabet {
	int encr, integ; /* the last ones of their enums */
	const char *mm_ciphers, *hashes, *groups, *esp_ciphers, *esp_hashes;
} alphabets[] = {
	[DIALECT_LINUX] = {ENCR_AESGCM256, INTEG_SHA512, "the cipher must be DES, 3DES, AES128, AES192 or AES256",
	    "the hash must be MD5, SHA1, SHA256, SHA384 or SHA512",
	    "the group must be 1, 2, 3, 14, 15, 16, 19, 20, 21 or 31",
	    "the ESP cipher must be DES, 3DES, AES128, AES192, AES256, AESGCM128, AESGCM256 or None",
	    "the ESP hash must be MD5, SHA1, SHA256, SHA384, SHA512 or None"},
	[DIALECT_WINDOWS] = {ENCR_3DES, INTEG_SHA1, "the cipher must be DES or 3DES", "the hash must be MD5 or SHA1",
	    "the group must be 1, 2 or 3", "the ESP cipher must be DES, 3DES or None",
	    "the ESP hash must be MD5, SHA1 or None"},
};

bool encr_is_aead(uint8_t encr)
{
	return encr == ENCR_AESGCM128 || encr == ENCR_AESGCM256;
}

static bool encr_word(struct offer_word *w, const struct alphabet *abc, const char *stops, int *out)
{
	return offer_enum(w, encr_names, stops, out) && *out <= abc->encr;
}

static bool integ_word(struct offer_word *w, const struct alphabet *abc, const char *stops, int *out)
{
	return offer_enum(w, integ_names, stops, out) && *out <= abc->integ;
}

static bool group_word(struct offer_word *w, const struct alphabet *abc, uint8_t *out)
{
	static const uint8_t groups[] = {1, 2, 3, 14, 15, 16, 19, 20, 21, 31};
	uint64_t v;

	if (*w->at == '0' || !offer_number(w, 255, &v) || *w->at)
		return false;
	*out = (uint8_t)v;
	for (size_t i = 0; i < sizeof groups; i++)
		if (groups[i] == v)
			return v <= 3 || abc->encr > ENCR_3DES;
	return false;
}

static int mm_offer_parse(const char *word, const struct alphabet *abc, const char *tag, struct mm_offer *o,
    struct err *e)
{
	struct offer_word w = {word};
	int encr, integ;

	if (!encr_word(&w, abc, "-", &encr) || encr == ENCR_NONE || encr_is_aead((uint8_t)encr))
		return err_set(e, OFFER_BAD, tag, word, abc->mm_ciphers);
	if (!offer_lit(&w, "-"))
		return err_set(e, OFFER_BAD, tag, word, "expected Cipher-Hash-Group, like 3DES-SHA1-2");
	if (!integ_word(&w, abc, "-", &integ) || integ == INTEG_NONE)
		return err_set(e, OFFER_BAD, tag, word, abc->hashes);
	if (!offer_lit(&w, "-"))
		return err_set(e, OFFER_BAD, tag, word, "the group is missing");
	*o = (struct mm_offer){.encr = (uint8_t)encr, .integ = (uint8_t)integ};
	return group_word(&w, abc, &o->group) ? 0 : err_set(e, OFFER_BAD, tag, word, abc->groups);
}

int mm_offers_parse(const char *text, enum dialect dialect, const char *tag, struct mm_offers *out, struct err *e)
{
	struct mm_offers r = {.n = 0};
	char word[OFFER_WORD_MAX];

	for (;;) {
		int got = offer_next(&text, tag, word, e);
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		if (r.n == MODEL_OFFERS_MAX)
			return err_set(e, OFFER_BAD, tag, word, "the list is too long");
		if (mm_offer_parse(word, &alphabets[dialect], tag, &r.v[r.n++], e) < 0)
			return -1;
	}
	if (r.n == 0)
		return err_set(e, VALUE_EMPTY, tag);
	*out = r;
	return 0;
}

void mm_offers_print(const struct mm_offers *o, struct buf *b)
{
	for (size_t i = 0; i < o->n; i++)
		buf_printf(b, "%s%s-%s-%u", i ? " " : "", enum_to_name(encr_names, o->v[i].encr),
		    enum_to_name(integ_names, o->v[i].integ), o->v[i].group);
}

bool mm_offers_sayable(const struct mm_offers *o)
{
	struct mm_offers said = {.n = 0};
	struct buf b = {0};
	struct err e = {0};

	mm_offers_print(o, &b);
	mm_offers_parse(buf_text(&b), DIALECT_LINUX, "", &said, &e);
	buf_free(&b);
	return said.n == o->n && memcmp(said.v, o->v, o->n * sizeof *o->v) == 0;
}

/* --- quick mode offers (§3.5) ------------------------------------------------------------------- */

/* Limits of §3.5; 0 stands for "not given" in the model and is not accepted from outside. */
enum { LIFE_KB_MIN = 20480, LIFE_S_MIN = 300, LIFE_S_MAX = 172799 };
#define LIFE_KB_MAX 2147483647u

static const char *life_parse(struct offer_word *w, struct qm_offer *o)
{
	for (int part = 0; part < 2; part++) {
		uint64_t v;
		if (!offer_number(w, UINT32_MAX, &v))
			return "a lifetime is written like 100000k/3600s";
		if (part == 0 && offer_lit(w, "k")) {
			if (v < LIFE_KB_MIN || v > LIFE_KB_MAX)
				return "kilobytes must be 20480 to 2147483647";
			o->life_kb = (uint32_t)v;
			if (!*w->at)
				return NULL;
			if (!offer_lit(w, "/"))
				return "kilobytes and seconds are separated by '/'";
		} else if (offer_lit(w, "s")) {
			if (v < LIFE_S_MIN || v > LIFE_S_MAX)
				return "seconds must be 300 to 172799";
			o->life_s = (uint32_t)v;
			return *w->at ? "nothing may follow the lifetime" : NULL;
		} else {
			return "a lifetime is written like 100000k/3600s";
		}
	}
	return "a lifetime is written like 100000k/3600s";
}

static const char *esp_parse(struct offer_word *w, const struct alphabet *abc, struct qm_offer *o)
{
	int encr, integ = INTEG_NONE;

	if (!offer_lit(w, "ESP["))
		return "expected ESP[cipher,hash] or AH[hash]";
	if (!encr_word(w, abc, ",]", &encr))
		return abc->esp_ciphers;
	bool alone = encr_is_aead((uint8_t)encr) && *w->at == ']';
	if (!alone && (!offer_lit(w, ",") || !integ_word(w, abc, "]", &integ)))
		return abc->esp_hashes;
	if (!offer_lit(w, "]"))
		return "a ']' is missing";
	if (encr == ENCR_NONE && integ == INTEG_NONE)
		return "ESP[None,None] protects nothing";
	if (encr_is_aead((uint8_t)encr) && integ != INTEG_NONE)
		return "AESGCM authenticates by itself and takes no hash";
	o->esp = true;
	o->encr = (uint8_t)encr;
	o->integ = (uint8_t)integ;
	return NULL;
}

/* NULL, or what is wrong. */
static const char *qm_offer_parse(struct offer_word *w, const struct alphabet *abc, struct qm_offer *o)
{
	int ah;

	if (offer_lit(w, "AH[")) {
		if (!integ_word(w, abc, "]", &ah) || ah == INTEG_NONE)
			return abc->hashes;
		if (!offer_lit(w, "]"))
			return "a ']' is missing";
		o->ah = (uint8_t)ah;
	}
	if (!o->ah || offer_lit(w, "+")) {
		const char *why = esp_parse(w, abc, o);
		if (why)
			return why;
	}
	if (!*w->at)
		return NULL;
	if (!offer_lit(w, ":"))
		return "only ':' and a lifetime may follow";
	return life_parse(w, o);
}

int qm_offers_parse(const char *text, enum dialect dialect, const char *tag, struct qm_offers *out, struct err *e)
{
	struct qm_offers r = {.n = 0};
	char word[OFFER_WORD_MAX];

	for (;;) {
		int got = offer_next(&text, tag, word, e);
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		if (r.n == MODEL_OFFERS_MAX)
			return err_set(e, OFFER_BAD, tag, word, "the list is too long");
		struct offer_word w = {word};
		const char *why = qm_offer_parse(&w, &alphabets[dialect], &r.v[r.n++]);
		if (why)
			return err_set(e, OFFER_BAD, tag, word, why);
	}
	if (r.n == 0)
		return err_set(e, VALUE_EMPTY, tag);
	*out = r;
	return 0;
}

static void qm_offer_print(const struct qm_offer *o, struct buf *b)
{
	if (o->ah)
		buf_printf(b, "AH[%s]%s", enum_to_name(integ_names, o->ah), o->esp ? "+" : "");
	if (o->esp && encr_is_aead(o->encr))
		buf_printf(b, "ESP[%s]", enum_to_name(encr_names, o->encr));
	else if (o->esp)
		buf_printf(b, "ESP[%s,%s]", enum_to_name(encr_names, o->encr),
		    enum_to_name(integ_names, o->integ));
	if (o->life_kb)
		buf_printf(b, ":%uk", o->life_kb);
	if (o->life_s)
		buf_printf(b, "%s%us", o->life_kb ? "/" : ":", o->life_s);
}

void qm_offers_print(const struct qm_offers *o, struct buf *b)
{
	for (size_t i = 0; i < o->n; i++) {
		if (i)
			buf_addc(b, ' ');
		qm_offer_print(&o->v[i], b);
	}
}

bool qm_offers_sayable(const struct qm_offers *o)
{
	struct qm_offers said = {.n = 0};
	struct buf b = {0};
	struct err e = {0};

	qm_offers_print(o, &b);
	qm_offers_parse(buf_text(&b), DIALECT_LINUX, "", &said, &e);
	buf_free(&b);
	return said.n == o->n && memcmp(said.v, o->v, o->n * sizeof *o->v) == 0;
}

void qm_offers_default_rule(enum dialect dialect, struct qm_offers *out)
{
	struct err never = {0};

	qm_offers_parse(dialect == DIALECT_WINDOWS ? QM_DEFAULT_RULE_WINDOWS : QM_DEFAULT_RULE, dialect, "", out,
	    &never);
}

/* --- weak methods --------------------------------------------------------------------------------- */

/*
 * MUST NOT or SHOULD NOT in RFC 8247 §2 (IKE) or RFC 8221 §5, §6 (ESP, AH): DES, MD5 and the groups 1 and 2.
 * 3DES and SHA-1 are on their way there, but what Windows 2003 can do best.
 */
const char *mm_offers_weak(const struct mm_offers *o)
{
	for (size_t i = 0; i < o->n; i++) {
		if (o->v[i].encr == ENCR_DES)
			return "DES";
		if (o->v[i].integ == INTEG_MD5)
			return "MD5";
		if (o->v[i].group <= 2)
			return o->v[i].group == 1 ? "group 1" : "group 2";
	}
	return NULL;
}

const char *qm_offers_weak(const struct qm_offers *o)
{
	for (size_t i = 0; i < o->n; i++) {
		if (o->v[i].esp && o->v[i].encr == ENCR_DES)
			return "DES";
		if (o->v[i].ah == INTEG_MD5 || (o->v[i].esp && o->v[i].integ == INTEG_MD5))
			return "MD5";
	}
	return NULL;
}

/* --- protocol (§3.3) ---------------------------------------------------------------------------- */

int protocol_parse(const char *text, const char *tag, uint8_t *out, struct err *e)
{
	const struct enum_name *row;
	uint64_t v;

	if (!*text)
		return err_set(e, VALUE_EMPTY, tag);
	if (strspn(text, "0123456789") == strlen(text)) {
		if (!str_to_u64(text, 255, &v))
			return err_set(e, VALUE_RANGE, tag, text, 0LL, 255LL);
		*out = (uint8_t)v;
		return 0;
	}
	row = enum_find(protocol_names, text);
	if (!row)
		return err_set(e, VALUE_BAD, text, tag, "ANY, ICMP, TCP, UDP, RAW or 0 to 255", "");
	*out = (uint8_t)row->value;
	return 0;
}

void protocol_print(uint8_t protocol, struct buf *b)
{
	const char *name = enum_to_name(protocol_names, protocol);

	if (name)
		buf_adds(b, name);
	else
		buf_printf(b, "%u", protocol);
}

/* --- filters (§3.2, §3.3) ----------------------------------------------------------------------- */

static bool is_address(const struct endpoint *p)
{
	return p->kind == END_NET || p->kind == END_RANGE;
}

static bool is_server(const struct endpoint *p)
{
	return enum_to_name(server_names, p->kind) != NULL;
}

/* A server type stands for addresses seen from this host, so the other side is this host (§3.2). */
static int check_server(const struct endpoint *server, const struct endpoint *other, struct err *e)
{
	struct buf b = {0};
	int r = 0;

	if (is_server(server) && other->kind != END_ME) {
		endpoint_print(other, &b);
		r = err_set(e, SERVER_NEEDS_ME, enum_to_name(server_names, server->kind), buf_text(&b));
		buf_free(&b);
	}
	return r;
}

static int check_families(const struct filter *f, struct err *e)
{
	struct buf src = {0}, dst = {0};
	int r = 0;

	if (is_address(&f->src) && is_address(&f->dst) && f->src.lo.family != f->dst.lo.family) {
		endpoint_print(&f->src, &src);
		endpoint_print(&f->dst, &dst);
		r = err_set(e, ADDR_FAMILIES, buf_text(&src), buf_text(&dst));
		buf_free(&src);
		buf_free(&dst);
	}
	return r;
}

static int check_sides_differ(const struct filter *f, struct err *e)
{
	bool host = f->src.kind == END_NET && f->src.plen == ip_bits(f->src.lo.family);
	struct buf b = {0};
	int r = 0;

	/* any to any, and a subnet with itself, are meaningful; one host with itself is not. */
	if ((f->src.kind == END_ME || host) && endpoint_eq(&f->src, &f->dst)) {
		endpoint_print(&f->src, &b);
		r = err_set(e, BOTH_SIDES_ME, buf_text(&b));
		buf_free(&b);
	}
	return r;
}

int filter_validate(const struct filter *f, struct err *e)
{
	if (check_server(&f->src, &f->dst, e) < 0 || check_server(&f->dst, &f->src, e) < 0 ||
	    check_families(f, e) < 0 || check_sides_differ(f, e) < 0)
		return -1;
	if (f->protocol == PROTO_TCP || f->protocol == PROTO_UDP)
		return 0;
	if (f->srcport)
		return err_set(e, PORT_NEEDS_PROTO, "srcport", (unsigned)f->srcport);
	if (f->dstport)
		return err_set(e, PORT_NEEDS_PROTO, "dstport", (unsigned)f->dstport);
	return 0;
}

bool filter_same(const struct filter *a, const struct filter *b)
{
	return endpoint_eq(&a->src, &b->src) && endpoint_eq(&a->dst, &b->dst) &&
	       a->protocol == b->protocol && a->srcport == b->srcport && a->dstport == b->dstport &&
	       a->mirrored == b->mirrored;
}
