#include "cli/render_sas.h"

#include <stdio.h>
#include <string.h>

#include "cli/labels.h"
#include "cli/labels_dyn.h"
#include "cli/render_private.h"
#include "common/base/mem.h"
#include "common/model/values.h"
#include "common/base/banned.h"

/* --- parts -------------------------------------------------------------------------------------- */

struct endpoint sa_endpoint(const struct ip_prefix *p)
{
	return (struct endpoint){.kind = END_NET, .plen = p->plen, .lo = p->net};
}

struct endpoint sa_host(const struct ip *ip)
{
	return (struct endpoint){.kind = END_NET, .plen = (uint8_t)ip_bits(ip->family), .lo = *ip};
}

static bool is_host(const struct endpoint *p)
{
	return p->plen == ip_bits(p->lo.family);
}

enum { COOKIE_TEXT = 3 * ASSOC_COOKIE_BYTES };

static const char *cookie_text(const uint8_t cookie[ASSOC_COOKIE_BYTES], char out[COOKIE_TEXT])
{
	for (size_t i = 0; i < ASSOC_COOKIE_BYTES; i++)
		snprintf(out + 3 * i, 4, "%02x%s", cookie[i], i + 1 < ASSOC_COOKIE_BYTES ? ":" : "");
	return out;
}

static const char *auth_text(uint8_t auth)
{
	static const char *const words[] = {
		[AUTH_KERBEROS] = D_AUTH_KERBEROS, [AUTH_PSK] = D_AUTH_PSK, [AUTH_ROOTCA] = D_AUTH_RSA};

	return auth < N_OF(words) ? words[auth] : "";
}

enum { METHOD_TEXT = 64 };

static const char *mm_method(const struct mmsa *a, char out[METHOD_TEXT])
{
	snprintf(out, METHOD_TEXT, "%s/%s/%u/%u", enum_to_name(encr_names, a->offer.encr),
	    enum_to_name(integ_names, a->offer.integ), a->offer.group, a->life_s);
	return out;
}

static void name_line(struct session *s, const char *label, const struct endpoint *p, bool resolvedns)
{
	char dns[DNS_TEXT];
	const char *name = resolvedns ? dns_text(s, p, true, dns) : L_NONE;

	if (strcmp(name, L_NONE) != 0)
		put_line(s, label, "%s", name);
}

/* --- main mode ---------------------------------------------------------------------------------- */

void render_mmsas_title(struct session *s, int format, int64_t now_s)
{
	if (format == FORMAT_TABLE) {
		buf_printf(&s->text, "\n%-18s\t%-19s\t%-28s\t%s\n", D_SA_SOURCE, D_SA_DESTINATION, D_SA_METHODS, D_SA_DATE);
		buf_adds(&s->text, D_RULE_LINE);
		return;
	}
	buf_adds(&s->text, "\n" D_MMSAS " ");
	put_moment(s, now_s);
	buf_adds(&s->text, "\n" D_RULE_LINE);
}

static void mmsa_end(struct session *s, const char *label, const struct assoc_end *e, const char *id, bool resolvedns)
{
	struct endpoint host = sa_host(&e->ip);
	char ip[IP_TEXT], dns_label[32];

	put_line(s, label, "%-15s, port %u", ip_print(&e->ip, ip), e->port);
	snprintf(dns_label, sizeof dns_label, "%s " L_DNS_NAME, label);
	name_line(s, dns_label, &host, resolvedns);
	put_text(s, D_SA_ID, id);
}

static void mmsa_block(struct session *s, const struct mmsa *a, bool resolvedns)
{
	char mine[COOKIE_TEXT], theirs[COOKIE_TEXT], method[METHOD_TEXT], ip[IP_TEXT];

	put_line(s, D_SA_COOKIES, "%s : %s", cookie_text(a->icookie, mine), cookie_text(a->rcookie, theirs));
	put_line(s, D_SA_SEC_METHODS, "%s", mm_method(a, method));
	put_line(s, D_SA_AUTH, "%s", auth_text(a->auth));
	/* We name ourselves by our address (RFC 2409 §5.4: with preshared keys there is no other way). */
	mmsa_end(s, L_SOURCE, &a->local, ip_print(&a->local.ip, ip), resolvedns);
	mmsa_end(s, L_DESTINATION, &a->remote, a->remote_id, resolvedns);
	put_time(s, D_SA_CREATED, a->since_s);
	render_blank(s);
}

