#include "enforcer/daemon/diag_event.h"

#include "common/base/mem.h"
#include "common/model/values.h"

#include "common/base/banned.h"

/* One for each kind of event, for ever (systemd.journal-fields(7)). */
static const char id_drop[] = "edf3d8f122986c9663fa6a70f41fe12f", id_sum[] = "2fc65815be48903084cd7a871c70716e",
		  id_rest[] = "50204e1f5bc8002581cd0e70e21d4e95", id_totals[] = "c91bd2888546b4332948aeca864bbed8";

void event_free(struct event *ev)
{
	arena_free(&ev->mem);
}

/* `value` lives as long as the event, or longer. */
static void put(struct event *ev, const char *name, const char *value)
{
	if (value && ev->n < EVENT_FIELDS)
		ev->f[ev->n++] = (struct log_field){name, value};
}

static void put_number(struct event *ev, const char *name, uint64_t v)
{
	put(ev, name, arena_printf(&ev->mem, "%llu", (unsigned long long)v));
}

static const char *kept(struct event *ev, struct buf *b)
{
	const char *text = arena_strdup(&ev->mem, buf_text(b));

	buf_free(b);
	return text;
}

/* --- by whom -------------------------------------------------------------------------------------- */

/* The policy, rule, filter list and filter as fields. Returns a phrase: "rule 'Telnet' of policy 'P'". */
static const char *put_filter(struct event *ev, const struct plan *p, const struct plan_filter *f)
{
	const struct rule *r = plan_rule_of(p, &f->origin);
	const struct policy *policy = plan_policy_of(p, &f->origin);
	struct buf b = {0};
	const char *phrase;

	if (r) {
		put(ev, "IPSECSH_POLICY", policy->name);
		put(ev, "IPSECSH_RULE", r->name);
		put(ev, "IPSECSH_FILTERLIST", r->filterlist ? r->filterlist->name : NULL);
		put_number(ev, "IPSECSH_FILTER", f->origin.filter);
		phrase = arena_printf(&ev->mem, "rule '%s' of policy '%s'", r->name, policy->name);
	} else {
		phrase = arena_printf(&ev->mem, "dynamic rule %u", origin_row(&f->origin));
		put(ev, "IPSECSH_RULE", phrase);
	}
	plan_filter_say(f, &b);
	put(ev, "IPSECSH_FILTER_TEXT", kept(ev, &b));
	return phrase;
}

/* --- one packet ----------------------------------------------------------------------------------- */

static const char *interface_name(const struct facts *facts, uint32_t ifindex)
{
	for (size_t i = 0; i < facts->nifs; i++)
		if (facts->ifs[i].index == ifindex)
			return facts->ifs[i].name;
	return NULL;
}

static const char *put_end(struct event *ev, const char *name, const char *port_name, const struct ip *ip,
    bool ports, uint16_t port)
{
	char text[IP_TEXT];

	ip_print(ip, text);
	put(ev, name, arena_strdup(&ev->mem, text));
	if (!ports)
		return arena_strdup(&ev->mem, text);
	put_number(ev, port_name, port);
	return arena_printf(&ev->mem, "%s port %u", text, port);
}

/* The packet as fields. Returns a phrase: "inbound TCP 192.0.2.9 port 4711 > 192.0.2.1 port 23". */
static const char *put_packet(struct event *ev, const struct packet_head *h)
{
	const struct packet *p = &h->packet;
	const char *direction = p->inbound ? "inbound" : "outbound";
	struct buf b = {0};

	put(ev, "IPSECSH_DIRECTION", direction);
	protocol_print(p->protocol, &b);
	const char *protocol = kept(ev, &b);
	put(ev, "IPSECSH_PROTOCOL", protocol);
	const char *src = put_end(ev, "IPSECSH_SOURCE", "IPSECSH_SOURCE_PORT", &p->src, h->ports, p->sport);
	const char *dst =
	    put_end(ev, "IPSECSH_DESTINATION", "IPSECSH_DESTINATION_PORT", &p->dst, h->ports, p->dport);
	if (h->icmp) {
		put_number(ev, "IPSECSH_ICMP_TYPE", h->type);
		put_number(ev, "IPSECSH_ICMP_CODE", h->code);
	}
	put(ev, "IPSECSH_FRAGMENT", h->fragment ? "yes" : NULL);
	put_number(ev, "IPSECSH_LENGTH", h->length);
	return arena_printf(&ev->mem, "%s %s %s > %s", direction, protocol, src, dst);
}

