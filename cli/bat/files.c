#include "cli/bat/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/bat/decode.h"
#include "common/base/str.h"
#include "common/base/banned.h"

int file_read(const char *path, size_t max, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int why = 0;

	if (fd < 0)
		return errno;
	if (fstat(fd, &st) < 0)
		why = errno;
	else if (S_ISDIR(st.st_mode))
		why = EISDIR;
	else if (!S_ISREG(st.st_mode))
		why = EINVAL; /* a device or pipe may have no end */
	else if (st.st_size > (off_t)max)
		why = EFBIG;
	while (!why) {
		char chunk[65536];
		ssize_t n = read(fd, chunk, sizeof chunk);
		if (n == 0)
			break;
		if (n < 0)
			why = errno == EINTR ? 0 : errno;
		else if ((size_t)n > max)
			why = EFBIG;
		else
			buf_add(out, chunk, (size_t)n), max -= (size_t)n;
	}
	close(fd);
	return why;
}

int file_read_text(const char *word, const char *codepage, struct buf *out)
{
	struct buf path = {0}, bytes = {0};
	struct err e = {0};
	int why = 0;

	if (!path_is_nul(word))
		why = path_find(word, &path) ? file_read(buf_text(&path), FILE_BYTES_MAX, &bytes)
		                             : ENOENT;
	if (!why && decode_text(buf_text(&bytes), bytes.len, codepage, out, &e) < 0)
		why = EILSEQ;
	buf_free(&path);
	buf_free(&bytes);
	return why;
}

