#include "enforcer/compile/plan_json.h"

#include "common/model/json_values.h"

#include "common/base/banned.h"

static void json_side(struct json *j, const char *name, const struct side *side)
{
	struct buf b = {0};

	plan_side_print(side, &b);
	json_string(j, name, buf_text(&b));
	buf_free(&b);
}

/* The members of one filter; `reason`: why it stands before another one, or that one before it. */
static void json_filter(struct json *j, const char *name, const struct plan *p, const struct plan_filter *f,
    const char *reason)
{
	const struct rule *r = plan_rule_of(p, &f->origin);

	json_object(j, name, JSON_ROW);
	json_enum(j, "action", action_names, f->action);
	json_uint(j, "family", f->family);
	json_side(j, "source", &f->src);
	json_side(j, "destination", &f->dst);
	json_protocol(j, "protocol", f->protocol);
	json_port(j, "srcport", f->sport);
	json_port(j, "dstport", f->dport);
	json_enum(j, "conntype", conntype_names, f->conntype);
	json_ip(j, "tunnel", &f->tunnel);
	json_bool(j, "dynamic", origin_owner(&f->origin) == OWNER_DYNAMIC);
	json_string(j, "rule", r ? r->name : NULL);
	json_string(j, "filterlist", r ? r->filterlist->name : NULL);
	json_uint(j, "filter", f->origin.filter);
	json_bool(j, "persistent", origin_owner(&f->origin) == OWNER_PERSISTENT);
	json_string(j, "reason", reason);
	json_close(j);
}

static void json_packet(struct json *j, const struct packet *p)
{
	json_string(j, "direction", p->inbound ? "inbound" : "outbound");
	json_ip(j, "source", &p->src);
	json_ip(j, "destination", &p->dst);
	json_protocol(j, "protocol", p->protocol);
	json_port(j, "srcport", p->sport);
	json_port(j, "dstport", p->dport);
}

void plan_explain_json(const struct plan *p, const struct packet *packet, const struct explanation *x,
    struct buf *b)
{
	struct json j;

	json_begin(&j, b);
	json_object(&j, NULL, JSON_LINES);
	json_packet(&j, packet);
	json_string(&j, "verdict", plan_fate_word(x->fate));
	json_string(&j, "exemption", x->exempt ? plan_exemption(x->exempt) : NULL);
	if (x->winner && !x->exempt)
		json_filter(&j, "winner", p, x->winner, NULL);
	else
		json_null(&j, "winner");
	json_array(&j, "beaten", JSON_LINES);
	for (size_t i = 0; i < x->nbeaten && !x->exempt; i++)
		json_filter(&j, NULL, p, x->beaten[i], plan_order_reason(x->winner, x->beaten[i]));
	json_close(&j);
	json_close(&j);
	json_end(&j);
}

void plan_order_json(const struct plan *p, size_t first, size_t n, struct json *j)
{
	for (size_t i = first; i < first + n && i < p->nfilters; i++) {
		const struct plan_filter *next = plan_next(p, i);
		json_filter(j, NULL, p, &p->filters[i], next ? plan_order_reason(&p->filters[i], next) : NULL);
	}
}