static const char *reason_of(const struct plan_filter *by)
{
	if (!by)
		return "policy-changed";
	return by->action == ACTION_NEGOTIATE ? "not-protected" : "blocked";
}

void event_drop(struct event *ev, const struct plan *p, const struct facts *facts, const struct packet_head *h,
    uint32_t ifindex, const struct plan_filter *by)
{
	*ev = (struct event){.id = id_drop};
	const char *who = by ? put_filter(ev, p, by) : NULL;
	const char *what = put_packet(ev, h);
	put(ev, "IPSECSH_INTERFACE", interface_name(facts, ifindex));
	put(ev, "IPSECSH_REASON", reason_of(by));
	if (!by)
		ev->text = arena_printf(&ev->mem, "dropped %s: the policy has changed since", what);
	else if (by->action == ACTION_NEGOTIATE)
		ev->text = arena_printf(&ev->mem, "dropped %s: in clear, but %s protects it", what, who);
	else
		ev->text = arena_printf(&ev->mem, "dropped %s: blocked by %s", what, who);
}

/* --- an interval ---------------------------------------------------------------------------------- */

void event_sum(struct event *ev, const struct plan *p, const struct drop_sum *s, int64_t seconds)
{
	*ev = (struct event){.id = id_sum};
	const char *who = put_filter(ev, p, s->filter);
	put(ev, "IPSECSH_DIRECTION", s->in && s->out ? "both" : s->in ? "inbound" : "outbound");
	put_number(ev, "IPSECSH_PACKETS", s->packets);
	put_number(ev, "IPSECSH_BYTES", s->bytes);
	put_number(ev, "IPSECSH_SECONDS", (uint64_t)seconds);
	ev->text = arena_printf(&ev->mem, "dropped %llu packets, %llu bytes in %lld s: blocked by %s",
	    (unsigned long long)s->packets, (unsigned long long)s->bytes, (long long)seconds, who);
}

void event_rest(struct event *ev, const struct diag_rest *r, int64_t seconds)
{
	*ev = (struct event){.id = id_rest};
	put_number(ev, "IPSECSH_OTHER_FILTERS", r->filters);
	put_number(ev, "IPSECSH_OTHER_PACKETS", r->packets);
	put_number(ev, "IPSECSH_UNTOLD", r->untold);
	put_number(ev, "IPSECSH_LOST", r->lost);
	put_number(ev, "IPSECSH_JOURNAL_LOST", r->journal_lost);
	put_number(ev, "IPSECSH_SECONDS", (uint64_t)seconds);
	ev->text = arena_printf(&ev->mem,
	    "in %lld s: %llu packets dropped by %llu more filters, %llu dropped packets without a line of their own, "
	    "%llu records and %llu lines lost",
	    (long long)seconds, (unsigned long long)r->packets, (unsigned long long)r->filters,
	    (unsigned long long)r->untold, (unsigned long long)r->lost, (unsigned long long)r->journal_lost);
}

void event_totals(struct event *ev, const struct totals *t, int64_t seconds)
{
	struct buf b = {0};

	*ev = (struct event){.id = id_totals};
	for (size_t i = 0; i < TOTALS; i++) {
		put_number(ev, total_fields[i], t->v[i]);
		buf_printf(&b, "%s%s %llu", i ? ", " : "", total_words[i], (unsigned long long)t->v[i]);
	}
	put_number(ev, "IPSECSH_SECONDS", (uint64_t)seconds);
	const char *list = kept(ev, &b);
	ev->text = arena_printf(&ev->mem, "errors in %lld s: %s", (long long)seconds, list);
}
