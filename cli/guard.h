/*
 * The lock-out guard: a command that would cut the SSH connection over which it is given asks first at a
 * terminal, and is refused in a script, unless it says force=yes. In the linux dialect only. A safety net, not a
 * guarantee: it judges the policy of the store, or for dynamic rules what is in force, as it would be after the
 * command, for one connection; and says nothing when that is as bad already.
 *
 * Most commands of a script cannot change anything for one connection, and must not pay for it. So commands
 * note what they touched, which costs a few comparisons, and only where a filter meets the connection is the
 * policy judged: the assigned one, as the open transaction sees it, with the filters that meet the connection.
 * When the answer is no, the transaction is undone before a person is asked, and the command is run again after
 * a yes: nobody waits for a lock meanwhile.
 */
#ifndef CLI_GUARD_H
#define CLI_GUARD_H

#include "common/model/connection.h"
#include "common/model/dynamic.h"

struct session;

/* More lists than these, touched by the commands of one commit, count as all. */
enum { GUARD_LISTS_MAX = 16 };

struct guard_list {
	int64_t id;
	bool used;  /* by the assigned policy: certain */
	bool meets; /* a filter that came or went meets the connection: certain */
};
/* All zero is the state in which a session begins. */
struct guard {
	bool looked; /* for the connection */
	bool on;     /* there is one */
	struct connection conn;
	unsigned depth; /* of guard_run() */
	/* Of the command that runs, or of all commands of a commit. */
	bool forced;      /* force=yes was said */
	bool policy, boot; /* anything of the policy may be another one; a setting of the boot is */
	struct guard_list lists[GUARD_LISTS_MAX];
	size_t nlists;
};

/*
 * Runs a change of the store in a bracket of its own: all of it is done, or nothing. It may run twice. Inside
 * another one (commit) it is only a bracket: the outer one judges, once. -1 with GUARD_...: refused.
 */
int guard_run(struct session *s, int (*change)(struct session *s, const void *ctx, struct err *e), const void *ctx,
    struct err *e);
/* Would the change of a dynamic rule cut the connection? 0: go on; -1 with GUARD_...: refused. */
int guard_dynamic(struct session *s, const struct dyn_change *c, struct err *e);

/* --- what a command touches ---------------------------------------------------------------------------- */

/* It can be any part of the policy that is assigned. */
void guard_note_policy(struct session *s);
/* A rule of the policy came, went or changed, and this is, or was, its list. */
void guard_note_rule(struct session *s, const struct policy *p, const struct rule *r);
/* A filter came to a list or went. */
void guard_note_filter(struct session *s, int64_t list, const struct filter *f);
/* Boot mode or boot exemptions. */
void guard_note_boot(struct session *s);

#endif