static void mmsa_row(struct session *s, const struct mmsa *a)
{
	char ip[IP_TEXT], method[METHOD_TEXT];

	put_cell(s, ip_print(&a->local.ip, ip), 18, true);
	buf_addc(&s->text, '\t');
	put_cell(s, ip_print(&a->remote.ip, ip), 19, true);
	buf_addc(&s->text, '\t');
	put_cell(s, mm_method(a, method), 28, true);
	buf_addc(&s->text, '\t');
	put_time_cell(s, a->since_s);
	render_blank(s);
}

void render_mmsa(struct session *s, int format, const struct mmsa *a, bool resolvedns)
{
	if (format == FORMAT_TABLE)
		mmsa_row(s, a);
	else
		mmsa_block(s, a, resolvedns);
	put_some(s);
}

/* --- quick mode --------------------------------------------------------------------------------- */

void render_qmsas_title(struct session *s, int format)
{
	if (format == FORMAT_TABLE)
		buf_printf(&s->text, "\n%-18s\t%-7s\t%-19s\t%-7s\t%-8s\t%-9s\t%s\n" D_RULE_LINE, D_SA_SOURCE, L_COL_SRCPORT,
		    D_SA_DESTINATION, L_COL_DSTPORT, L_PROTOCOL, D_DIRECTION, D_SA_METHODS);
	else
		buf_adds(&s->text, "\n" D_QMSAS "\n-----------------\n");
}

/* Bytes of key: Windows prints them, and rounds, which no cipher of ours has a choice of. */
static unsigned encr_bytes(uint8_t encr)
{
	static const uint8_t bytes[] = {[ENCR_NONE] = 0, [ENCR_DES] = 8, [ENCR_3DES] = 24, [ENCR_AES128] = 16,
		[ENCR_AES192] = 24, [ENCR_AES256] = 32, [ENCR_AESGCM128] = 16, [ENCR_AESGCM256] = 32};

	return encr < N_OF(bytes) ? bytes[encr] : 0;
}

static unsigned integ_bytes(uint8_t integ)
{
	static const uint8_t bytes[] = {[INTEG_NONE] = 0, [INTEG_MD5] = 16, [INTEG_SHA1] = 20, [INTEG_SHA256] = 32,
		[INTEG_SHA384] = 48, [INTEG_SHA512] = 64};

	return integ < N_OF(bytes) ? bytes[integ] : 0;
}

static const char *pfs_text(uint16_t group, char out[16])
{
	if (!group)
		return D_PFS_NONE;
	snprintf(out, 16, "GRP%u", group);
	return out;
}

static void offer_lines(struct session *s, const struct qmsa *a)
{
	const struct qm_offer *o = &a->offer;
	char ah[32], integ[32], pfs[16];

	snprintf(ah, sizeof ah, "%s (%u/0)", enum_to_name(integ_names, o->ah), integ_bytes(o->ah));
	snprintf(integ, sizeof integ, "%s (%u/0)", enum_to_name(integ_names, o->integ), encr_bytes(o->encr));
	buf_adds(&s->text, D_SA_OFFER);
	buf_printf(&s->text, "%-15s%-15s%-15s%s\n", o->ah ? ah : enum_to_name(integ_names, INTEG_NONE),
	    enum_to_name(encr_names, o->encr), o->esp ? integ : enum_to_name(integ_names, INTEG_NONE), pfs_text(a->pfs, pfs));
}

