/*
 * The only printing code of the shell: the layouts of grammar §7. It writes into the session's output and
 * knows labels, columns and blank lines; what to show was decided by the command.
 */
#ifndef CLI_RENDER_H
#define CLI_RENDER_H

#include "cli/session.h"

/* "ERR IPsec[05072] : text"; `place` ("FILE:LINE: ") may be NULL. */
void render_error(struct buf *b, const char *place, const struct err *e);
void render_blank(struct session *s);
void render_store(struct session *s);
void render_dialect(struct session *s, enum dialect dialect);
/* show gpoassignedpolicy: `assigned` is the assigned policy of the store, NULL for none. */
void render_assigned(struct session *s, const struct policy *assigned);

/* Verbose levels need the rules of each policy, their filter lists as heads, their actions in full. */
int render_policies(struct session *s, const struct policy *p, size_t n, int level, int format, bool wide,
    struct err *e);
/* ids[i] is the number of rule i within its policy. */
int render_rules(struct session *s, const struct rule *r, const uint32_t *ids, size_t n, int level, int format,
    bool wide, struct err *e);
/* Heads suffice: at the verbose level the filters are read one by one, a list may hold 100,000. */
int render_filterlists(struct session *s, const struct filterlist *l, size_t n, int level, int format,
    bool resolvedns, bool wide, struct err *e);
int render_filteractions(struct session *s, const struct filteraction *fa, size_t n, int level, int format,
    bool wide, struct err *e);

#endif
