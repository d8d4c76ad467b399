/* man-tables FILE...: makes the tables in manual pages anew (cli/manual.h). Prints the names of those it changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/manual.h"
#include "common/base/banned.h"

static bool read_all(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "r");
	char chunk[4096];
	size_t n;
	bool fine;

	if (!f)
		return false;
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_add(b, chunk, n);
	fine = !ferror(f);
	fclose(f);
	return fine;
}

static bool write_all(const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return false;
	fwrite(b->data, 1, b->len, f);
	return fclose(f) == 0;
}

static int refresh(const char *path)
{
	struct buf old = {0}, new = {0};
	int status = 1;

	if (!read_all(path, &old)) {
		perror(path);
	} else if (!manual_refresh(buf_text(&old), &new)) {
		fprintf(stderr, "%s: %s\n", path, buf_text(&new));
	} else if (strcmp(buf_text(&old), buf_text(&new)) == 0) {
		status = 0;
	} else if (!write_all(path, &new)) {
		perror(path);
	} else {
		printf("%s\n", path);
		status = 0;
	}
	buf_free(&old);
	buf_free(&new);
	return status;
}

int main(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++)
		status |= refresh(argv[i]);
	return status;
}
