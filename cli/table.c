/* All commands, in the order in which help lists them (grammar §4). */
#include "cli/commands.h"

#include "common/base/banned.h"

const struct context contexts[] = {
	{"dynamic", "Works on what is in force now; lost when the service stops."},
	{"static", "Works on the policy store."},
	{NULL, NULL},
};

const struct cmd *const cmd_table[] = {
	&cmd_static_add_filter,
	&cmd_static_add_filteraction,
	&cmd_static_add_filterlist,
	&cmd_static_add_policy,
	&cmd_static_add_rule,
	&cmd_static_delete_all,
	&cmd_static_delete_filter,
	&cmd_static_delete_filteraction,
	&cmd_static_delete_filterlist,
	&cmd_static_delete_policy,
	&cmd_static_delete_rule,
	&cmd_static_set_batch,
	&cmd_static_set_defaultrule,
	&cmd_static_set_filteraction,
	&cmd_static_set_filterlist,
	&cmd_static_set_policy,
	&cmd_static_set_rule,
	&cmd_static_set_store,
	&cmd_static_show_all,
	&cmd_static_show_filteraction,
	&cmd_static_show_filterlist,
	&cmd_static_show_gpoassignedpolicy,
	&cmd_static_show_policy,
	&cmd_static_show_rule,
	&cmd_static_show_store,
	NULL,
};
