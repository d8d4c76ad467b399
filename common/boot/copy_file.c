#include "common/boot/copy_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/boot/copy_io.h"
#include "common/base/banned.h"

static char *path_in(const char *dir, const char *file)
{
	struct buf b = {0};

	buf_printf(&b, "%s/%s", dir, file);
	return buf_take(&b);
}

/* --- reading ------------------------------------------------------------------------------------ */

/* Reading it is no secret; writing it opens the host. */
static bool only_root_could_write(const struct stat *sb)
{
	return (sb->st_uid == 0 || sb->st_uid == geteuid()) && (sb->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int check(int fd, mode_t type, const char *name, struct err *e)
{
	struct stat sb;

	if (fstat(fd, &sb) != 0)
		return err_set_errno(e, errno, FILE_READ, name);
	if ((sb.st_mode & S_IFMT) != type)
		return err_set(e, BOOT_COPY_BAD, name, "it is of another kind of file");
	return only_root_could_write(&sb) ? 0 : err_set(e, BOOT_COPY_DENIED, name);
}

static int read_all(int fd, const char *name, struct bootcopy *out, struct err *e)
{
	char text[BOOTCOPY_MAX + 1];
	size_t have = 0;
	ssize_t n;

	do {
		n = read(fd, text + have, sizeof text - have);
		if (n < 0 && errno != EINTR)
			return err_set_errno(e, errno, FILE_READ, name);
		have += n > 0 ? (size_t)n : 0;
	} while (n != 0 && have < sizeof text);
	return bootcopy_parse(text, have, name, out, e);
}

static int read_file(int dir_fd, const char *path, struct bootcopy *out, struct err *e)
{
	/* NONBLOCK: a pipe in its place must not hold up the boot. */
	int fd = openat(dir_fd, "gate", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int rc;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_set_errno(e, errno, FILE_OPEN, path);
	rc = check(fd, S_IFREG, path, e) == 0 && read_all(fd, path, out, e) == 0 ? 1 : -1;
	close(fd);
	return rc;
}

int bootcopy_read(const char *dir, struct bootcopy *out, struct err *e)
{
	int fd = open(dir, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	char *path;
	int rc;

	*out = (struct bootcopy){0};
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_set_errno(e, errno, FILE_OPEN, dir);
	path = path_in(dir, "gate");
	rc = check(fd, S_IFDIR, dir, e) == 0 ? read_file(fd, path, out, e) : -1;
	if (rc == 0)
		*out = (struct bootcopy){0};
	free(path);
	close(fd);
	return rc;
}

/* --- writing ------------------------------------------------------------------------------------ */

static int open_new(const char *path, mode_t mode)
{
	unlink(path); /* of a writer that was killed */
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
}

static int sync_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	int rc = fd < 0 ? -1 : fsync(fd), why = errno;

	if (fd >= 0)
		close(fd);
	errno = why;
	return rc;
}

const struct bootcopy_io bootcopy_io_linux = {mkdir, open_new, write, fsync, rename, sync_dir};

/* 0 also when it is there; a folder that was made is on disk. */
static int make_dir(const struct bootcopy_io *io, const char *dir, mode_t mode)
{
	char *above = xstrndup(dir, strlen(dir)), *slash = strrchr(above, '/');
	int rc = io->make_dir(dir, mode);

	if (slash && slash != above)
		*slash = '\0';
	if (rc == 0 && slash)
		rc = io->sync_dir(slash == above ? "/" : above);
	else if (rc != 0 && errno == EEXIST)
		rc = 0;
	int why = errno;
	free(above);
	errno = why;
	return rc;
}

/* The folder and the one above it: /etc/ipsecsh may be read by all, the boot folder by root. */
static int make_dirs(const struct bootcopy_io *io, const char *dir)
{
	char *above;
	const char *slash = strrchr(dir, '/');
	int rc = 0;

	if (access(dir, F_OK) == 0)
		return 0;
	if (slash && slash != dir) {
		above = xstrndup(dir, (size_t)(slash - dir));
		rc = make_dir(io, above, 0755);
		int why = errno;
		free(above);
		errno = why;
	}
	return rc == 0 ? make_dir(io, dir, 0700) : rc;
}

static int fill(const struct bootcopy_io *io, int fd, const struct bootcopy *c)
{
	struct buf b = {0};
	size_t done = 0;
	ssize_t n = 0;

	bootcopy_print(c, &b);
	while (done < b.len) {
		n = io->write(fd, b.data + done, b.len - done);
		if (n < 0 && errno != EINTR)
			break;
		done += n > 0 ? (size_t)n : 0;
	}
	int why = errno;
	bool whole = done == b.len;
	buf_free(&b);
	errno = why;
	return whole ? io->sync(fd) : -1;
}

static int replace(const struct bootcopy_io *io, const char *dir, const char *temp, const char *path,
    const struct bootcopy *c)
{
	int fd = io->open_new(temp, 0600), rc, why;

	if (fd < 0)
		return -1;
	rc = fill(io, fd, c);
	why = errno;
	if (close(fd) != 0 && rc == 0) {
		rc = -1;
		why = errno;
	}
	if (rc == 0) {
		rc = io->rename(temp, path);
		why = errno;
	}
	if (rc != 0)
		unlink(temp);
	errno = why;
	return rc == 0 ? io->sync_dir(dir) : rc;
}

int bootcopy_write_with(const struct bootcopy_io *io, const char *dir, const struct bootcopy *c, struct err *e)
{
	char *temp = path_in(dir, "gate.new"), *path = path_in(dir, "gate");
	int rc = 0;

	if (make_dirs(io, dir) != 0 || replace(io, dir, temp, path, c) != 0)
		rc = err_set_errno(e, errno, FILE_WRITE, path);
	free(temp);
	free(path);
	return rc;
}

int bootcopy_write(const char *dir, const struct bootcopy *c, struct err *e)
{
	return bootcopy_write_with(&bootcopy_io_linux, dir, c, e);
}

int bootcopy_lock(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_CLOEXEC | O_DIRECTORY);

	if (fd >= 0 && flock(fd, LOCK_EX) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}
