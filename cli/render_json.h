/*
 * The listings as JSON (format=json): one document a command, its members written down in doc/json.md and
 * kept for ever. Members are named after the tags that set them; what is not there is null, never missing.
 */
#ifndef CLI_RENDER_JSON_H
#define CLI_RENDER_JSON_H

#include "cli/session.h"
#include "common/model/json_values.h"

/* Documents of the static context; arguments are those of their fellows in render.h. */
int json_policies(struct session *s, const struct policy *p, size_t n, int level, struct err *e);
int json_rules(struct session *s, const struct rule *r, const uint32_t *ids, size_t n, int level, struct err *e);
int json_filterlists(struct session *s, const struct filterlist *l, size_t n, int level, bool resolvedns,
    struct err *e);
void json_filteractions(struct session *s, const struct filteraction *fa, size_t n);
void json_store(struct session *s);
void json_dialect(struct session *s, enum dialect dialect);
void json_assigned(struct session *s, const struct policy *assigned); /* NULL: none is */
/* Heads of lists and policies with their rules suffice: nothing is shown twice in this document. */
struct json_all {
	const struct policy *policies;
	const struct filterlist *lists;
	const struct filteraction *actions;
	size_t npolicies, nlists, nactions;
};
int json_everything(struct session *s, const struct json_all *all, struct err *e);

/* Values as members (name NULL: as elements of an array). */
void json_guid(struct json *j, const char *name, const struct guid *g);
void json_time(struct json *j, const char *name, int64_t when); /* seconds since 1970; as RFC 3339, in UTC */
void json_mm_offers(struct json *j, const char *name, const struct mm_offers *o);
/* An absent lifetime shows as the default unless `raw`. */
void json_qm_offers(struct json *j, const char *name, const struct qm_offers *o, bool raw);
void json_auth(struct json *j, const char *name, const struct auth_list *l); /* never a key */
void json_endpoint(struct session *s, struct json *j, const char *name, const struct endpoint *p,
    bool resolvedns);

#endif
