/* Private to ike/engine: reading and writing the attributes of transforms, and comparing them field by field. */
#ifndef IKE_ENGINE_OFFER_H
#define IKE_ENGINE_OFFER_H

#include "ike/engine/proposal.h"

/* Attributes by meaning; main mode and quick mode number them differently. */
enum offer_attr { OFFER_CIPHER, OFFER_HASH, OFFER_AUTH, OFFER_GROUP, OFFER_KEY_BITS, OFFER_MODE, OFFER_ATTRS };
enum { OFFER_NO_NUMBER = UINT32_MAX }; /* a value that cannot be one: equals nothing we want */

struct offer_values {
	uint32_t v[OFFER_ATTRS]; /* 0 = not given */
	uint32_t life_s, life_kb;
	uint32_t unknown; /* number of an attribute that we do not know, 0 = none */
};
/* The attributes of one transform of `protocol` (main mode: IKE_PROTO_ISAKMP). */
struct offer_values offer_read(const struct ike_transform *t, uint8_t protocol);

/* A transform in the making. */
struct offer_writer {
	struct arena *a;
	struct ike_transform *t;
	bool main_mode;
};
enum { OFFER_WRITE_MAX = 12 }; /* attributes that one transform of ours may get */
struct offer_writer offer_begin(struct arena *a, struct ike_transform *t, uint8_t protocol, uint8_t number, uint8_t id);
/* The attribute, unless its value is 0. */
void offer_put(struct offer_writer *w, enum offer_attr attr, uint32_t value);
/* Both lifetimes, each unless 0. */
void offer_put_life(struct offer_writer *w, uint32_t life_s, uint32_t life_kb);

/* --- comparing ------------------------------------------------------------------------------------------- */

/* One field of an offer beside what we want of it; `names`: of its values, NULL = numbers. */
struct offer_field {
	const char *name;
	uint32_t offered, wanted;
	const struct enum_name *names;
	uint8_t proposal, transform;
};
/* The refusal that went furthest so far. All zero but `why` is the start. */
struct offer_watch {
	struct ike_refusal *why;
	size_t depth;
};
/*
 * Are all fields equal? If not, and no other comparison went further before, `why` tells of the first that differs. `from`: how
 * far this comparison is already, when other fields came before these.
 */
bool offer_fields_equal(const struct offer_field *f, size_t n, size_t from, struct offer_watch *w);

#endif
