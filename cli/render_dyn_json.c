#include "cli/render_dyn_json.h"

#include <stdio.h>

#include "cli/render_private.h"
#include "cli/render_sas.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

void json_list_element(struct json_list *l)
{
	if (!l->j) {
		l->j = &l->own;
		json_begin(l->j, &l->s->text);
		json_array(l->j, NULL, JSON_LINES);
	}
	put_some(l->s);
}

void json_list_end(struct json_list *l)
{
	if (l->inside)
		return;
	json_list_element(l);
	json_close(l->j);
	json_end(l->j);
}

/* --- policies ----------------------------------------------------------------------------------- */

void json_mmpolicy(struct json *j, const struct dyn_mmpolicy *p)
{
	json_object(j, NULL, JSON_LINES);
	json_string(j, "name", p->name);
	json_uint(j, "qmpermm", p->qmpermm);
	json_uint(j, "mmlifetime", p->mmlifetime_s / 60);
	json_uint(j, "softsaexpirationtime", p->softsa_s / 60);
	json_mm_offers(j, "mmsecmethods", &p->offers);
	json_close(j);
}

void json_qmpolicy(struct json *j, const struct dyn_qmpolicy *p)
{
	json_object(j, NULL, JSON_LINES);
	json_string(j, "name", p->name);
	json_bool(j, "soft", p->soft);
	json_enum(j, "pfsgroup", pfs_names, p->pfsgroup);
	json_qm_offers(j, "qmsecmethods", &p->offers, false);
	json_close(j);
}

/* --- rules and filters -------------------------------------------------------------------------- */

static void own_name(struct json *j, const char *member, const char *name)
{
	json_string(j, member, name && *name ? name : NULL);
}

/* A specific filter acts in its own direction only: the other action is null. */
static void actions(struct json *j, const struct dyn_item *it)
{
	const struct dyn_rule *r = &it->u.rule;

	json_string(j, "actioninbound", it->dir == DYN_OUT ? NULL : enum_to_name(action_names, r->action_in));
	json_string(j, "actionoutbound", it->dir == DYN_IN ? NULL : enum_to_name(action_names, r->action_out));
}

static void direction(struct json *j, const struct dyn_item *it)
{
	static const char *const words[] = {[DYN_BOTH] = "both", [DYN_IN] = "inbound", [DYN_OUT] = "outbound"};

	json_string(j, "direction", it->dir < N_OF(words) ? words[it->dir] : NULL);
	json_uint(j, "weight", it->weight);
}

void json_dyn_item(struct session *s, struct json *j, const struct dyn_list *l, const struct dyn_item *it,
    bool resolvedns)
{
	const struct dyn_rule *r = &it->u.rule;

	json_object(j, NULL, JSON_ROW);
	json_guid(j, "name", &r->filter.guid);
	json_bool(j, "static", it->is_static);
	if (!l->rules)
		json_string(j, "type", l->specific ? "specific" : "generic");
	json_endpoint(s, j, "srcaddr", &r->filter.src, resolvedns);
	json_endpoint(s, j, "dstaddr", &r->filter.dst, resolvedns);
	json_enum(j, "conntype", conntype_names, r->conntype);
	if (!l->specific)
		json_bool(j, "mirrored", r->filter.mirrored);
	if (!l->main_mode) {
		json_protocol(j, "protocol", r->filter.protocol);
		json_port(j, "srcport", r->filter.srcport);
		json_port(j, "dstport", r->filter.dstport);
		json_ip(j, "tunneldstaddress", &r->tunnel);
		own_name(j, "qmpolicy", r->qmpolicy);
		actions(j, it);
		if (l->specific)
			direction(j, it);
	}
	if (l->main_mode || l->rules) {
		own_name(j, "mmpolicy", r->mmpolicy);
		json_auth(j, "auth", &r->auth);
	}
	json_close(j);
}

/* --- security associations ---------------------------------------------------------------------- */

static void cookie(struct json *j, const char *name, const uint8_t b[ASSOC_COOKIE_BYTES])
{
	char text[2 * ASSOC_COOKIE_BYTES + 1];

	for (size_t i = 0; i < ASSOC_COOKIE_BYTES; i++)
		snprintf(text + 2 * i, 3, "%02x", b[i]);
	json_string(j, name, text);
}

static void time_or_null(struct json *j, const char *name, int64_t when)
{
	if (when)
		json_time(j, name, when);
	else
		json_null(j, name);
}

static void spi(struct json *j, const char *name, uint32_t spi_number)
{
	char text[16];

	snprintf(text, sizeof text, "%08x", spi_number);
	json_string(j, name, spi_number ? text : NULL);
}

void json_mmsa(struct session *s, struct json *j, const struct mmsa *a, bool resolvedns)
{
	static const char *const auths[] = {[AUTH_KERBEROS] = "kerberos", [AUTH_PSK] = "psk", [AUTH_ROOTCA] = "rootca"};
	const struct endpoint src = sa_host(&a->local.ip), dst = sa_host(&a->remote.ip);
	const struct mm_offers agreed = {.v = {a->offer}, .n = 1};

	json_object(j, NULL, JSON_LINES);
	json_uint(j, "id", a->id);
	cookie(j, "icookie", a->icookie);
	cookie(j, "rcookie", a->rcookie);
	json_endpoint(s, j, "srcaddr", &src, resolvedns);
	json_port(j, "srcport", a->local.port);
	json_endpoint(s, j, "dstaddr", &dst, resolvedns);
	json_port(j, "dstport", a->remote.port);
	json_string(j, "dstid", a->remote_id);
	json_bool(j, "initiator", a->initiator);
	json_string(j, "auth", a->auth < N_OF(auths) ? auths[a->auth] : NULL);
	json_mm_offers(j, "mmsecmethods", &agreed);
	json_uint(j, "lifetime", a->life_s);
	json_uint(j, "quickmodes", a->quick_modes);
	json_bool(j, "natt", a->natt);
	json_bool(j, "dpd", a->dpd);
	time_or_null(j, "created", a->since_s);
	time_or_null(j, "expires", a->until_s);
	json_close(j);
}

