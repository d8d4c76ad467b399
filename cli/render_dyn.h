/* Layouts of the dynamic context (grammar §7.7-§7.11). */
#ifndef CLI_RENDER_DYN_H
#define CLI_RENDER_DYN_H

#include "cli/session.h"
#include "common/model/dynamic.h"
#include "common/model/settings.h"

/* The lists of rules and filters that show commands print: title, count line, and which items belong. */
struct dyn_list {
	const char *title, *count;
	bool rules;     /* rules as a whole, not their filters */
	bool main_mode; /* addresses and authentication only; transport and tunnel together */
	bool specific;  /* expanded for this host */
	bool tunnel;
};
enum {
	DYN_LIST_TRANSPORT_RULES,
	DYN_LIST_TUNNEL_RULES,
	DYN_LIST_MM_GENERIC,
	DYN_LIST_MM_SPECIFIC,
	DYN_LIST_QM_GENERIC,
	DYN_LIST_QM_TUNNEL_GENERIC,
	DYN_LIST_QM_SPECIFIC,
	DYN_LIST_QM_TUNNEL_SPECIFIC,
	DYN_LISTS
};
extern const struct dyn_list dyn_lists[DYN_LISTS];

void render_dyn_title(struct session *s, const struct dyn_list *l);
void render_dyn_item(struct session *s, const struct dyn_list *l, const struct dyn_item *it, bool resolvedns);
void render_dyn_count(struct session *s, const struct dyn_list *l, size_t n);

/*
 * Quick mode filters of the same addresses and authentication share one main mode filter (semantics §3.3):
 * which were seen already? All zero is none.
 */
struct dyn_seen {
	uint64_t *v; /* hashes; 0 = free */
	size_t n, cap;
};
/* Is it the first of its kind? Remembers it. */
bool dyn_seen_first(struct dyn_seen *seen, const struct dyn_item *it);
void dyn_seen_free(struct dyn_seen *seen);

void render_mmpolicy(struct session *s, const struct dyn_mmpolicy *p);
void render_qmpolicy(struct session *s, const struct dyn_qmpolicy *p);
void render_dyn_assigned(struct session *s, const char *policy); /* NULL: none */
void render_settings(struct session *s, const struct settings *all);
void render_stats_ike(struct session *s, const struct dyn_stats *st);
void render_stats_ipsec(struct session *s, const struct dyn_stats *st);

#endif