static void traffic_side(struct session *s, const char *word, const struct ip_prefix *p, uint16_t port, bool resolvedns)
{
	struct endpoint end = sa_endpoint(p);
	char label[32], address[ADDRESS_TEXT], mask[IP_TEXT], text[8];

	snprintf(label, sizeof label, "%s Address", word);
	put_line(s, label, "%s", address_text(&end, address));
	snprintf(label, sizeof label, "%s " L_MASK, word);
	if (!is_host(&end))
		put_line(s, label, "%s", mask_text(&end, mask));
	snprintf(label, sizeof label, "%s " L_DNS_NAME, word);
	name_line(s, label, &end, resolvedns);
	snprintf(label, sizeof label, "%s " L_PORT, word);
	put_line(s, label, "%s", port_text(port, text));
}

static const char *direction(const struct qmsa *a)
{
	return a->initiator ? "OUTBOUND" : "INBOUND";
}

static void qmsa_block(struct session *s, const struct qmsa *a, bool resolvedns)
{
	const struct ip none = {.family = a->remote.ip.family};
	char text[8], ip[IP_TEXT];

	buf_adds(&s->text, a->tunnel ? D_SA_TUNNEL : D_SA_TRANSPORT);
	put_text(s, D_SA_POLICY, a->policy);
	traffic_side(s, L_SOURCE, &a->src, a->sport, resolvedns);
	traffic_side(s, L_DESTINATION, &a->dst, a->dport, resolvedns);
	put_line(s, L_PROTOCOL, "%s", protocol_text(a->protocol, text));
	put_line(s, D_DIRECTION, "%s", direction(a));
	if (a->tunnel) {
		put_line(s, D_SA_TUNNEL_SOURCE, "%s", ip_print(&a->local.ip, ip));
		put_line(s, D_SA_TUNNEL_DESTINATION, "%s", ip_print(&a->remote.ip, ip));
	}
	if (a->soft) /* ours: it must be seen that nothing is protected */
		put_yes(s, D_SA_SOFT, true);
	offer_lines(s, a);
	put_line(s, D_SA_ENCAP, "%s", a->udp_encap ? "UDP-ESP" : "None");
	put_line(s, D_SA_ENCAP_SPORT, "%u", a->udp_encap ? a->local.port : 0);
	put_line(s, D_SA_ENCAP_DPORT, "%u", a->udp_encap ? a->remote.port : 0);
	put_line(s, D_SA_PRIVATE, "%s", ip_print(a->original.family == IP_NONE ? &none : &a->original, ip));
	render_blank(s);
}

static void address_cell(struct session *s, const struct ip_prefix *p, size_t columns)
{
	char ip[IP_TEXT], text[IP_TEXT + 8];

	if (p->plen == ip_bits(p->net.family))
		snprintf(text, sizeof text, "%s", ip_print(&p->net, ip));
	else
		snprintf(text, sizeof text, "%s/%u", ip_print(&p->net, ip), p->plen);
	put_cell(s, text, columns, true);
	buf_addc(&s->text, '\t');
}

static void text_cell(struct session *s, const char *text, size_t columns)
{
	put_cell(s, text, columns, true);
	buf_addc(&s->text, '\t');
}

static void qmsa_row(struct session *s, const struct qmsa *a)
{
	struct qm_offers one = {.v = {a->offer}, .n = 1};
	struct buf method = {0};
	char text[8];

	one.v[0].life_kb = one.v[0].life_s = 0;
	if (a->soft)
		buf_adds(&method, D_SA_SOFT);
	else
		qm_offers_print(&one, &method);
	address_cell(s, &a->src, 18);
	text_cell(s, port_text(a->sport, text), 7);
	address_cell(s, &a->dst, 19);
	text_cell(s, port_text(a->dport, text), 7);
	text_cell(s, protocol_text(a->protocol, text), 8);
	text_cell(s, direction(a), 9);
	buf_printf(&s->text, "%s\n", buf_text(&method));
	buf_free(&method);
}

void render_qmsa(struct session *s, int format, const struct qmsa *a, bool resolvedns)
{
	if (format == FORMAT_TABLE)
		qmsa_row(s, a);
	else
		qmsa_block(s, a, resolvedns);
	put_some(s);
}

void render_sas_end(struct session *s, int format, const char *label, size_t n)
{
	put_count(s, format, label, n);
}
