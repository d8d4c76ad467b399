#include "enforcer/daemon/folders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "common/base/banned.h"

enum {
	IN_CAME_OR_WENT = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM,
	IN_FOLDER_GONE = IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT,
	IN_WANTED = IN_MODIFY | IN_CAME_OR_WENT | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR,
};

int folders_open(struct folders *w, struct err *e)
{
	*w = (struct folders){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
	return w->fd < 0 ? err_set_errno(e, errno, SYS, "inotify") : 0;
}

void folders_add(struct folders *w, const char *path, const char *prefix, unsigned changed,
    unsigned replaced)
{
	if (w->n < FOLDERS_MAX)
		w->v[w->n++] = (struct folder){
		    .path = path, .prefix = prefix, .changed = changed, .replaced = replaced, .wd = -1};
}

void folders_add_target(struct folders *w, const char *link, unsigned changed)
{
	if (w->n < FOLDERS_MAX)
		w->v[w->n++] = (struct folder){.prefix = "", .link = link, .changed = changed, .wd = -1};
}

void folders_close(struct folders *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->v[i].target);
	w->n = 0;
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

/* Asks where the link leads; the folder that it led to before is watched no more. A dangling one leads nowhere new. */
static void follow_link(struct folders *w, struct folder *d)
{
	char *now = realpath(d->link, NULL), *slash = now ? strrchr(now, '/') : NULL;

	if (slash)
		*slash = '\0';
	if (!slash || (d->target && strcmp(now, d->path) == 0 && strcmp(slash + 1, d->prefix) == 0)) {
		free(now);
		return;
	}
	if (d->wd >= 0)
		inotify_rm_watch(w->fd, d->wd);
	free(d->target);
	d->wd = -1;
	d->target = now;
	d->path = *now ? now : "/";
	d->prefix = slash + 1;
}

unsigned folders_arm(struct folders *w)
{
	unsigned bits = 0;

	for (size_t i = 0; i < w->n; i++) {
		struct folder *d = &w->v[i];
		if (d->link)
			follow_link(w, d);
		if (d->wd >= 0 || !d->path)
			continue;
		d->wd = inotify_add_watch(w->fd, d->path, IN_WANTED);
		if (d->wd >= 0)
			bits |= d->changed | d->replaced;
	}
	return bits;
}

bool folders_is_armed(const struct folders *w, const char *path)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].path && strcmp(w->v[i].path, path) == 0)
			return w->v[i].wd >= 0;
	return false;
}

/* What stood at the path is gone: the watch ends, folders_arm() begins anew with what comes there. */
static unsigned folder_gone(struct folders *w, struct folder *d)
{
	inotify_rm_watch(w->fd, d->wd);
	d->wd = -1;
	return d->changed | d->replaced;
}

static unsigned meaning(struct folders *w, const struct inotify_event *ev)
{
	unsigned bits = 0;

	for (size_t i = 0; i < w->n; i++) {
		struct folder *d = &w->v[i];
		if (ev->mask & IN_Q_OVERFLOW) {
			bits |= d->changed | d->replaced;
			continue;
		}
		if (d->wd < 0 || d->wd != ev->wd)
			continue;
		if (ev->mask & IN_FOLDER_GONE)
			bits |= folder_gone(w, d);
		else if (ev->len > 0 && strncmp(ev->name, d->prefix, strlen(d->prefix)) == 0)
			bits |= d->changed |
			    (ev->mask & IN_CAME_OR_WENT && strcmp(ev->name, d->prefix) == 0
				? d->replaced
				: 0);
	}
	return bits;
}

unsigned folders_read(struct folders *w)
{
	_Alignas(struct inotify_event) char bytes[4096];
	unsigned bits = 0;
	ssize_t n;

	while ((n = read(w->fd, bytes, sizeof bytes)) > 0)
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *ev = (const void *)(bytes + at);
			bits |= meaning(w, ev);
			at += (ssize_t)(sizeof *ev + ev->len);
		}
	return bits;
}
