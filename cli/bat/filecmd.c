/* Commands that change files and folders: del, copy, move, mkdir, rmdir, and dir, cd, pushd, popd.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/bat/files.h"
#include "cli/bat/interp.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

/* The words that are names; `/x` and `/x:...` are switches, anything longer (/tmp/x) is a name. */
struct names {
	struct words w;
	struct arena a;
	struct path_list l;
	bool bare; /* /b */
};

static bool looks_like_switch(const char *s)
{
	return s[0] == '/' && s[1] && (!s[2] || s[2] == ':' || (s[1] == '-' && !s[3]));
}

static void names_take(struct names *n, const char *args, unsigned kinds)
{
	*n = (struct names){0};
	words_split(&n->w, args, true);
	for (size_t i = 0; i < n->w.n; i++) {
		char *s = n->w.v[i];
		if (looks_like_switch(s))
			n->bare |= (s[1] | 0x20) == 'b';
		else
			path_glob(unquote(s), kinds, true, &n->a, &n->l);
	}
}

static void names_free(struct names *n)
{
	words_free(&n->w);
	arena_free(&n->a);
}

/* The Linux name: an existing one in any case, else as it is written. */
static void resolve(const char *word, struct buf *out)
{
	if (!path_find(word, out)) {
		buf_clear(out);
		path_map(word, out);
	}
	buf_adds(out, "");
}

static int failed(struct bat *b, const char *name, int why)
{
	bat_say(b, "'%.200s': %s", name, strerror(why));
	return 1;
}

/* Runs a call on every name; a script checked without effect (read_only) has them all succeed. */
static int on_each(struct bat *b, const char *args, unsigned kinds, int (*act)(const char *path))
{
	struct names n;
	int level = 0;

	names_take(&n, args, kinds);
	for (size_t i = 0; i < n.l.n && !b->host->read_only; i++) {
		struct buf path = {0};
		resolve(n.l.names[i], &path);
		if (act(path.data) < 0)
			level = failed(b, n.l.names[i], errno);
		buf_free(&path);
	}
	names_free(&n);
	return level;
}

/* Files only: cmd's del never removes folders. */
static int remove_file(const char *path)
{
	return unlink(path);
}

int do_del(struct bat *b, const char *args)
{
	on_each(b, args, PATH_FILES, remove_file);
	return 0; /* as cmd: a file that was not there is no error */
}

static int remove_folder(const char *path)
{
	return rmdir(path);
}

int do_rmdir(struct bat *b, const char *args)
{
	return on_each(b, args, PATH_FOLDERS, remove_folder) ? 1 : BAT_KEEP;
}

/* With its parents, as cmd makes them. One that exists already is an error. */
static int make_folder(const char *path)
{
	char *copy = xstrdup(path);
	int rc = 0;

	for (char *p = copy + 1; *copy && rc == 0 && (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdir(copy, 0777) < 0 && errno != EEXIST)
			rc = -1;
		*p = '/';
	}
	free(copy);
	return rc == 0 ? mkdir(path, 0777) : rc;
}

int do_mkdir(struct bat *b, const char *args)
{
	return on_each(b, args, PATH_FOLDERS, make_folder);
}

/* ---- copy and move ---- */

/* A folder as target means the same name in it. */
static void into_folder(struct buf *to, const char *from)
{
	struct stat st;
	const char *name = strrchr(from, '/');

	if (stat(buf_text(to), &st) == 0 && S_ISDIR(st.st_mode))
		buf_printf(to, "/%s", name ? name + 1 : from);
}

static int write_file(const char *path, const struct buf *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	size_t done = 0;

	if (fd < 0)
		return errno;
	while (done < text->len) {
		ssize_t n = write(fd, text->data + done, text->len - done);
		if (n < 0 && errno != EINTR)
			break;
		done += n > 0 ? (size_t)n : 0;
	}
	int why = done < text->len ? errno : 0;
	if (close(fd) < 0 && !why)
		why = errno;
	return why;
}

static int copy_one(const char *from, const char *to)
{
	struct buf text = {0};
	int why = file_read(from, FILE_BYTES_MAX, &text);

	if (!why && !path_is_nul(to))
		why = write_file(to, &text);
	buf_free(&text);
	return why;
}

static int move_one(const char *from, const char *to)
{
	return rename(from, to) < 0 ? errno : 0;
}

