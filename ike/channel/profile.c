/* A profile in parts, and from parts to a profile. Pure. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "ike/channel/channel.h"

#include "common/base/banned.h"

/* --- taking apart ------------------------------------------------------------------------------------------- */

/* Policies are told apart by where they are: a profile that shares one says so by its pointer. */
static int by_address(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t) * (const void *const *)a, y = (uintptr_t) * (const void *const *)b;

	return (x > y) - (x < y);
}

/* Sorts, and throws out NULL and what is there twice. */
static size_t each_once(const void **v, size_t n)
{
	size_t kept = 0;

	qsort(v, n, sizeof *v, by_address);
	for (size_t i = 0; i < n; i++)
		if (v[i] && (kept == 0 || v[kept - 1] != v[i]))
			v[kept++] = v[i];
	return kept;
}

static uint32_t index_of(const void *const *v, size_t n, const void *p)
{
	const void *const *at = bsearch(&p, v, n, sizeof *v, by_address);

	return (uint32_t)(at - v);
}

int ikc_parts_init(struct ikc_parts *p, const struct ike_profile *profile, struct err *e)
{
	size_t n = profile->nrules;

	*p = (struct ikc_parts){.profile = profile};
	if (n > IKC_PROFILE_RULES_MAX)
		return err_set(e, IPC_BAD, "the profile has too many rules");
	p->mm = xcalloc(n + 1, sizeof *p->mm);
	p->qm = xcalloc(n + 1, sizeof *p->qm);
	for (size_t i = 0; i < n; i++) {
		p->mm[i] = profile->rules[i].mm;
		p->qm[i] = profile->rules[i].qm;
	}
	p->mm[n] = profile->default_mm;
	p->qm[n] = profile->default_qm;
	p->nmm = each_once((const void **)p->mm, n + 1);
	p->nqm = each_once((const void **)p->qm, n + 1);
	if (p->nmm > IKC_PROFILE_POLICIES_MAX || p->nqm > IKC_PROFILE_POLICIES_MAX) {
		ikc_parts_fini(p);
		return err_set(e, IPC_BAD, "the profile has too many policies");
	}
	p->n = 2 + p->nmm + p->nqm + (n + IKC_RULES_MAX - 1) / IKC_RULES_MAX;
	return 0;
}

void ikc_parts_fini(struct ikc_parts *p)
{
	free(p->mm);
	free(p->qm);
	*p = (struct ikc_parts){0};
}

static uint32_t mm_index(const struct ikc_parts *p, const struct ike_mm_policy *mm)
{
	return index_of((const void *const *)p->mm, p->nmm, mm);
}

static uint32_t qm_index(const struct ikc_parts *p, const struct ike_qm_policy *qm)
{
	return index_of((const void *const *)p->qm, p->nqm, qm);
}

static struct ikc_begin begin_of(const struct ikc_parts *p)
{
	const struct ike_profile *f = p->profile;
	bool has_default = f->default_mm && f->default_qm;

	return (struct ikc_begin){.generation = f->generation,
	    .nmm = (uint32_t)p->nmm, .nqm = (uint32_t)p->nqm, .nrules = (uint32_t)f->nrules,
	    .default_mm = has_default ? 1 + mm_index(p, f->default_mm) : 0,
	    .default_qm = has_default ? 1 + qm_index(p, f->default_qm) : 0,
	    .default_reqid = f->default_reqid, .default_rule = f->default_rule,
	    .dpd = f->dpd, .nat_traversal = f->nat_traversal, .fragmentation = f->fragmentation,
	    .idle_s = f->idle_s, .fallback_ms = f->fallback_ms, .half_open_on = f->half_open_on,
	    .half_open_off = f->half_open_off, .half_open_peer = f->half_open_peer};
}

static void rules_of(const struct ikc_parts *p, size_t first, struct ikc_rules *out)
{
	size_t left = p->profile->nrules - first;

	out->n = left < IKC_RULES_MAX ? left : IKC_RULES_MAX;
	for (size_t i = 0; i < out->n; i++) {
		const struct ike_rule *r = &p->profile->rules[first + i];

		out->v[i] = (struct ikc_rule){*r, mm_index(p, r->mm), qm_index(p, r->qm)};
		out->v[i].rule.mm = NULL;
		out->v[i].rule.qm = NULL;
	}
}

