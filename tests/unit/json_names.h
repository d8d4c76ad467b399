/* doc/json.md as the schema: which members a page promises, which a document has. After tap.h. */
#ifndef TESTS_JSON_NAMES_H
#define TESTS_JSON_NAMES_H

#include "tests/unit/json_check.h"
#include "tests/unit/tap.h"

struct names {
	char text[4096]; /* " name name " */
};

static inline void add_name(struct names *n, const char *name, size_t len)
{
	char word[80];

	snprintf(word, sizeof word, " %.*s ", (int)len, name);
	if (!strstr(n->text, word))
		snprintf(n->text + strlen(n->text), sizeof n->text - strlen(n->text), "%s", word + (*n->text != 0));
}

/* Of every member in the document. */
static inline void names_of_document(const char *text, struct names *out)
{
	for (const char *p = text; *p; p++) {
		const char *end = *p == '"' ? js_string(p) : NULL;
		if (!end)
			continue;
		if (*end == ':')
			add_name(out, p + 1, (size_t)(end - p) - 2);
		p = end - 1;
	}
}

/* Of every first cell in the sections of a context: "| `a`, `b` | ...", "| `esp.integrity` | ...". */
static inline void names_of_page(const char *context, struct names *out)
{
	FILE *f = fopen("doc/json.md", "r");
	char line[400];
	bool inside = false;

	ok(f != NULL);
	while (f && fgets(line, sizeof line, f)) {
		if (strncmp(line, "## ", 3) == 0)
			inside = strncmp(line + 3, context, strlen(context)) == 0;
		if (!inside || strncmp(line, "| `", 3) != 0)
			continue;
		for (char *p = line + 3, *bar = strchr(p, '|'), *end; p < bar; p = strchr(end + 1, '`') + 1) {
			end = strchr(p, '`');
			*end = '\0';
			p = strrchr(p, '.') ? strrchr(p, '.') + 1 : p;
			add_name(out, p, (size_t)(end - p));
			if (!strchr(end + 1, '`'))
				break;
		}
	}
	if (f)
		fclose(f);
}

static inline void is_among(const struct names *these, const struct names *those, const char *why)
{
	for (const char *p = these->text; *p; p += strcspn(p + 1, " ") + 1) {
		char word[80];
		size_t n = strcspn(p + 1, " ");
		if (!n)
			continue;
		snprintf(word, sizeof word, " %.*s ", (int)n, p + 1);
		ok(strstr(those->text, word) != NULL);
		if (!strstr(those->text, word))
			printf("#  %s%s\n", word, why);
	}
}

#endif