/* FROM... TO: the last name is the target, "." when there is only one. */
static int from_to(struct bat *b, const char *args, int (*act)(const char *from, const char *to))
{
	struct names n;
	int level = 0;

	names_take(&n, args, PATH_FILES);
	size_t last = n.l.n > 1 ? n.l.n - 1 : n.l.n;
	const char *target = n.l.n > 1 ? n.l.names[last] : ".";
	for (size_t i = 0; i < last && !b->host->read_only; i++) {
		struct buf from = {0}, to = {0};
		resolve(n.l.names[i], &from);
		resolve(target, &to);
		into_folder(&to, from.data);
		int why = act(from.data, to.data);
		if (why)
			level = failed(b, n.l.names[i], why);
		buf_free(&from);
		buf_free(&to);
	}
	if (!n.l.n)
		level = failed(b, "", ENOENT);
	names_free(&n);
	return level;
}

int do_copy(struct bat *b, const char *args)
{
	return from_to(b, args, copy_one);
}

int do_move(struct bat *b, const char *args)
{
	return from_to(b, args, move_one);
}

/* ---- folders ---- */

/* Names, one a line; with /b as on Windows, without it only the heading of Windows is missing. */
int do_dir(struct bat *b, const char *args)
{
	struct names n;
	struct arena a = {0};
	struct path_list l = {0};
	const unsigned all = PATH_FILES | PATH_FOLDERS;

	names_take(&n, args, all);
	for (size_t i = 0; i < n.l.n; i++) {
		struct buf path = {0};
		struct stat st;
		if (path_find(n.l.names[i], &path) && stat(path.data, &st) == 0 &&
		    S_ISDIR(st.st_mode))
			path_glob(arena_printf(&a, "%s/*", path.data), all, false, &a, &l);
		else if (path.len)
			path_glob(n.l.names[i], all, true, &a, &l);
		buf_free(&path);
	}
	if (!n.l.n && n.w.n == (size_t)n.bare)
		path_glob("*", all, false, &a, &l);
	for (size_t i = 0; i < l.n; i++) {
		const char *slash = strrchr(l.names[i], '/');
		bat_printf(b, "%s\n", slash ? slash + 1 : l.names[i]);
	}
	if (!l.n)
		bat_say(b, "no file was found");
	arena_free(&a);
	names_free(&n);
	return l.n ? 0 : 1;
}

static int enter_folder(struct bat *b, const char *word)
{
	struct buf path = {0};
	int level = 0;

	resolve(word, &path);
	if (chdir(path.data) < 0)
		level = failed(b, word, errno);
	buf_free(&path);
	return level;
}

static int show_folder(struct bat *b)
{
	char *cwd = getcwd(NULL, 0);

	bat_printf(b, "%s\n", cwd ? cwd : "/");
	free(cwd);
	return 0;
}

/* `cd /d X`; blanks inside X need no quotes; a drive alone (`cd /d C:`) is where we are already. */
int do_cd(struct bat *b, const char *args)
{
	char *text = xstrdup(args), *p = text + strspn(text, " \t");
	int level = 0;

	if (is_switch(p, "/d") && (p[2] == ' ' || p[2] == '\t' || !p[2]))
		p += 2;
	p += strspn(p, " \t");
	unquote(p);
	for (size_t n = strlen(p); n && (p[n - 1] == ' ' || p[n - 1] == '\t');)
		p[--n] = '\0';
	if (!*p)
		level = show_folder(b);
	else if (p[1] != ':' || p[2])
		level = enter_folder(b, p);
	free(text);
	return level;
}

int do_pushd(struct bat *b, const char *args)
{
	char *cwd = getcwd(NULL, 0);

	if (!*skip_space(args) || !cwd || b->n_dirs == DIR_STACK_MAX || do_cd(b, args) != 0) {
		free(cwd);
		return *skip_space(args) ? 1 : BAT_KEEP;
	}
	b->dirs[b->n_dirs++] = cwd;
	return 0;
}

int do_popd(struct bat *b, const char *args)
{
	(void)args;
	if (!b->n_dirs)
		return 1;
	char *dir = b->dirs[--b->n_dirs];
	int level = enter_folder(b, dir);
	free(dir);
	return level ? level : BAT_KEEP;
}
