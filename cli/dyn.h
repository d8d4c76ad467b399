/* What the files of the dynamic context share: asking the enforcer, and reading its listings. */
#ifndef CLI_DYN_H
#define CLI_DYN_H

#include "cli/commands.h"
#include "common/ipc/ipc.h"
#include "common/model/dynamic.h"
#include "common/model/packet.h"

/* Asks for the change and waits until it is in force. Keys in it are wiped from every copy made here. */
int dyn_change(struct session *s, const struct dyn_change *c, struct err *e);
/*
 * Calls fn for each object of that kind that is in force, in the enforcer's order; the item and its texts
 * live during the call. fn returns 0 to go on.
 */
int dyn_each(struct session *s, enum dyn_kind kind,
    int (*fn)(void *ctx, const struct dyn_item *it, struct err *e), void *ctx, struct err *e);
/* Prints what the enforcer says becomes of the packet, and why. */
int dyn_explain(struct session *s, const struct packet *p, bool json, struct err *e);
/* One page of counters (IPC_TRAFFIC). */
int dyn_traffic(struct session *s, enum traffic_of of, uint32_t after, struct ipc_traffic_page *out,
    struct err *e);
/* *ike: is an IKE daemon running? Without one its counters are 0. IKE_SILENT, IKE_GONE: it does not answer. */
int dyn_stats(struct session *s, struct dyn_stats *out, bool *ike, struct err *e);
/*
 * Calls fn for each page of associations, the first too when it is empty; the page lives during the call. fn returns 0 to
 * go on. Errors and *ike as above.
 */
int dyn_sas(struct session *s, bool quick, int (*fn)(void *ctx, const struct ipc_sas_page *p, struct err *e), void *ctx,
    bool *ike, struct err *e);
/* One line on standard error: what it means that no IKE daemon is running. */
void dyn_say_no_ike(struct session *s);

/* Sections of show all that are commands of their own too. `json`: NULL prints the list format. */
struct json_list;
int show_dyn_policies(struct session *s, enum dyn_kind kind, const char *name, struct json_list *json,
    struct err *e); /* name NULL: all */
int show_settings(struct session *s, struct err *e);
/* The name of the policy in force, in the session's arena; NULL for none. */
int dyn_assigned(struct session *s, const char **out, struct err *e);
/* The numbers of errors that say that a list is empty (messages.h). */
enum { DYN_EMPTY_FIRST = 6010, DYN_EMPTY_LAST = 6019 };

/*
 * The associations that a line asks for (cmd_dyn_sas.c). -1 with NO_MMSAS or NO_QMSAS when there is none, but with `json`
 * an empty array.
 */
struct dyn_rule_args;
int show_dyn_sas(struct session *s, const struct dyn_rule_args *a, bool quick, struct json_list *json, bool *ike,
    struct err *e);

/* Words of a rule or of a filter on rules (cmd_dyn_rule.c, cmd_dyn_show.c). */
struct dyn_rule_args {
	const char *name, *srcmask, *dstmask, *tunneldstaddress, *mmpolicy, *qmpolicy;
	struct addr_arg srcaddr, dstaddr;
	uint8_t protocol, conntype, actioninbound, actionoutbound, type, format;
	bool mirrored, resolvedns, force;
	uint16_t srcport, dstport;
	struct auth_args auth;
	struct {
		bool name, all, srcaddr, dstaddr, srcmask, dstmask, tunneldstaddress, mmpolicy, qmpolicy, protocol,
		    conntype, actioninbound, actionoutbound, type, format, mirrored, resolvedns, srcport, dstport,
		    kerberos, psk, rootca, force;
	} given;
};
#define HELP_DYN_SRC "Source: me, any, an address, prefix, range or name, or DNS, WINS, DHCP, GATEWAY."
#define HELP_DYN_DST "Destination, likewise."
#define HELP_DYN_MASK "Mask or prefix length; without it an address is a single host."

/* Filters on what a show command displays. */
#define SHOW_SRC "Only those with that source, written as in add rule."
#define SHOW_DST "Only those with that destination."
#define SHOW_SRCMASK "Only those with that source mask."
#define SHOW_DSTMASK "Only those with that destination mask."
#define SHOW_PROTOCOL "Only those of that protocol."
#define SHOW_SRCPORT "Only those with that source port; 0 is any."
#define SHOW_DSTPORT "Only those with that destination port; 0 is any."
#define SHOW_PORT_TAGS                                                                             \
	TAG(dyn_rule_args, protocol, type_protocol, 0, NULL, SHOW_PROTOCOL),                        \
	TAG(dyn_rule_args, srcport, type_port, 0, NULL, SHOW_SRCPORT),                              \
	TAG(dyn_rule_args, dstport, type_port, 0, NULL, SHOW_DSTPORT)
#define SHOW_RESOLVE_TAG TAG(dyn_rule_args, resolvedns, type_yesno, 0, "no", "Look up the names of addresses?")

#endif
