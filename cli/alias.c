#include "cli/alias.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/base/banned.h"

/* The place of the name, or where it belongs. */
static size_t place_of(const struct aliases *as, const char *name, bool *there)
{
	size_t i = 0;

	while (i < as->n && str_casecmp(as->v[i].name, name) < 0)
		i++;
	*there = i < as->n && str_caseeq(as->v[i].name, name);
	return i;
}

const struct alias *alias_find(const struct aliases *as, const char *name)
{
	bool there;
	size_t i = place_of(as, name, &there);

	return there ? &as->v[i] : NULL;
}

int alias_put(struct aliases *as, const char *name, const char *text, struct err *e)
{
	bool there;
	size_t i = place_of(as, name, &there);
	struct alias new;

	if (!*name || strpbrk(name, " \t=\"") || strlen(name) > ALIAS_TEXT_MAX)
		return err_set(e, ALIAS_BAD, name, "an alias is one word without '='");
	if (strlen(text) > ALIAS_TEXT_MAX)
		return err_set(e, ALIAS_BAD, name, "its text is too long");
	if (!there && as->n == ALIAS_MAX)
		return err_set(e, ALIAS_BAD, name, "there are too many already");
	new = (struct alias){xstrdup(name), xstrdup(text)};
	if (there) {
		free(as->v[i].name);
		free(as->v[i].text);
		as->v[i] = new;
	} else {
		array_insert(as->v, &as->n, sizeof *as->v, &i, &new, 1);
	}
	return 0;
}

int alias_delete(struct aliases *as, const char *name, struct err *e)
{
	bool there;
	size_t i = place_of(as, name, &there);

	if (!there)
		return err_set(e, ALIAS_NOTFOUND, name);
	free(as->v[i].name);
	free(as->v[i].text);
	array_remove(as->v, &as->n, sizeof *as->v, &i, 1);
	return 0;
}

int alias_expand(const struct aliases *as, struct words *w, struct arena *a, struct err *e)
{
	const struct alias *found = w->n ? alias_find(as, w->v[0].text) : NULL;
	struct words head = {0};
	struct word *v;

	if (!found)
		return 0;
	if (words_from_line(found->text, strlen(found->text), a, &head, e) < 0)
		return -1;
	v = arena_array(a, head.n + w->n, sizeof *v);
	if (head.n)
		memcpy(v, head.v, head.n * sizeof *v);
	memcpy(v + head.n, w->v + 1, (w->n - 1) * sizeof *v);
	*w = (struct words){.v = v, .n = head.n + w->n - 1, .argv = w->argv};
	return 0;
}

void alias_free(struct aliases *as)
{
	for (size_t i = 0; i < as->n; i++) {
		free(as->v[i].name);
		free(as->v[i].text);
	}
	as->n = 0;
}
