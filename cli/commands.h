/* The command rows (one file per noun) and what those files share. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/session.h"
#include "common/model/values.h"

extern const struct cmd cmd_up, cmd_question, cmd_help, cmd_bye, cmd_exit, cmd_quit, cmd_pushd, cmd_popd, cmd_exec;
extern const struct cmd cmd_alias, cmd_unalias, cmd_show_alias;
extern const struct cmd cmd_set_mode, cmd_show_mode, cmd_online, cmd_offline, cmd_commit, cmd_abort, cmd_flush;
extern const struct cmd cmd_show_status;
extern const struct cmd cmd_set_file, cmd_set_machine, cmd_add_helper, cmd_delete_helper, cmd_show_helper;
extern const struct cmd cmd_static_add_policy, cmd_static_set_policy, cmd_static_delete_policy,
    cmd_static_show_policy;
extern const struct cmd cmd_static_add_rule, cmd_static_set_rule, cmd_static_delete_rule,
    cmd_static_show_rule, cmd_static_set_defaultrule;
extern const struct cmd cmd_static_add_filterlist, cmd_static_set_filterlist,
    cmd_static_delete_filterlist, cmd_static_show_filterlist;
extern const struct cmd cmd_static_add_filter, cmd_static_delete_filter;
extern const struct cmd cmd_static_add_filteraction, cmd_static_set_filteraction,
    cmd_static_delete_filteraction, cmd_static_show_filteraction;
extern const struct cmd cmd_static_explain, cmd_static_show_order, cmd_dynamic_explain;
extern const struct cmd cmd_static_set_store, cmd_static_set_batch, cmd_static_show_store,
    cmd_static_show_all, cmd_static_delete_all, cmd_static_show_gpoassignedpolicy;
extern const struct cmd cmd_static_set_dialect, cmd_static_show_dialect;
extern const struct cmd cmd_dump, cmd_static_dump, cmd_dynamic_dump, cmd_static_exportpolicy,
    cmd_static_importpolicy, cmd_static_restorepolicyexamples;
extern const struct cmd cmd_dynamic_add_mmpolicy, cmd_dynamic_set_mmpolicy, cmd_dynamic_delete_mmpolicy,
    cmd_dynamic_show_mmpolicy;
extern const struct cmd cmd_dynamic_add_qmpolicy, cmd_dynamic_set_qmpolicy, cmd_dynamic_delete_qmpolicy,
    cmd_dynamic_show_qmpolicy;
extern const struct cmd cmd_dynamic_add_rule, cmd_dynamic_set_rule, cmd_dynamic_delete_rule, cmd_dynamic_delete_sa,
    cmd_dynamic_show_rule, cmd_dynamic_delete_all;
extern const struct cmd cmd_dynamic_set_config, cmd_dynamic_show_config;
extern const struct cmd cmd_dynamic_show_all, cmd_dynamic_show_mmfilter, cmd_dynamic_show_qmfilter,
    cmd_dynamic_show_mmsas, cmd_dynamic_show_qmsas, cmd_dynamic_show_stats;

/* For set: takes a field over when the line named it. For add the defaults are in place already. */
#define TAKE(object, args, field)                                                                  \
	do {                                                                                       \
		if ((args)->given.field)                                                           \
			(object)->field = (args)->field;                                           \
	} while (0)

/*
 * Has a look-up found something? 1; 0 when it only said that there is no such thing (`none`), which is
 * cleared; -1.
 */
int is_there(int rc, enum msg_id none, struct err *e);

/* What show commands say of their format tag. */
#define HELP_FORMAT "Lines with labels, a table separated by tabs, or JSON."
#define HELP_LISTFORMAT "Lines with labels, or JSON."

/* Minutes of the command line are seconds in the model. */
enum { SECONDS_A_MINUTE = 60 };
#define MINUTES_MAX (2147483647 / SECONDS_A_MINUTE)

/* The rules of a policy with their numbers: rule i of the array has id i + 1 (grammar §5.2). */
struct rules {
	struct rule *v;
	size_t n;
};
int policy_rules(struct session *s, const char *policy, struct policy *p, struct rules *out, struct err *e);
/* By name, or by number when `name` is NULL. The default response rule has a number and no name. */
struct rule *policy_rule_find(const struct rules *r, const char *name, uint32_t id);
/* Every rule of that name in any policy; RULE_NOWHERE when there is none. */
int rules_named(struct session *s, const char *name, struct rules *out, struct err *e);

/* Loads the filter list heads and filter actions of the rules in full, for verbose listings. */
int policy_rules_complete(struct session *s, struct rule *v, size_t n, struct err *e);

/* Address and mask words of one side -> endpoints (address.c). */
struct side_args {
	const struct addr_arg *addr;
	const char *mask;       /* NULL: not given */
	const char *addr_tag, *mask_tag;
};
struct endpoints {
	struct endpoint v[RESOLVE_MAX];
	size_t n;
};
/*
 * All that the side stands for: one endpoint, or one for each address of a name. `family` is that of
 * the other side when it is known (IP_NONE otherwise): it tells what a mask beside `any` may be.
 */
int side_endpoints(struct session *s, const struct side_args *side, uint8_t family, struct endpoints *out,
    struct err *e);
/* The IP version that an address word names, IP_NONE for words and names. */
uint8_t addr_family(const struct addr_arg *a);
/* One stored end against what the line says of it; without a mask any mask will do. */
bool end_matches(const struct endpoint *have, const struct endpoints *want, const struct addr_arg *addr,
    bool mask_given);
/* The address of a tunnel's end: one host, by address or by the first address of a name. */
int tunnel_end(struct session *s, const char *text, struct ip *out, struct err *e);

/* Everything of a kind, for show all. -1 with NO_... when there is nothing, but in JSON an empty array. */
int show_policies(struct session *s, int level, int format, bool wide, bool rules_too, struct err *e);
int show_filterlists(struct session *s, int level, int format, bool resolvedns, bool wide, struct err *e);
int show_filteractions(struct session *s, int level, int format, bool wide, struct err *e);

#endif
