/*
 * The file of the copy for the boot: FOLDER/gate, 0600 in a folder 0700, both of root. It is replaced as a whole, or
 * not at all.
 */
#ifndef BOOT_COPY_FILE_H
#define BOOT_COPY_FILE_H

#include "common/boot/copy.h"

/*
 * 1: read. 0: there is none, and `out` is the value that this means. -1 with `e`: damaged (BOOT_COPY_BAD), newer
 * (BOOT_COPY_NEWER), of another owner than root and us or writable by others (BOOT_COPY_DENIED), or not readable.
 */
int bootcopy_read(const char *dir, struct bootcopy *out, struct err *e);
/*
 * Replaces the file; makes the folder, and the one above it, when missing. 0: it is on disk, also after a crash.
 * -1 with FILE_WRITE: the old one is still there, or, when only the last step failed, the new one.
 */
int bootcopy_write(const char *dir, const struct bootcopy *c, struct err *e);
/*
 * Whoever reads the file to write it anew holds this lock meanwhile, and ends it by closing the descriptor. -1: there
 * is no folder yet, or it cannot be locked; what is wrong then, writing will say.
 */
int bootcopy_lock(const char *dir);

#endif
