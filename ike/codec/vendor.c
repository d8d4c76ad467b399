/* Vendor ids (semantics §5.2; RFC 3947 §3.1, RFC 3706 §5.1). Most are MD5 of a text, named beside each. */
#include "ike/codec/codec.h"

#include <string.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

static const struct vendor_row {
	enum ike_vendor id;
	uint8_t n;       /* bytes that are compared */
	bool longer;     /* more may follow */
	const char *name;
	uint8_t b[16];
} vendors[] = {
    /* "RFC 3947" */
    {IKE_V_NATT_RFC, 16, false, "RFC 3947 NAT traversal",
        {0x4A, 0x13, 0x1C, 0x81, 0x07, 0x03, 0x58, 0x45, 0x5C, 0x57, 0x28, 0xF2, 0x0E, 0x95, 0x45, 0x2F}},
    /* "draft-ietf-ipsec-nat-t-ike-02\n" */
    {IKE_V_NATT_02N, 16, false, "draft 02 NAT traversal, with newline",
        {0x90, 0xCB, 0x80, 0x91, 0x3E, 0xBB, 0x69, 0x6E, 0x08, 0x63, 0x81, 0xB5, 0xEC, 0x42, 0x7B, 0x1F}},
    /* "draft-ietf-ipsec-nat-t-ike-02" */
    {IKE_V_NATT_02, 16, false, "draft 02 NAT traversal",
        {0xCD, 0x60, 0x46, 0x43, 0x35, 0xDF, 0x21, 0xF8, 0x7C, 0xFD, 0xB2, 0xFC, 0x68, 0xB6, 0xA4, 0x48}},
    /* not a hash of anything published; the last two bytes are its version, 1.0 */
    {IKE_V_DPD, 16, false, "dead peer detection",
        {0xAF, 0xCA, 0xD7, 0x13, 0x68, 0xA1, 0xF1, 0xC9, 0x6B, 0x86, 0x96, 0xFC, 0x77, 0x57, 0x01, 0x00}},
    /* "FRAGMENTATION"; some append four bytes of capabilities */
    {IKE_V_FRAGMENTATION, 16, true, "fragmentation",
        {0x40, 0x48, 0xB7, 0xD5, 0x6E, 0xBC, 0xE8, 0x85, 0x25, 0xE7, 0xDE, 0x7F, 0x00, 0xD6, 0xC2, 0xD3}},
    /* "Vid-Initial-Contact" */
    {IKE_V_INITIAL_CONTACT, 16, false, "initial contact",
        {0x26, 0x24, 0x4D, 0x38, 0xED, 0xDB, 0x61, 0xB3, 0x17, 0x2A, 0x36, 0xE3, 0xD0, 0xCF, 0xB8, 0x19}},
    /* "MS NT5 ISAKMPOAKLEY", then a version of four bytes */
    {IKE_V_MS_NT5, 16, true, "Microsoft",
        {0x1E, 0x2B, 0x51, 0x69, 0x05, 0x99, 0x1C, 0x7D, 0x7C, 0x96, 0xFC, 0xBF, 0xB5, 0x87, 0xE4, 0x61}},
    /* "NLBS_PRESENT" */
    {IKE_V_NLBS, 16, false, "network load balancing",
        {0x72, 0x87, 0x2B, 0x95, 0xFC, 0xDA, 0x2E, 0xB7, 0x08, 0xEF, 0xE3, 0x22, 0x11, 0x9B, 0x49, 0x71}},
    /* "GSSAPI" */
    {IKE_V_GSSAPI, 16, false, "GSSAPI",
        {0x62, 0x1B, 0x04, 0xBB, 0x09, 0x88, 0x2A, 0xC1, 0xE1, 0x59, 0x35, 0xFE, 0xFA, 0x24, 0xAE, 0xEE}},
    /* draft-beaulieu-ike-xauth-02; recognised for the trace only */
    {IKE_V_XAUTH, 8, false, "XAUTH", {0x09, 0x00, 0x26, 0x89, 0xDF, 0xD6, 0xB7, 0x12}},
};

enum ike_vendor ike_vendor_of(struct span id, uint32_t *version)
{
	*version = 0;
	for (size_t i = 0; i < N_OF(vendors); i++) {
		const struct vendor_row *v = &vendors[i];
		struct rd r = rd_of(id);
		struct span head = rd_bytes(&r, v->n);

		if (r.bad || !span_eq(head, span_of(v->b, v->n)) || (r.n && !v->longer))
			continue;
		if (v->id == IKE_V_MS_NT5)
			*version = rd_u32(&r);
		return v->id;
	}
	return IKE_V_UNKNOWN;
}

static const struct vendor_row *vendor_row(enum ike_vendor id)
{
	for (size_t i = 0; i < N_OF(vendors); i++) {
		if (vendors[i].id == id)
			return &vendors[i];
	}
	return NULL;
}

struct span ike_vendor_bytes(enum ike_vendor id)
{
	const struct vendor_row *v = vendor_row(id);

	return v ? span_of(v->b, v->n) : (struct span){NULL, 0};
}

const char *ike_vendor_name(enum ike_vendor id)
{
	const struct vendor_row *v = vendor_row(id);

	return v ? v->name : "unknown";
}
