#include "cli/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

/* A device or a link would be replaced by the rename, not written to. */
static int check_place(const char *path, struct err *e)
{
	struct stat sb;

	if (lstat(path, &sb) < 0)
		return errno == ENOENT ? 0 : err_set_errno(e, errno, FILE_WRITE, path);
	return S_ISREG(sb.st_mode) ? 0 : err_set(e, FILE_NOT_REGULAR, path);
}

int save_begin(struct save *f, const char *path, struct err *e)
{
	struct buf temp = {0};

	*f = (struct save){.fd = -1};
	if (check_place(path, e) < 0)
		return -1;
	buf_printf(&temp, "%s.XXXXXX", path);
	f->path = xstrdup(path);
	f->temp = buf_take(&temp);
	f->fd = mkostemp(f->temp, O_CLOEXEC); /* 0600 */
	if (f->fd >= 0)
		return 0;
	err_set_errno(e, errno, FILE_WRITE, path);
	free(f->temp);
	f->temp = NULL;
	return -1;
}

int save_write(struct save *f, const char *bytes, size_t n, struct err *e)
{
	while (n > 0) {
		ssize_t done = write(f->fd, bytes, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_set_errno(e, errno, FILE_WRITE, f->path);
		bytes += done;
		n -= (size_t)done;
	}
	return 0;
}

/* The new name survives a power cut only when its folder was synced too. */
static int sync_folder(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? xstrndup(path, slash == path ? 1 : (size_t)(slash - path)) : xstrdup(".");
	int rc = 0, fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		rc = err_set_errno(e, errno, FILE_WRITE, path);
	if (fd >= 0)
		close(fd);
	free(dir);
	return rc;
}

int save_end(struct save *f, bool keep, struct err *e)
{
	int rc = 0;

	if (f->fd >= 0 && keep && (fsync(f->fd) < 0 || rename(f->temp, f->path) < 0))
		rc = err_set_errno(e, errno, FILE_WRITE, f->path);
	if (f->fd >= 0)
		close(f->fd);
	if (f->temp && (!keep || rc < 0))
		unlink(f->temp);
	if (f->temp && keep && rc == 0)
		rc = sync_folder(f->path, e);
	free(f->path);
	free(f->temp);
	*f = (struct save){.fd = -1};
	return rc;
}
