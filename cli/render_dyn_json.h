/* The dynamic context as JSON (doc/json.md). Functions put one object; the command opens what holds it. */
#ifndef CLI_RENDER_DYN_JSON_H
#define CLI_RENDER_DYN_JSON_H

#include "cli/render_dyn.h"
#include "cli/render_json.h"
#include "common/model/assoc.h"

/*
 * A document that is one array, begun with its first element: a command that fails before that leaves nothing
 * behind but its error. All zero but `s` is one that was not begun; `inside` is one that is part of a larger
 * document, opened and closed by its owner.
 */
struct json_list {
	struct session *s;
	struct json own, *j; /* j: where elements go, own unless inside */
	bool inside;
};
void json_list_element(struct json_list *l); /* before each */
void json_list_end(struct json_list *l);

void json_mmpolicy(struct json *j, const struct dyn_mmpolicy *p);
void json_qmpolicy(struct json *j, const struct dyn_qmpolicy *p);
void json_dyn_item(struct session *s, struct json *j, const struct dyn_list *l, const struct dyn_item *it,
    bool resolvedns);
void json_mmsa(struct session *s, struct json *j, const struct mmsa *a, bool resolvedns);
void json_qmsa(struct session *s, struct json *j, const struct qmsa *a, bool resolvedns);
void json_settings(struct json *j, const char *name, const struct settings *all);
/* Both sections, or the one that `type` (enum stats_type) asks for. */
void json_stats(struct json *j, const char *name, const struct dyn_stats *st, int type);

#endif
