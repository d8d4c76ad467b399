/*
 * The shared value grammars of netsh-ipsec-grammar §3: text <-> value, both directions side by side.
 * parse(print(x)) == x for every value. A parser returns 0, or -1 with the reason in `e`; `tag` names
 * the tag in the message.
 */
#ifndef MODEL_VALUES_H
#define MODEL_VALUES_H

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/model/model.h"

/* "3DES-SHA1-2 3DES-MD5-2": blank-separated, in preference order (§3.4). Windows knows fewer words. */
int mm_offers_parse(const char *text, enum dialect dialect, const char *tag, struct mm_offers *out, struct err *e);
void mm_offers_print(const struct mm_offers *o, struct buf *b);
/* "AH[MD5]:204800k/300s ESP[DES,SHA1] ESP[AESGCM256]" (§3.5); an absent lifetime stays 0 (= the default). */
int qm_offers_parse(const char *text, enum dialect dialect, const char *tag, struct qm_offers *out, struct err *e);
void qm_offers_print(const struct qm_offers *o, struct buf *b);
/* Can the grammar say them? What it cannot say comes from no shell of ours, and may protect nothing. */
bool mm_offers_sayable(const struct mm_offers *o);
bool qm_offers_sayable(const struct qm_offers *o);
/* Name, prefix of a name, or a number 0..255 (§3.3). */
int protocol_parse(const char *text, const char *tag, uint8_t *out, struct err *e);
void protocol_print(uint8_t protocol, struct buf *b);
/*
 * An address value without its mask (§3.2): me, any, server type, address, a.b.c.d/nn, first-last. A
 * DNS name is none of these: then *is_name is set, out is left alone and 0 is returned (resolving is
 * not a parser's work).
 */
int endpoint_parse(const char *text, const char *tag, struct endpoint *out, bool *is_name, struct err *e);
/* Dotted mask or prefix length for an address of `family` (IP_NONE: either). */
int mask_parse(const char *text, const char *tag, uint8_t family, uint8_t *plen, struct err *e);
/* The form that add filter reads back: me, any, DNS, 10.0.0.0/8 (host: no /nn), a-b. */
void endpoint_print(const struct endpoint *p, struct buf *b);
bool endpoint_eq(const struct endpoint *a, const struct endpoint *b);
/* "C=US,O=x certmap:yes excludecaname:no" (§3.8); out->text points into `a`. */
int rootca_parse(const char *text, struct arena *a, struct auth_method *out, struct err *e);

/* Does the cipher authenticate too, and so takes no hash? */
bool encr_is_aead(uint8_t encr);

/*
 * Offers where none are named: those of Windows 2003 (§3.4, §3.5, semantics §1.6), and ours: modern ones,
 * then those of Windows 2003 without DES, so that both ends find one.
 */
#define MM_DEFAULT_WINDOWS "3DES-SHA1-2 3DES-MD5-2 3DES-SHA1-3"
#define MM_DEFAULT "AES256-SHA256-19 AES256-SHA256-14 AES128-SHA256-14 " MM_DEFAULT_WINDOWS
#define QM_DEFAULT_WINDOWS "ESP[3DES,SHA1]:100000k/3600s ESP[3DES,MD5]:100000k/3600s"
#define QM_DEFAULT                                                                                 \
	"ESP[AESGCM256]:100000k/3600s ESP[AES256,SHA256]:100000k/3600s ESP[AES128,SHA256]:100000k/3600s " QM_DEFAULT_WINDOWS
#define QM_DEFAULT_RULE_WINDOWS                                                                    \
	"ESP[3DES,SHA1] ESP[3DES,MD5] ESP[DES,SHA1] ESP[DES,MD5] AH[SHA1] AH[MD5]"
#define QM_DEFAULT_RULE                                                                            \
	"ESP[AESGCM256] ESP[AES256,SHA256] ESP[AES128,SHA256] ESP[3DES,SHA1] ESP[3DES,MD5] AH[SHA256] AH[SHA1] AH[MD5]"
/* The offers of a new default response rule. */
void qm_offers_default_rule(enum dialect dialect, struct qm_offers *out);

/* The first thing in a list that nobody should use any more (RFC 8247, RFC 8221), as a word; NULL: none. */
const char *mm_offers_weak(const struct mm_offers *o);
const char *qm_offers_weak(const struct qm_offers *o);

/* What add filter and delete filter refuse (grammar §3.2, §3.3): families, server types, ports, both sides me. */
int filter_validate(const struct filter *f, struct err *e);
/* The same traffic? Description, guid and id do not count. */
bool filter_same(const struct filter *a, const struct filter *b);

#endif
