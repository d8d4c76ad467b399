/*
 * Which payloads a message of an exchange must hold, as tables, and the one function that reads them. Where a row
 * allows more than we use, the RFC does.
 */
#include "ike/codec/codec.h"

#include "common/base/mem.h"
#include "ike/codec/private.h"

#include "common/base/banned.h"

enum {
	FIRST = 1, SECOND = 2,
	PRIVATE_USE = 128, /* payload types from there on may be ignored: RFC 2408 §3.1 */
	CERTS = 8,         /* certificates, requests */
	NATDS = 10,        /* RFC 3947 §3.2: one for each of our addresses, and the peer's */
};

/* Vendor ids and notifies may stand in any message (RFC 2408 §3.16; semantics §5.9), so they have rows everywhere. */
#define END {0, 0, 0, 0}
#define VENDORS {IKE_P_VENDOR, 0, 32, 0}
#define EVERYWHERE VENDORS, {IKE_P_NOTIFY, 0, 8, 0}, END

/*
 * RFC 2409 §5.4 (PSK) and §5.1 (signatures):
 *	HDR, SA -->                         <-- HDR, SA
 *	HDR, KE, Ni -->                     <-- HDR, KE, Nr
 *	HDR*, IDii, HASH_I | SIG_I -->      <-- HDR*, IDir, HASH_R | SIG_R
 * §5: "the SA payload MUST precede all other payloads in a phase 1 exchange".
 */
static const struct ike_msg_rule mm_sa[] = {
    {IKE_P_SA, 1, 1, FIRST},
    EVERYWHERE,
};
static const struct ike_msg_rule mm_ke[] = {
    {IKE_P_KE, 1, 1, 0},
    {IKE_P_NONCE, 1, 1, 0},
    {IKE_P_NATD, 0, NATDS, 0}, /* RFC 3947 §3.2 */
    {IKE_P_CERTREQ, 0, CERTS, 0},
    EVERYWHERE,
};
static const struct ike_msg_rule mm_psk[] = {
    {IKE_P_ID, 1, 1, 0},
    {IKE_P_HASH, 1, 1, 0},
    EVERYWHERE,
};
static const struct ike_msg_rule mm_sig[] = {
    {IKE_P_ID, 1, 1, 0},
    {IKE_P_SIG, 1, 1, 0},
    {IKE_P_CERT, 0, CERTS, 0}, /* only in a message with an ID payload: semantics §5.7 */
    {IKE_P_CERTREQ, 0, CERTS, 0},
    EVERYWHERE,
};

/*
 * RFC 2409 §5.5:
 *	HDR*, HASH(1), SA, Ni [, KE] [, IDci, IDcr] -->
 *	                    <-- HDR*, HASH(2), SA, Nr [, KE] [, IDci, IDcr]
 *	HDR*, HASH(3) -->
 * "a HASH payload MUST immediately follow the ISAKMP header and a SA payload MUST immediately follow the HASH."
 */
static const struct ike_msg_rule qm_sa[] = {
    {IKE_P_HASH, 1, 1, FIRST},
    {IKE_P_SA, 1, 1, SECOND},
    {IKE_P_NONCE, 1, 1, 0},
    {IKE_P_KE, 0, 1, 0},
    {IKE_P_ID, 0, 2, 0},
    {IKE_P_NATOA, 0, 2, 0}, /* RFC 3947 §5.2 */
    EVERYWHERE,
};
static const struct ike_msg_rule hash_only[] = {
    {IKE_P_HASH, 1, 1, FIRST},
    EVERYWHERE,
};

/* RFC 2409 §5.7: HDR*, HASH(1), N/D. RFC 2408 §4.8 without keys: HDR, N. */
static const struct ike_msg_rule info[] = {
    {IKE_P_HASH, 1, 1, FIRST},
    {IKE_P_DELETE, 0, 8, 0},
    EVERYWHERE,
};
static const struct ike_msg_rule info_clear[] = {
    {IKE_P_NOTIFY, 1, 4, 0},
    VENDORS,
    END,
};
/* Semantics §5.9: HDR*, HASH(1), Ni, D --> and <-- HDR*, HASH(2), D, Nr. */
static const struct ike_msg_rule delete_reliable[] = {
    {IKE_P_HASH, 1, 1, FIRST},
    {IKE_P_NONCE, 1, 1, 0},
    {IKE_P_DELETE, 1, 1, 0},
    EVERYWHERE,
};
/* Semantics §5.4. */
static const struct ike_msg_rule frag[] = {
    {IKE_P_FRAG, 1, 1, FIRST},
    END,
};