static void number_or_null(struct json *j, const char *name, bool known, uint64_t v)
{
	if (known)
		json_uint(j, name, v);
	else
		json_null(j, name);
}

void json_qmsa(struct session *s, struct json *j, const struct qmsa *a, bool resolvedns)
{
	const struct endpoint src = sa_endpoint(&a->src), dst = sa_endpoint(&a->dst);
	const struct qm_offers agreed = {.v = {a->offer}, .n = a->soft ? 0 : 1};

	json_object(j, NULL, JSON_LINES);
	json_uint(j, "id", a->id);
	number_or_null(j, "mmsa", a->mmsa != 0, a->mmsa);
	json_string(j, "type", a->tunnel ? "tunnel" : "transport");
	own_name(j, "qmpolicy", a->policy);
	json_endpoint(s, j, "srcaddr", &src, resolvedns);
	json_port(j, "srcport", a->sport);
	json_endpoint(s, j, "dstaddr", &dst, resolvedns);
	json_port(j, "dstport", a->dport);
	json_protocol(j, "protocol", a->protocol);
	json_ip(j, "local", &a->local.ip);
	json_ip(j, "remote", &a->remote.ip);
	json_bool(j, "initiator", a->initiator);
	json_bool(j, "soft", a->soft);
	json_bool(j, "udpencap", a->udp_encap);
	json_ip(j, "privateaddr", &a->original);
	json_qm_offers(j, "qmsecmethods", &agreed, true);
	number_or_null(j, "pfsgroup", a->pfs != 0, a->pfs);
	spi(j, "espin", a->esp_in);
	spi(j, "espout", a->esp_out);
	spi(j, "ahin", a->ah_in);
	spi(j, "ahout", a->ah_out);
	number_or_null(j, "bytessent", a->counted, a->sent);
	number_or_null(j, "bytesreceived", a->counted, a->received);
	number_or_null(j, "packetssent", a->counted, a->sent_packets);
	number_or_null(j, "packetsreceived", a->counted, a->received_packets);
	time_or_null(j, "created", a->since_s);
	time_or_null(j, "expires", a->until_s);
	json_close(j);
}

/* --- the host ----------------------------------------------------------------------------------- */

void json_settings(struct json *j, const char *name, const struct settings *all)
{
	static const char *const modes[] = {[BOOT_PERMIT] = "permit", [BOOT_BLOCK] = "block", [BOOT_STATEFUL] = "stateful"};

	json_object(j, name, JSON_LINES);
	for (int i = 0; i < SET_BOOTMODE; i++)
		json_uint(j, enum_to_name(setting_names, i), all->number[i]);
	json_string(j, "bootmode", modes[settings_bootmode(all)]);
	json_bool(j, "bootmode_default", all->bootmode == BOOT_DEFAULT);
	json_array(j, "bootexemptions", JSON_LINES);
	for (size_t i = 0; i < all->nexempt; i++) {
		const struct boot_exemption *x = &all->exempt[i];
		json_object(j, NULL, JSON_ROW);
		json_protocol(j, "protocol", x->protocol);
		json_port(j, "srcport", x->srcport);
		json_port(j, "dstport", x->dstport);
		json_string(j, "direction", x->outbound ? "outbound" : "inbound");
		json_close(j);
	}
	json_close(j);
	json_close(j);
}

/* Names of their own: the labels of the list are not verified and may still change, these may not. */
static const char *const ike_names[] = {"main_modes", "quick_modes", "soft_sas", "authentication_failures",
	"active_acquire", "active_receive", "acquire_fail", "receive_fail", "send_fail", "acquire_heap_size",
	"receive_heap_size", "negotiation_failures", "invalid_cookies_rcvd", "total_acquire", "total_getspi",
	"total_keyadd", "total_keyupdate", "getspi_fail", "keyadd_fail", "keyupdate_fail", "isadb_list_size",
	"conn_list_size", "invalid_packets_rcvd"};
static const char *const ipsec_names[] = {"active_assoc", "offload_sas", "pending_key", "key_adds", "key_deletes",
	"rekeys", "active_tunnels", "bad_spi_pkts", "pkts_not_decrypted", "pkts_not_authenticated",
	"pkts_with_replay_detection", "confidential_bytes_sent", "confidential_bytes_received",
	"authenticated_bytes_sent", "authenticated_bytes_received", "transport_bytes_sent",
	"transport_bytes_received", "offloaded_bytes_sent", "offloaded_bytes_received", "bytes_sent_in_tunnels",
	"bytes_received_in_tunnels"};
_Static_assert(N_OF(ike_names) == DYN_STATS_IKE && N_OF(ipsec_names) == DYN_STATS_IPSEC, "a name each");

static void counters(struct json *j, const char *const *names, const uint64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		json_uint(j, names[i], v[i]);
}

void json_stats(struct json *j, const char *name, const struct dyn_stats *st, int type)
{
	json_object(j, name, JSON_LINES);
	if (type != STATS_IPSEC) {
		json_object(j, "ike", JSON_LINES);
		counters(j, ike_names, st->ike, DYN_STATS_IKE);
		json_close(j);
	}
	if (type != STATS_IKE) {
		json_object(j, "ipsec", JSON_LINES);
		counters(j, ipsec_names, st->ipsec, DYN_STATS_IPSEC);
		json_uint(j, "pkts_replayed", st->replayed);
		json_close(j);
	}
	json_close(j);
}
