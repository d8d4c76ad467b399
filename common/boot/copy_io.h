/* Private to the folder and its test: the system calls that writing takes, so that each can be made to fail. */
#ifndef BOOT_COPY_IO_H
#define BOOT_COPY_IO_H

#include <sys/types.h>

#include "common/boot/copy_file.h"

struct bootcopy_io {
	int (*make_dir)(const char *path, mode_t mode);
	int (*open_new)(const char *path, mode_t mode); /* never one that is there */
	ssize_t (*write)(int fd, const void *bytes, size_t n);
	int (*sync)(int fd);
	int (*rename)(const char *from, const char *to);
	int (*sync_dir)(const char *path);
};
extern const struct bootcopy_io bootcopy_io_linux;

int bootcopy_write_with(const struct bootcopy_io *io, const char *dir, const struct bootcopy *c, struct err *e);

#endif
