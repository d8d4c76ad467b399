/* The conditions of `if`. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bat/files.h"
#include "cli/bat/interp.h"
#include "common/base/str.h"
#include "common/base/banned.h"

static bool whole_number(const char *s, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(s, &end, 0);
	return *s && !*end && errno == 0 && !strchr(" \t\v\f", *s);
}

/* As numbers when both are, else as text. */
static bool compare(const struct if_head *h, const char *left, const char *right)
{
	long a, z;
	int c;

	if (h->kind == IF_COMPARE && whole_number(left, &a) && whole_number(right, &z))
		c = a < z ? -1 : a > z;
	else
		c = h->nocase ? str_casecmp(left, right) : strcmp(left, right);
	if (h->kind == IF_SAME)
		return c == 0;
	switch (h->op) {
	case OP_EQU: return c == 0;
	case OP_NEQ: return c != 0;
	case OP_LSS: return c < 0;
	case OP_LEQ: return c <= 0;
	case OP_GTR: return c > 0;
	case OP_GEQ: return c >= 0;
	}
	return false;
}

static bool exists(const char *word)
{
	struct arena a = {0};
	struct path_list l = {0};
	struct buf path = {0};
	bool yes;

	if (path_is_nul(word))
		return true;
	if (path_is_pattern(word)) {
		path_glob(word, PATH_FILES | PATH_FOLDERS, false, &a, &l);
		yes = l.n > 0;
	} else {
		yes = path_find(word, &path);
	}
	arena_free(&a);
	buf_free(&path);
	return yes;
}

static bool test(struct bat *b, const struct if_head *h, const char *left, const char *right)
{
	switch (h->kind) {
	case IF_SAME:
	case IF_COMPARE:
		return compare(h, left, right);
	case IF_ERRORLEVEL:
		return b->errorlevel >= strtol(left, NULL, 10);
	case IF_EXIST:
		return exists(left);
	case IF_DEFINED:
		return env_get(&b->env, left, strlen(left)) != NULL;
	case IF_VERSION:
		return strtol(left, NULL, 10) <= 2;
	}
	return false;
}

bool cond_holds(struct bat *b, const struct if_head *h)
{
	struct buf left = {0}, right = {0};
	bool yes = false;

	if (exec_expand(b, h->left, strlen(h->left), &left) == 0 &&
	    (!h->right || exec_expand(b, h->right, strlen(h->right), &right) == 0))
		yes = test(b, h, buf_text(&left), buf_text(&right)) != h->negate;
	buf_free(&left);
	buf_free(&right);
	return yes;
}
