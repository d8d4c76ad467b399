/* Attributes of transforms as values, and the comparison that can say why not. See offer.h. */
#include "ike/engine/offer.h"

#include <stdio.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

/* --- attributes ------------------------------------------------------------------------------------------ */

enum { IGNORED = OFFER_ATTRS };
static const struct slot {
	uint16_t type;
	uint8_t attr; /* enum offer_attr, or IGNORED: known, and of no consequence */
} mm_slots[] = {
    {IKE_A_CIPHER, OFFER_CIPHER},
    {IKE_A_HASH, OFFER_HASH},
    {IKE_A_AUTH, OFFER_AUTH},
    {IKE_A_GROUP, OFFER_GROUP},
    {IKE_A_KEY_LENGTH, OFFER_KEY_BITS},
    {IKE_A_GROUP_TYPE, IGNORED}, /* RFC 2409 App. A: follows from the group's number */
};
static const struct slot qm_slots[] = {
    {IKE_QA_AUTH, OFFER_HASH},
    {IKE_QA_GROUP, OFFER_GROUP},
    {IKE_QA_KEY_LENGTH, OFFER_KEY_BITS},
    {IKE_QA_MODE, OFFER_MODE},
};

/* What differs between the phases: RFC 2409 App. A, RFC 2407 §4.5. */
static const struct phase {
	const struct slot *slots;
	size_t nslots;
	uint16_t life_type, life, first_private;
} phases[] = {
    {qm_slots, N_OF(qm_slots), IKE_QA_LIFE_TYPE, IKE_QA_LIFE, 32001},
    {mm_slots, N_OF(mm_slots), IKE_A_LIFE_TYPE, IKE_A_LIFE, 16384},
};

static const struct slot *slot_of(const struct phase *ph, uint16_t type)
{
	for (size_t i = 0; i < ph->nslots; i++) {
		if (ph->slots[i].type == type)
			return &ph->slots[i];
	}
	return NULL;
}

static uint32_t number_of(const struct ike_attr *a)
{
	uint64_t v;

	if (!ike_attr_number(a, &v) || v > UINT32_MAX)
		return OFFER_NO_NUMBER;
	return (uint32_t)v;
}

/* A duration belongs to the type before it. One that is too large to be a number is as good as for ever. */
static void read_life(struct offer_values *o, uint32_t type, uint32_t value)
{
	if (type == IKE_LIFE_SECONDS)
		o->life_s = value;
	else if (type == IKE_LIFE_KILOBYTES)
		o->life_kb = value;
}

struct offer_values offer_read(const struct ike_transform *t, uint8_t protocol)
{
	const struct phase *ph = &phases[protocol == IKE_PROTO_ISAKMP];
	struct offer_values o = {.unknown = 0};
	uint32_t life_type = 0;

	for (size_t i = 0; i < t->nattrs; i++) {
		const struct ike_attr *a = &t->attrs[i];
		const struct slot *slot = slot_of(ph, a->type);

		if (a->type == ph->life_type)
			life_type = number_of(a);
		else if (a->type == ph->life)
			read_life(&o, life_type, number_of(a));
		else if (slot && slot->attr != IGNORED)
			o.v[slot->attr] = number_of(a);
		else if (!slot && a->type < ph->first_private)
			o.unknown = a->type ? a->type : OFFER_NO_NUMBER;
	}
	return o;
}

struct offer_writer offer_begin(struct arena *a, struct ike_transform *t, uint8_t protocol, uint8_t number, uint8_t id)
{
	*t = (struct ike_transform){.number = number, .id = id};
	t->attrs = arena_array(a, OFFER_WRITE_MAX, sizeof *t->attrs);
	return (struct offer_writer){a, t, protocol == IKE_PROTO_ISAKMP};
}

static void put(struct offer_writer *w, uint16_t type, uint32_t value)
{
	if (value && w->t->nattrs < OFFER_WRITE_MAX)
		w->t->attrs[w->t->nattrs++] = ike_attr_of(type, value, arena_alloc(w->a, 4));
}

void offer_put(struct offer_writer *w, enum offer_attr attr, uint32_t value)
{
	const struct phase *ph = &phases[w->main_mode];

	for (size_t i = 0; i < ph->nslots; i++) {
		if (ph->slots[i].attr == attr)
			put(w, ph->slots[i].type, value);
	}
}

void offer_put_life(struct offer_writer *w, uint32_t life_s, uint32_t life_kb)
{
	const struct phase *ph = &phases[w->main_mode];

	put(w, ph->life_type, life_s ? IKE_LIFE_SECONDS : 0);
	put(w, ph->life, life_s);
	put(w, ph->life_type, life_kb ? IKE_LIFE_KILOBYTES : 0);
	put(w, ph->life, life_kb);
}

/* --- comparing -------------------------------------------------------------------------------------------- */

static void print_value(char *out, size_t cap, const struct enum_name *names, uint32_t v)
{
	const char *name = names && v <= INT32_MAX ? enum_to_name(names, (int)v) : NULL;

	if (v == 0)
		snprintf(out, cap, "none");
	else if (name)
		snprintf(out, cap, "%s", name);
	else
		snprintf(out, cap, "%u", v);
}

static void refuse(struct ike_refusal *why, const struct offer_field *f)
{
	char offered[40], wanted[40];

	print_value(offered, sizeof offered, f->names, f->offered);
	print_value(wanted, sizeof wanted, f->names, f->wanted);
	*why = (struct ike_refusal){f->name, f->proposal, f->transform, f->offered, f->wanted, ""};
	snprintf(why->text, sizeof why->text, "offered %s %s, wanted %s (proposal %u, transform %u)", f->name, offered,
	    wanted, f->proposal, f->transform);
}

bool offer_fields_equal(const struct offer_field *f, size_t n, size_t from, struct offer_watch *w)
{
	size_t i = 0;

	while (i < n && f[i].offered == f[i].wanted)
		i++;
	if (i == n)
		return true;
	if (from + i + 1 > w->depth) {
		w->depth = from + i + 1;
		refuse(w->why, &f[i]);
	}
	return false;
}
