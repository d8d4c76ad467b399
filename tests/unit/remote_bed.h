/* Messages of enforcer/remote through memory instead of a socket: packets one after another, and back. */
#ifndef TESTS_REMOTE_BED_H
#define TESTS_REMOTE_BED_H

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/remote/codec.h"

struct tape {
	struct tape_packet {
		uint8_t *p;
		size_t n;
	} *v;
	size_t n, cap, at;
};

static inline int tape_send(void *ctx, const uint8_t *bytes, size_t n, struct err *e)
{
	struct tape *p = ctx;

	(void)e;
	GROW(p->v, p->n, p->cap);
	p->v[p->n] = (struct tape_packet){.p = xcalloc(1, n), .n = n};
	memcpy(p->v[p->n++].p, bytes, n);
	return 0;
}

static inline long tape_recv(void *ctx, uint8_t *room, struct err *e)
{
	struct tape *p = ctx;

	(void)e;
	if (p->at == p->n)
		return 0;
	memcpy(room, p->v[p->at].p, p->v[p->at].n);
	return (long)p->v[p->at++].n;
}

static inline struct packets_out *tape_out(struct tape *p)
{
	struct packets_out *w = xcalloc(1, sizeof *w);

	w->send = tape_send;
	w->ctx = p;
	return w;
}

static inline struct packets_in *tape_in(struct tape *p)
{
	struct packets_in *r = xcalloc(1, sizeof *r);

	r->recv = tape_recv;
	r->ctx = p;
	return r;
}

static inline void tape_free(struct tape *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].p);
	free(p->v);
	*p = (struct tape){.n = 0};
}

#endif
