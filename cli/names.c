#include "cli/names.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/dyn.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

/* --- the store ---------------------------------------------------------------------------------- */

static const struct {
	enum object_kind object;
	enum store_kind kind;
} kinds[] = {
	{OBJECT_POLICY, STORE_POLICIES},
	{OBJECT_RULE, STORE_RULES},
	{OBJECT_FILTERLIST, STORE_FILTERLISTS},
	{OBJECT_FILTERACTION, STORE_FILTERACTIONS},
};

static size_t from_store(struct session *s, enum store_kind kind, const char *policy, const char *prefix,
    size_t max, struct arena *a, const char ***out)
{
	struct err e = {0}; /* a store that cannot be read is for the next command to report */
	size_t n = 0;

	if (!session_store(s, STORE_READ_ONLY, &e) ||
	    store_names(s->store, kind, policy, prefix, max, a, out, &n, &e) < 0)
		return 0;
	return n;
}

/* --- the enforcer ------------------------------------------------------------------------------- */

struct in_force {
	const char *prefix, **v;
	size_t n, max;
	struct arena *a;
};

static int collect(void *ctx, const struct dyn_item *it, struct err *e)
{
	struct in_force *f = ctx;
	const char *name = it->kind == DYN_MMPOLICY ? it->u.mm.name : it->u.qm.name;

	(void)e;
	if (f->n == f->max)
		return -1;
	if (!*f->prefix || str_is_prefix(f->prefix, name))
		f->v[f->n++] = arena_strdup(f->a, name);
	return 0;
}

/* Without an enforcer nothing is in force. */
static size_t from_enforcer(struct session *s, enum dyn_kind kind, const char *prefix, size_t max,
    struct arena *a, const char ***out)
{
	struct in_force f = {.prefix = prefix, .v = arena_array(a, max, sizeof *f.v), .max = max, .a = a};
	struct err e = {0};

	dyn_each(s, kind, collect, &f, &e);
	*out = f.v;
	return f.n;
}

/* --- files -------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_folder(const char *path)
{
	struct stat sb;

	return stat(path, &sb) == 0 && S_ISDIR(sb.st_mode);
}

/* Paths as they were begun: "dumps/a" gives "dumps/all.txt". Hidden files only when asked for. */
static size_t from_folder(const char *prefix, size_t max, struct arena *a, const char ***out)
{
	const char *slash = strrchr(prefix, '/'), *base = slash ? slash + 1 : prefix;
	const char *folder = slash ? arena_strndup(a, prefix, (size_t)(base - prefix)) : "";
	DIR *dir = opendir(*folder ? folder : ".");
	const char **v = arena_array(a, max, sizeof *v);
	size_t n = 0;
	struct dirent *d;

	*out = v;
	while (dir && n < max && (d = readdir(dir)) != NULL) {
		if (strncmp(d->d_name, base, strlen(base)) != 0 || (d->d_name[0] == '.' && !*base))
			continue;
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		const char *path = arena_printf(a, "%s%s", folder, d->d_name);
		v[n++] = is_folder(path) ? arena_printf(a, "%s/", path) : path;
	}
	if (dir)
		closedir(dir);
	qsort(v, n, sizeof *v, by_name);
	return n;
}

size_t names_list(void *ctx, enum object_kind kind, const char *policy, const char *prefix, size_t max,
    struct arena *a, const char ***out)
{
	if (kind == OBJECT_FILE)
		return from_folder(prefix, max, a, out);
	if (kind == OBJECT_MMPOLICY || kind == OBJECT_QMPOLICY)
		return from_enforcer(ctx, kind == OBJECT_MMPOLICY ? DYN_MMPOLICY : DYN_QMPOLICY, prefix, max, a, out);
	for (size_t i = 0; i < N_OF(kinds); i++)
		if (kinds[i].object == kind)
			return from_store(ctx, kinds[i].kind, policy, prefix, max, a, out);
	return 0;
}