const struct ike_msg_rules ike_msg_rules[IKE_MSG_KINDS] = {
    [IKE_M_MM1] = {"main mode 1", IKE_X_MAIN, false, true, mm_sa},
    [IKE_M_MM2] = {"main mode 2", IKE_X_MAIN, false, true, mm_sa},
    [IKE_M_MM3] = {"main mode 3", IKE_X_MAIN, false, true, mm_ke},
    [IKE_M_MM4] = {"main mode 4", IKE_X_MAIN, false, true, mm_ke},
    [IKE_M_MM5_PSK] = {"main mode 5", IKE_X_MAIN, true, true, mm_psk},
    [IKE_M_MM6_PSK] = {"main mode 6", IKE_X_MAIN, true, true, mm_psk},
    [IKE_M_MM5_SIG] = {"main mode 5", IKE_X_MAIN, true, true, mm_sig},
    [IKE_M_MM6_SIG] = {"main mode 6", IKE_X_MAIN, true, true, mm_sig},
    [IKE_M_QM1] = {"quick mode 1", IKE_X_QUICK, true, true, qm_sa},
    [IKE_M_QM2] = {"quick mode 2", IKE_X_QUICK, true, true, qm_sa},
    [IKE_M_QM3] = {"quick mode 3", IKE_X_QUICK, true, true, hash_only},
    [IKE_M_QM4] = {"quick mode 4", IKE_X_QUICK, true, true, hash_only},
    [IKE_M_INFO] = {"informational", IKE_X_INFO, true, true, info},
    [IKE_M_INFO_CLEAR] = {"informational in clear", IKE_X_INFO, false, true, info_clear},
    [IKE_M_DELETE_RELIABLE] = {"reliable delete", IKE_X_INFO, true, true, delete_reliable},
    [IKE_M_FRAG] = {"fragment", 0, false, false, frag},
};

/* Sizes that hold wherever the payload stands. */
static const struct {
	uint8_t payload;
	uint16_t min, max;
	enum ike_failure code;
	const char *why;
} sizes[] = {
    {IKE_P_NONCE, IKE_NONCE_MIN, IKE_NONCE_MAX, IKE_FAIL_PROCESS_ERR_NONCE, "a nonce has 8 to 256 bytes"},
    {IKE_P_KE, 1, UINT16_MAX, IKE_FAIL_PROCESS_ERR_KE, "it is empty"},
    {IKE_P_HASH, 1, UINT16_MAX, IKE_FAIL_PROCESS_ERR_HASH, "it is empty"},
    {IKE_P_SIG, 1, UINT16_MAX, IKE_FAIL_PROCESS_ERR_SIG, "it is empty"},
};

static int check_sizes(const struct ike_msg *m, struct ike_fault *f)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct ike_payload *p = &m->v[i];

		for (size_t j = 0; j < N_OF(sizes); j++) {
			if (sizes[j].payload == p->type &&
			    (p->u.data.n < sizes[j].min || p->u.data.n > sizes[j].max))
				return ike_fail(f, sizes[j].code, p->type, p->at, sizes[j].why);
		}
	}
	return 0;
}

static const struct ike_msg_rule *rule_of(const struct ike_msg_rules *rules, uint8_t kind)
{
	const struct ike_msg_rule *r = rules->rules;

	while (r->payload != 0 && r->payload != kind)
		r++;
	return r->payload ? r : NULL;
}

/* Every payload has a row, or may be ignored. */
static int check_known(const struct ike_msg *m, const struct ike_msg_rules *rules, struct ike_fault *f)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct ike_payload *p = &m->v[i];
		bool ours = ike_payload_kind(p->type) != p->type;

		if (rule_of(rules, ike_payload_kind(p->type)))
			continue;
		if (!rules->any_unknown || p->type < PRIVATE_USE || ours || p->type == IKE_P_FRAG)
			return ike_fail(f, IKE_FAIL_INVALID_PAYLOAD, p->type, p->at, "it has no place in this message");
	}
	return 0;
}

static int check_row(const struct ike_msg *m, const struct ike_msg_rule *r, struct ike_fault *f)
{
	size_t n = ike_msg_count(m, r->payload);

	if (n < r->min)
		return ike_fail(f, IKE_FAIL_INVALID_PAYLOAD, r->payload, 0, "it is missing");
	if (n > r->max)
		return ike_fail(f, IKE_FAIL_INVALID_PAYLOAD, r->payload, 0, "there are too many of it");
	if (r->place && n && ike_payload_kind(m->v[r->place - 1].type) != r->payload)
		return ike_fail(f, IKE_FAIL_INVALID_PAYLOAD, r->payload, 0, "it stands in a wrong place");
	return 0;
}

int ike_msg_check(const struct ike_msg *m, enum ike_msg_kind kind, struct ike_fault *f)
{
	const struct ike_msg_rules *rules = &ike_msg_rules[kind];
	bool encrypted = m->hdr.flags & IKE_F_ENCRYPTED;

	if (rules->exchange && m->hdr.exchange != rules->exchange)
		return ike_fail(f, IKE_FAIL_INVALID_HEADER, 0, 18, "another exchange");
	if (encrypted != rules->encrypted)
		return ike_fail(f, IKE_FAIL_INVALID_HEADER, 0, 19,
		    encrypted ? "it must not be encrypted" : "it must be encrypted");
	if (check_known(m, rules, f))
		return -1;
	for (const struct ike_msg_rule *r = rules->rules; r->payload; r++) {
		if (check_row(m, r, f))
			return -1;
	}
	/* Client identities come in pairs: RFC 2409 §5.5. */
	if (rules->exchange == IKE_X_QUICK && ike_msg_count(m, IKE_P_ID) == 1)
		return ike_fail(f, IKE_FAIL_PROCESS_ERR_ID, IKE_P_ID, 0, "one identity, not two");
	return check_sizes(m, f);
}
