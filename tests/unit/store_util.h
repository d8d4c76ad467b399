/* What the tests of the store share: a private folder, objects to put in, the whole store as text. */
#ifndef TESTS_STORE_UTIL_H
#define TESTS_STORE_UTIL_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "store/store.h"
#include "tests/unit/tap.h"

/* Checks a call that must succeed, and says why it did not. */
#define works(call)                                                                                \
	do {                                                                                       \
		struct err e = {0};                                                                \
		if ((call) != 0) {                                                                 \
			tap_fail(__FILE__, __LINE__, #call);                                       \
			printf("#   %s\n", e.text);                                                \
		}                                                                                  \
	} while (0)

/* Checks a call that must fail with that message. */
#define refused(call, message)                                                                     \
	do {                                                                                       \
		struct err e = {0};                                                                \
		if ((call) != -1 || e.id != (message)) {                                           \
			tap_fail(__FILE__, __LINE__, #call " is not refused as " #message);        \
			printf("#   %s\n", e.text);                                                \
		}                                                                                  \
	} while (0)

static inline int util_remove(const char *path, const struct stat *sb, int type, struct FTW *f)
{
	(void)sb, (void)type, (void)f;
	return remove(path);
}

/* A fresh path for a store; the folder itself is not made. */
static inline char *dir_new(void)
{
	const char *tmp = getenv("TMPDIR");
	struct buf b = {0};

	buf_printf(&b, "%s/store.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(b.data))
		abort();
	chmod(b.data, 0755);
	buf_adds(&b, "/state");
	return buf_take(&b);
}

/* Removes the folder of dir_new() with all in it, and frees `dir`. */
static inline void dir_free(char *dir)
{
	*strrchr(dir, '/') = '\0';
	nftw(dir, util_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(dir);
}

/* DIR/FILE in memory that the next call reuses. */
static inline const char *in_dir(const char *dir, const char *file)
{
	static char path[512];

	snprintf(path, sizeof path, "%s/%s", dir, file);
	return path;
}

static inline struct store *open_or_die(const char *dir, enum store_mode mode)
{
	struct err e = {0};
	struct store *st = store_open(dir, mode, &e);

	if (!st) {
		printf("Bail out! %s\n", e.text);
		exit(1);
	}
	return st;
}

static inline uint64_t counter_of(struct store *st)
{
	struct err e = {0};
	uint64_t n = UINT64_MAX;

	if (store_counter(st, &n, &e) < 0)
		printf("# %s\n", e.text);
	return n;
}

/* --- objects ------------------------------------------------------------------------------------ */

static inline struct policy a_policy(const char *name)
{
	return (struct policy){.name = name, .description = "", .mmlifetime_s = 28800,
	    .pollinginterval_s = 10800, .offers = {.n = 1, .v = {{ENCR_3DES, INTEG_SHA1, 2}}}};
}

static inline struct rule a_default_rule(void)
{
	return (struct rule){.is_default = true, .description = "", .auth = {.n = 1},
	    .default_offers = {.n = 1, .v = {{.esp = true, .encr = ENCR_3DES, .integ = INTEG_MD5}}}};
}

static inline struct filterlist a_list(const char *name)
{
	return (struct filterlist){.name = name, .description = ""};
}

static inline struct filteraction an_action(const char *name, enum action action)
{
	return (struct filteraction){.name = name, .description = "", .action = (uint8_t)action};
}

/* Any to the n-th address of 10/8, TCP 23, mirrored. */
static inline struct filter a_filter(uint32_t n)
{
	return (struct filter){.description = "", .protocol = PROTO_TCP, .dstport = 23, .mirrored = true,
	    .src = {.kind = END_ANY},
	    .dst = {.kind = END_NET, .plen = 32, .lo = {.family = IP_V4,
		.b = {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}}}};
}

static inline struct rule a_rule(const char *name, struct filterlist *l, struct filteraction *fa)
{
	return (struct rule){.name = name, .description = "", .active = true, .filterlist = l,
	    .filteraction = fa, .auth = {.n = 1, .v = {{.kind = AUTH_KERBEROS}}}};
}

/* --- the whole store as text -------------------------------------------------------------------- */

static inline void show_endpoint(struct buf *b, const struct endpoint *p)
{
	char lo[IP_TEXT] = "", hi[IP_TEXT] = "";

	buf_printf(b, " %u/%u %s-%s(%s)", p->kind, p->plen, p->lo.family ? ip_print(&p->lo, lo) : "",
	    p->hi.family ? ip_print(&p->hi, hi) : "", p->dns ? p->dns : "");
}

static inline void show_qm(struct buf *b, const struct qm_offers *o)
{
	for (size_t i = 0; i < o->n; i++)
		buf_printf(b, " qm %u,%u,%u,%u:%uk/%us", o->v[i].ah, o->v[i].esp, o->v[i].encr,
		    o->v[i].integ, o->v[i].life_kb, o->v[i].life_s);
}

static inline void show_rule(struct buf *b, const struct rule *r, bool with_ids)
{
	char g[GUID_TEXT], ip[IP_TEXT] = "";

	buf_printf(b, "  rule '%s' '%s' default=%d active=%d conn=%u tunnel=%s qmpfs=%d list='%s' action='%s'",
	    r->name ? r->name : "-", r->description, r->is_default, r->active, r->conntype,
	    r->tunnel.family ? ip_print(&r->tunnel, ip) : "-", r->default_qmpfs,
	    r->filterlist ? r->filterlist->name : "-", r->filteraction ? r->filteraction->name : "-");
	show_qm(b, &r->default_offers);
	for (size_t i = 0; i < r->auth.n; i++) {
		const struct auth_method *m = &r->auth.v[i];
		buf_printf(b, " auth %u,%d,%d,'%s'", m->kind, m->certmap, m->excludecaname,
		    m->text ? m->text : m->kind == AUTH_PSK ? with_ids ? guid_print(&m->secret_id, g) : "key" : "");
	}
	if (with_ids)
		buf_printf(b, " id=%lld %s", (long long)r->id, guid_print(&r->guid, g));
	buf_adds(b, "\n");
}

static inline void show_policy(struct buf *b, const struct policy *p, bool with_ids)
{
	char g[GUID_TEXT];

	buf_printf(b, "policy '%s' '%s' pfs=%d assigned=%d qm=%u life=%u poll=%u", p->name, p->description,
	    p->mmpfs, p->assigned, p->qmpermm, p->mmlifetime_s, p->pollinginterval_s);
	for (size_t i = 0; i < p->offers.n; i++)
		buf_printf(b, " mm %u,%u,%u", p->offers.v[i].encr, p->offers.v[i].integ, p->offers.v[i].group);
	if (with_ids)
		buf_printf(b, " id=%lld %s", (long long)p->id, guid_print(&p->guid, g));
	buf_adds(b, "\n");
	for (size_t i = 0; i < p->nrules; i++)
		show_rule(b, &p->rules[i], with_ids);
}

static inline void show_list(struct buf *b, const struct filterlist *l, bool with_ids)
{
	char g[GUID_TEXT];

	buf_printf(b, "list '%s' '%s'", l->name, l->description);
	if (with_ids)
		buf_printf(b, " id=%lld %s", (long long)l->id, guid_print(&l->guid, g));
	buf_adds(b, "\n");
	for (size_t i = 0; i < l->nfilters; i++) {
		const struct filter *f = &l->filters[i];
		buf_printf(b, "  filter '%s' proto=%u %u>%u mirrored=%d", f->description, f->protocol,
		    f->srcport, f->dstport, f->mirrored);
		show_endpoint(b, &f->src);
		show_endpoint(b, &f->dst);
		if (with_ids)
			buf_printf(b, " id=%lld %s", (long long)f->id, guid_print(&f->guid, g));
		buf_adds(b, "\n");
	}
}

/* Everything that the store holds but times; `with_ids`: identities and the change counter too. */
static inline char *show_store(struct store *st, bool with_ids)
{
	struct err e = {0};
	struct buf b = {0};
	struct policyset *ps = store_snapshot(st, &e);

	if (!ps) {
		buf_printf(&b, "error: %s", e.text);
		return buf_take(&b);
	}
	if (with_ids)
		buf_printf(&b, "counter %llu\n", (unsigned long long)ps->counter);
	for (size_t i = 0; i < ps->npolicies; i++)
		show_policy(&b, &ps->policies[i], with_ids);
	for (size_t i = 0; i < ps->nfilterlists; i++)
		show_list(&b, &ps->filterlists[i], with_ids);
	for (size_t i = 0; i < ps->nfilteractions; i++) {
		const struct filteraction *fa = &ps->filteractions[i];
		buf_printf(&b, "action '%s' '%s' %u pfs=%d inpass=%d soft=%d", fa->name, fa->description,
		    fa->action, fa->qmpfs, fa->inpass, fa->soft);
		show_qm(&b, &fa->offers);
		buf_adds(&b, "\n");
	}
	policyset_free(ps);
	return buf_take(&b);
}

#endif
