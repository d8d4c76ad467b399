/*
 * Goldens of the .bat interpreter: tests/golden/bat/NAME.bat runs against a telling host
 * (bat_host.h) and what comes out must be NAME.out. NAME.args holds arguments (one a line), NAME.in
 * the standard input; with "# terminal" as its first line a person is at the terminal. Files
 * lib_*.bat are called by others. UPDATE=1 rewrites the .out files.
 *
 * A script runs in a folder of its own, which its output calls <DIR>.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/unit/bat_host.h"
#include "cli/bat/files.h"
#include "common/base/banned.h"

enum { CASES_MAX = 500, STEPS = 200000 };

static char source[PATH_MAX]; /* tests/golden/bat, whole name */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The content of tests/golden/bat/NAME.ENDING, or NULL. The caller frees. */
static char *load(const char *name, const char *ending)
{
	struct buf path = {0}, text = {0};

	buf_printf(&path, "%s/%s.%s", source, name, ending);
	int why = file_read(path.data, 1 << 24, &text);
	buf_free(&path);
	if (!why)
		return buf_take(&text);
	buf_free(&text);
	return NULL;
}

static void remove_tree(const char *dir)
{
	DIR *d = opendir(dir);

	for (struct dirent *ent; d && (ent = readdir(d));) {
		struct buf path = {0};
		if (ent->d_name[0] == '.')
			continue;
		buf_printf(&path, "%s/%s", dir, ent->d_name);
		if (unlink(path.data) < 0)
			remove_tree(path.data);
		buf_free(&path);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

/* The folder with links to all batch files. */
static void make_dir(char *dir)
{
	DIR *d = opendir(source);

	if (!mkdtemp(dir) || chdir(dir) < 0 || !d) {
		perror(dir);
		exit(2);
	}
	for (struct dirent *ent; (ent = readdir(d));) {
		struct buf path = {0};
		size_t n = strlen(ent->d_name);
		buf_printf(&path, "%s/%s", source, ent->d_name);
		if (n > 4 && strcmp(ent->d_name + n - 4, ".bat") == 0 &&
		    symlink(path.data, ent->d_name) < 0)
			perror(ent->d_name);
		buf_free(&path);
	}
	closedir(d);
}

static void mask(struct buf *text, const char *dir)
{
	struct buf out = {0};

	for (const char *p = buf_text(text), *hit;; p = hit + strlen(dir)) {
		hit = strstr(p, dir);
		buf_add(&out, p, hit ? (size_t)(hit - p) : strlen(p));
		if (!hit)
			break;
		buf_adds(&out, "<DIR>");
	}
	buf_free(text);
	*text = out;
}

static char *run(const char *name)
{
	char dir[] = "/tmp/bat-golden-XXXXXX", *args = load(name, "args"), *in = load(name, "in");
	char *argv[16] = {NULL}, file[PATH_MAX];
	struct fake f = {.in = in, .steps = STEPS};
	struct bat_host host = fake_host(&f);
	struct err e = {0};
	int argc = 1;

	make_dir(dir);
	snprintf(file, sizeof file, "%s.bat", name);
	argv[0] = file;
	for (char *p = args; p && *p && argc < 15; p += strcspn(p, "\n"), p += *p == '\n')
		argv[argc++] = xstrndup(p, strcspn(p, "\n"));
	if (in && strncmp(in, "# terminal\n", 11) == 0) {
		host.interactive = 1;
		f.in = in + 11;
	}
	int status = bat_run(&host, file, argc, argv, &e);
	if (f.text.len && f.text.data[f.text.len - 1] != '\n')
		buf_addc(&f.text, '\n');
	if (f.slept_ms)
		buf_printf(&f.text, "SLEPT %lu ms\n", f.slept_ms);
	buf_printf(&f.text, "STATUS %d%s%s\n", status, *e.text ? " " : "", e.text);
	mask(&f.text, dir);
	while (argc > 1)
		free(argv[--argc]);
	free(args);
	free(in);
	if (chdir(source) < 0)
		exit(2);
	remove_tree(dir);
	return buf_take(&f.text);
}

/* The first line that differs. */
static void tell(const char *got, const char *want)
{
	size_t line = 1;

	while (*got && *got == *want) {
		line += *got == '\n';
		got++, want++;
	}
	while (line > 1 && got[-1] != '\n')
		got--, want--;
	printf("# line %zu:\n#   got  '%.*s'\n#   want '%.*s'\n", line, (int)strcspn(got, "\n"),
	       got, (int)strcspn(want, "\n"), want);
}

static bool check(const char *name)
{
	char *got = run(name), *want = load(name, "out");
	bool good = want && strcmp(got, want) == 0;

	if (getenv("UPDATE") && !good) {
		struct buf path = {0};
		buf_printf(&path, "%s/%s.out", source, name);
		FILE *to = fopen(path.data, "w");
		good = to && fputs(got, to) >= 0 && fclose(to) == 0;
		buf_free(&path);
	} else if (!want) {
		printf("# %s.out is missing\n", name);
	} else if (!good) {
		tell(got, want);
	}
	free(got);
	free(want);
	return good;
}

int main(void)
{
	char *names[CASES_MAX];
	size_t n = 0, bad = 0;

	if (!realpath("tests/golden/bat", source)) {
		perror("tests/golden/bat");
		return 2;
	}
	DIR *d = opendir(source);
	for (struct dirent *ent; d && n < CASES_MAX && (ent = readdir(d));) {
		size_t len = strlen(ent->d_name);
		if (len > 4 && strcmp(ent->d_name + len - 4, ".bat") == 0 &&
		    strncmp(ent->d_name, "lib_", 4) != 0)
			names[n++] = xstrndup(ent->d_name, len - 4);
	}
	if (d)
		closedir(d);
	qsort(names, n, sizeof *names, by_name);
	printf("1..%zu\n", n);
	for (size_t i = 0; i < n; i++) {
		bool good = check(names[i]);
		bad += !good;
		printf("%sok %zu - %s.bat\n", good ? "" : "not ", i + 1, names[i]);
		fflush(stdout);
		free(names[i]);
	}
	return bad != 0 || n == 0;
}
