/*
 * The words of the command table in other shapes: `words bash` prints the tables on which
 * tools/completion.bash works, `words fuzz` a dictionary for the fuzzer of the command line.
 */
#include <stdio.h>
#include <string.h>

#include "cli/grammar.h"
#include "cli/options.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

static const char *const kinds[] = {
	[OBJECT_POLICY] = "policy",
	[OBJECT_RULE] = "rule",
	[OBJECT_FILTERLIST] = "filterlist",
	[OBJECT_FILTERACTION] = "filteraction",
	[OBJECT_FILE] = "file",
};

/* --- bash --------------------------------------------------------------------------------------- */

static void print_children(const char *path, struct arena *a)
{
	const char *words[GRAMMAR_CHILDREN], *inherited[GRAMMAR_CHILDREN];
	size_t n = grammar_children(path, DIALECT_LINUX, words, N_OF(words), a);

	printf("\t['/%s']='", path);
	for (size_t i = 0; i < n; i++)
		printf("%s%s", i ? " " : "", words[i]);
	if (path_inherited(path)) {
		size_t more = grammar_children(path_inherited(path), DIALECT_LINUX, inherited, N_OF(inherited), a);
		for (size_t i = 0; i < more; i++)
			printf(" %s", inherited[i]);
	}
	printf("'\n");
	for (size_t i = 0; i < n; i++) {
		const char *child = *path ? arena_printf(a, "%s %s", path, words[i]) : words[i];
		if (!cmd_at(child, DIALECT_LINUX, a))
			print_children(child, a);
	}
}

/* "POSITION/FLAGS/NAME/KIND/WORD,WORD": flags are k (keyword), s (reserved), r (may be repeated). */
static void print_tag(const struct cmd *cmd, int i)
{
	const struct tag *t = &cmd->tags[i];
	const struct enum_name *w = t->type ? t->type->names : NULL;
	enum object_kind kind = t->type ? t->type->object : OBJECT_NONE;

	printf("%s%d/%s%s%s/%s/%s/", i ? " " : "", cmd_position(cmd, i), t->flags & TAG_KEYWORD ? "k" : "",
	    t->flags & TAG_RESERVED ? "s" : "", t->flags & TAG_REPEAT ? "r" : "", t->name,
	    kind < N_OF(kinds) && kinds[kind] ? kinds[kind] : "");
	for (; w && w->name; w++)
		printf("%s%s", w->name, w[1].name ? "," : "");
}

static void print_bash(struct arena *a)
{
	const char *word, *value;

	printf("# bash completion for ipsecsh and netsh, made from the table of commands\n"
	       "declare -gA _ipsecsh_words=(\n");
	print_children("", a);
	printf(")\ndeclare -gA _ipsecsh_options=(\n");
	for (size_t i = 0; (word = options_word(i, &value)) != NULL; i++)
		printf("\t['%s']='%s'\n", word, value ? value : "");
	printf(")\ndeclare -gA _ipsecsh_tags=(\n");
	for (size_t c = 0; cmd_table[c]; c++) {
		printf("\t['/%s']='", cmd_table[c]->path);
		for (int i = 0; i < (int)cmd_table[c]->ntags; i++)
			if (!(cmd_table[c]->tags[i].flags & TAG_NAMED || cmd_table[c]->flags & CMD_WORDS))
				print_tag(cmd_table[c], i);
		printf("'\n");
	}
	printf(")\n");
}

/* --- fuzzer ------------------------------------------------------------------------------------- */

/* A word twice does no harm there. */
static void print_fuzz(void)
{
	for (size_t c = 0; cmd_table[c]; c++) {
		printf("\"%s \"\n", cmd_table[c]->path);
		for (size_t i = 0; i < cmd_table[c]->ntags; i++) {
			const struct tag *t = &cmd_table[c]->tags[i];
			printf(t->type ? "\" %s=\"\n" : "\" %s\"\n", t->name);
			for (const struct enum_name *w = t->type ? t->type->names : NULL; w && w->name; w++)
				printf("\"%s\"\n", w->name);
		}
	}
}

int main(int argc, char **argv)
{
	struct arena a = {0};
	const char *shape = argc == 2 ? argv[1] : "";

	if (strcmp(shape, "bash") == 0) {
		print_bash(&a);
	} else if (strcmp(shape, "fuzz") == 0) {
		print_fuzz();
	} else {
		fprintf(stderr, "usage: words bash | fuzz\n");
		return 2;
	}
	arena_free(&a);
	return fflush(stdout) != 0 || ferror(stdout);
}