void path_map(const char *word, struct buf *out)
{
	const char *p = word;

	while (*p == '"')
		p++;
	if (((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')) && p[1] == ':')
		p += 2;
	for (; *p; p++)
		if (*p != '"')
			buf_addc(out, (char)(*p == '\\' ? '/' : *p));
}

bool path_is_nul(const char *word)
{
	struct buf b = {0};

	path_map(word, &b);
	const char *name = strrchr(buf_text(&b), '/');
	name = name ? name + 1 : buf_text(&b);
	bool nul = str_caseeq(name, "nul") || str_caseeq(name, "nul:");
	buf_free(&b);
	return nul;
}

/* The entry of `dir` that is `name` but for case. */
static bool find_entry(const char *dir, const char *name, struct buf *out)
{
	DIR *d = opendir(dir);
	bool found = false;

	if (!d)
		return false;
	for (struct dirent *ent; !found && (ent = readdir(d));)
		if (strcasecmp(ent->d_name, name) == 0) {
			buf_adds(out, ent->d_name);
			found = true;
		}
	closedir(d);
	return found;
}

bool path_find(const char *word, struct buf *out)
{
	struct buf path = {0}, found = {0};
	bool ok = true;

	path_map(word, &path);
	if (path.len == 0 || access(path.data, F_OK) == 0) {
		ok = path.len > 0;
		buf_adds(out, buf_text(&path));
		buf_free(&path);
		return ok;
	}
	for (char *p = path.data, *end; ok && *p; p = end) {
		for (; *p == '/'; p++)
			buf_addc(&found, '/');
		end = p + strcspn(p, "/");
		char keep = *end;
		*end = '\0';
		size_t before = found.len;
		buf_adds(&found, p);
		if (*p && access(found.data, F_OK) != 0) {
			buf_truncate(&found, before);
			char *dir = buf_take(&found);
			buf_adds(&found, dir);
			ok = find_entry(*dir ? dir : ".", p, &found);
			free(dir);
		}
		*end = keep;
	}
	if (ok)
		buf_adds(out, buf_text(&found));
	buf_free(&path);
	buf_free(&found);
	return ok;
}

/* The whole name without `.` and `..`, lexically as Windows does it. */
static void full_path(const char *path, struct buf *out)
{
	struct buf all = {0};

	if (*path != '/') {
		char *cwd = getcwd(NULL, 0);
		buf_adds(&all, cwd ? cwd : "");
		free(cwd);
		buf_addc(&all, '/');
	}
	buf_adds(&all, path);
	size_t base = out->len;
	for (const char *p = buf_text(&all); *p;) {
		p += strspn(p, "/");
		size_t n = strcspn(p, "/");
		if (n == 2 && p[0] == '.' && p[1] == '.') {
			while (out->len > base && out->data[--out->len] != '/')
				;
			buf_truncate(out, out->len);
		} else if (n && !(n == 1 && *p == '.')) {
			buf_addc(out, '/');
			buf_add(out, p, n);
		}
		p += n;
	}
	if (out->len == base || (all.len && all.data[all.len - 1] == '/'))
		buf_addc(out, '/');
	buf_free(&all);
}

static void add_stat(const char *path, const char *mods, size_t n, struct buf *out)
{
	struct stat st;
	struct tm tm;

	if (stat(path, &st) < 0)
		return;
	if (memchr(mods, 'a', n))
		buf_adds(out, S_ISDIR(st.st_mode) ? "d--------" : "--a------");
	if (memchr(mods, 't', n) && localtime_r(&st.st_mtime, &tm)) {
		char text[64];
		strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm);
		buf_printf(out, "%s%s", out->len ? " " : "", text);
	}
	if (memchr(mods, 'z', n))
		buf_printf(out, "%s%lld", out->len ? " " : "", (long long)st.st_size);
}

void path_modify(const char *word, const char *mods, size_t n_mods, struct buf *out)
{
	struct buf plain = {0}, path = {0}, full = {0}, about = {0};
	char low[32];

	for (const char *p = word; *p; p++)
		if (*p != '"')
			buf_addc(&plain, *p);
	n_mods = n_mods < sizeof low ? n_mods : sizeof low;
	for (size_t i = 0; i < n_mods; i++)
		low[i] = (char)(mods[i] >= 'A' && mods[i] <= 'Z' ? mods[i] + 32 : mods[i]);
	if (n_mods == 0 || plain.len == 0) {
		buf_adds(out, buf_text(&plain));
		buf_free(&plain);
		return;
	}
	path_map(buf_text(&plain), &path);
	full_path(buf_text(&path), &full);
	const char *f = buf_text(&full), *name = strrchr(f, '/') + 1, *dot = strrchr(name, '.');
	size_t n_name = dot ? (size_t)(dot - name) : strlen(name);
	bool d = memchr(low, 'd', n_mods), p = memchr(low, 'p', n_mods),
	     n = memchr(low, 'n', n_mods), x = memchr(low, 'x', n_mods);
	add_stat(f, low, n_mods, &about);
	if (memchr(low, 'f', n_mods) ||
	    (!d && !p && !n && !x && !about.len && memchr(low, 's', n_mods)))
		p = n = x = true;
	buf_adds(out, buf_text(&about));
	if (about.len && (p || n || x))
		buf_addc(out, ' ');
	if (p)
		buf_add(out, f, (size_t)(name - f));
	if (n)
		buf_add(out, name, n_name);
	if (x && dot)
		buf_adds(out, dot);
	buf_free(&plain);
	buf_free(&path);
	buf_free(&full);
	buf_free(&about);
}

bool path_is_pattern(const char *word)
{
	return strpbrk(word, "*?") != NULL;
}

/* Iterative, with one point to come back to: time is the product of the lengths at worst. */
static bool wild_match(const char *pat, const char *name)
{
	const char *star = NULL, *from = NULL;

	while (*name) {
		if (*pat == '*') {
			star = pat++;
			from = name;
		} else if (*pat && (*pat == '?' || strncasecmp(pat, name, 1) == 0)) {
			pat++;
			name++;
		} else if (star) {
			pat = star + 1;
			name = ++from;
		} else {
			return false;
		}
	}
	while (*pat == '*')
		pat++;
	return *pat == '\0';
}

static int name_cmp(const void *a, const void *b)
{
	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

static void list_add(struct path_list *l, struct arena *a, char *name)
{
	if (l->n == l->cap) {
		char **more = arena_array(a, l->cap ? 2 * l->cap : 16, sizeof *more);
		if (l->n)
			memcpy(more, l->names, l->n * sizeof *more);
		l->names = more;
		l->cap = l->cap ? 2 * l->cap : 16;
	}
	l->names[l->n++] = name;
}

static void glob_in(const char *dir, const char *pat, unsigned kinds, struct arena *a,
    struct path_list *out)
{
	DIR *d = opendir(*dir ? dir : ".");
	size_t first = out->n;

	if (!d)
		return;
	if (strcmp(pat, "*.*") == 0)
		pat = "*";
	for (struct dirent *ent; out->n < GLOB_MAX && (ent = readdir(d));) {
		struct stat st;
		if (strcmp(ent->d_name, ".") == 0 || strcmp(ent->d_name, "..") == 0 ||
		    !wild_match(pat, ent->d_name) || fstatat(dirfd(d), ent->d_name, &st, 0) < 0)
			continue;
		if (kinds & (S_ISDIR(st.st_mode) ? PATH_FOLDERS : PATH_FILES))
			list_add(out, a, arena_printf(a, "%s%s", dir, ent->d_name));
	}
	closedir(d);
	if (out->n > first)
		qsort(out->names + first, out->n - first, sizeof *out->names, name_cmp);
}

void path_glob(const char *word, unsigned kinds, bool literal, struct arena *a,
               struct path_list *out)
{
	struct buf path = {0};

	if (!path_is_pattern(word)) {
		if (literal)
			list_add(out, a, arena_strdup(a, word));
		return;
	}
	path_map(word, &path);
	char *slash = strrchr(buf_text(&path), '/');
	const char *pat = slash ? slash + 1 : buf_text(&path);
	char *dir = arena_strndup(a, buf_text(&path), (size_t)(pat - buf_text(&path)));
	glob_in(dir, pat, kinds, a, out);
	buf_free(&path);
}
