/* Names for completion from where they are: a store, an enforcer, a folder. */
#include <time.h>

#include "cli/names.h"
#include "tests/unit/cli_util.h"
#include "common/base/banned.h"

static struct arena arena;

/* "a|b" */
static const char *names(struct session *s, enum object_kind kind, const char *policy, const char *prefix)
{
	const char **v, *text = "";
	size_t n = names_list(s, kind, policy, prefix, 100, &arena, &v);

	for (size_t i = 0; i < n; i++)
		text = arena_printf(&arena, "%s%s%s", text, i ? "|" : "", v[i]);
	return text;
}

static void names_of_the_store(void)
{
	struct session *s = cli_new();

	is_str(names(s, OBJECT_POLICY, NULL, ""), "");
	ok(access(s->state_dir, F_OK) < 0); /* looking makes no store */
	does(s, "add policy \"AD Trusts\"");
	does(s, "add policy Base");
	does(s, "add filter L me any");
	does(s, "add filteraction A");
	does(s, "add rule R1 \"AD Trusts\" L A");
	does(s, "add rule R2 Base L A");
	is_str(names(s, OBJECT_POLICY, NULL, "a"), "AD Trusts");
	is_str(names(s, OBJECT_FILTERLIST, NULL, ""), "L");
	is_str(names(s, OBJECT_FILTERACTION, NULL, ""), "A");
	is_str(names(s, OBJECT_RULE, NULL, ""), "R1|R2");
	is_str(names(s, OBJECT_RULE, "base", ""), "R2");
	session_group_begin(s); /* what a group has not written yet counts too */
	does(s, "add filterlist M");
	is_str(names(s, OBJECT_FILTERLIST, NULL, ""), "L|M");
	is_int(session_group_end(s), 0);
	cli_free(s);
}

static void a_store_that_cannot_be_read_has_no_names(void)
{
	struct session *s = cli_new();
	FILE *f;

	does(s, "add policy P");
	session_fini(s);
	f = fopen(in_dir(s->state_dir, "policy.db"), "w");
	ok(f && fputs("no database", f) >= 0 && fclose(f) == 0);
	buf_clear(&cli_out);
	is_str(names(s, OBJECT_POLICY, NULL, ""), "");
	is_int(cli_out.len + cli_err.len, 0);
	cli_free(s);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* As long as nobody notices; a list of all takes the bound, not the store. */
static void ten_thousand_lists(void)
{
	struct session *s = cli_new();
	const char **v;
	double start;

	session_group_begin(s);
	for (int i = 0; i < 10000; i++) {
		char line[64];
		snprintf(line, sizeof line, "add filterlist list%05d", i);
		does(s, line);
	}
	is_int(session_group_end(s), 0);
	start = now();
	is_int(names_list(s, OBJECT_FILTERLIST, NULL, "", COMPLETE_MAX, &arena, &v), COMPLETE_MAX);
	is_int(names_list(s, OBJECT_FILTERLIST, NULL, "LIST0999", COMPLETE_MAX, &arena, &v), 10);
	is_str(v[9], "list09999");
	ok(now() - start < 0.2);
	printf("# %.1f ms\n", 1000 * (now() - start));
	cli_free(s);
}

static void names_in_force(void)
{
	struct session *s = cli_new();

	is_str(names(s, OBJECT_MMPOLICY, NULL, ""), "");
	s->ask = util_ask;
	is_str(names(s, OBJECT_MMPOLICY, NULL, ""), "mm one|two");
	is_str(names(s, OBJECT_QMPOLICY, NULL, "Q"), "qm one");
	cli_free(s);
}

static void names_of_files(void)
{
	struct session *s = cli_new();
	char *top;

	does(s, "add policy P"); /* makes the folder */
	top = xstrndup(s->state_dir, strlen(s->state_dir) - strlen("state"));
	is_str(names(s, OBJECT_FILE, NULL, top), arena_printf(&arena, "%sstate/", top));
	is_str(names(s, OBJECT_FILE, NULL, arena_printf(&arena, "%s/policy.db-s", s->state_dir)),
	    arena_printf(&arena, "%s/policy.db-shm", s->state_dir));
	is_str(names(s, OBJECT_FILE, NULL, arena_printf(&arena, "%s/none/", s->state_dir)), "");
	free(top);
	cli_free(s);
}

static const struct tap_case cases[] = {
	{"names of the store", names_of_the_store},
	{"a store that cannot be read has no names", a_store_that_cannot_be_read_has_no_names},
	{"ten thousand lists", ten_thousand_lists},
	{"names in force", names_in_force},
	{"names of files", names_of_files},
};
TAP_MAIN(cases)