void ikc_parts_get(const struct ikc_parts *p, size_t i, struct ikc_msg *m)
{
	memset(m, 0, sizeof *m);
	if (i == 0) {
		m->type = IKC_PROFILE_BEGIN;
		m->u.begin = begin_of(p);
	} else if (i <= p->nmm) {
		m->type = IKC_MM_POLICY;
		m->u.mm = *p->mm[i - 1];
	} else if (i <= p->nmm + p->nqm) {
		m->type = IKC_QM_POLICY;
		m->u.qm = *p->qm[i - 1 - p->nmm];
	} else if (i + 1 < p->n) {
		m->type = IKC_RULES;
		rules_of(p, (i - 1 - p->nmm - p->nqm) * IKC_RULES_MAX, &m->u.rules);
	} else {
		m->type = IKC_PROFILE_END;
	}
}

/* --- putting together ---------------------------------------------------------------------------------------- */

void ikc_assembly_fini(struct ikc_assembly *a)
{
	ike_profile_free(a->profile);
	*a = (struct ikc_assembly){0};
}

static int begin(struct ikc_assembly *a, const struct ikc_begin *b)
{
	struct ike_profile *p = ike_profile_new();

	ikc_assembly_fini(a);
	a->profile = p;
	a->want = *b;
	a->mm = arena_array(&p->arena, b->nmm, sizeof *a->mm);
	a->qm = arena_array(&p->arena, b->nqm, sizeof *a->qm);
	p->rules = arena_array(&p->arena, b->nrules, sizeof *p->rules);
	p->generation = b->generation;
	p->default_mm = b->default_mm ? &a->mm[b->default_mm - 1] : NULL;
	p->default_qm = b->default_qm ? &a->qm[b->default_qm - 1] : NULL;
	p->default_reqid = b->default_reqid;
	p->default_rule = b->default_rule;
	p->dpd = b->dpd;
	p->nat_traversal = b->nat_traversal;
	p->fragmentation = b->fragmentation;
	p->idle_s = b->idle_s;
	p->fallback_ms = b->fallback_ms;
	p->half_open_on = b->half_open_on;
	p->half_open_off = b->half_open_off;
	p->half_open_peer = b->half_open_peer;
	return 0;
}

/* What a part that comes too much, too early or too late gets. */
static int not_due(struct ikc_assembly *a, struct err *e)
{
	ikc_assembly_fini(a);
	return err_set(e, IPC_BAD, "a part of a profile was not due");
}

static bool take_rules(struct ikc_assembly *a, const struct ikc_rules *in)
{
	struct ike_profile *p = a->profile;

	if (in->n > a->want.nrules - p->nrules)
		return false;
	for (size_t i = 0; i < in->n; i++) {
		struct ike_rule *r = &p->rules[p->nrules];

		if (in->v[i].mm >= a->want.nmm || in->v[i].qm >= a->want.nqm)
			return false;
		*r = in->v[i].rule;
		r->mm = &a->mm[in->v[i].mm];
		r->qm = &a->qm[in->v[i].qm];
		p->nrules++;
	}
	return true;
}

int ikc_assemble(struct ikc_assembly *a, const struct ikc_msg *m, struct ike_profile **out, struct err *e)
{
	bool fits = true;

	if (m->type == IKC_PROFILE_BEGIN)
		return begin(a, &m->u.begin);
	if (!a->profile)
		return not_due(a, e);
	if (m->type == IKC_MM_POLICY && a->nmm < a->want.nmm)
		a->mm[a->nmm++] = m->u.mm;
	else if (m->type == IKC_QM_POLICY && a->nqm < a->want.nqm)
		a->qm[a->nqm++] = m->u.qm;
	else if (m->type == IKC_RULES)
		fits = take_rules(a, &m->u.rules);
	else
		fits = m->type == IKC_PROFILE_END && a->nmm == a->want.nmm && a->nqm == a->want.nqm &&
		       a->profile->nrules == a->want.nrules;
	if (!fits)
		return not_due(a, e);
	if (m->type != IKC_PROFILE_END)
		return 0;
	*out = a->profile;
	*a = (struct ikc_assembly){0};
	return 1;
}
