/*
 * What a process of ours gives up once it has opened what it needs: capabilities and files. System calls: calls.h.
 * One way only; nothing of it can be had back. Linux alone.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

/* Bit of a capability (linux/capability.h) in `keep`. */
#define SANDBOX_CAP(c) (1ULL << (c))

/*
 * Keeps of the permitted capabilities those of `keep`, effective and permitted; of the bounding set likewise, as
 * far as the process may change it. No ambient, no inheritable ones; supplementary groups go when it is root; no
 * program that it runs can have more (no_new_privs). -1: SANDBOX.
 */
int sandbox_capabilities(uint64_t keep, struct err *e);

enum sandbox_files { SANDBOX_READ, SANDBOX_WRITE /* and make, and remove */, SANDBOX_REMOVE };
struct sandbox_folder {
	const char *path; /* missing: the nearest folder above that exists, for it may come; NULL: left out */
	enum sandbox_files may;
};
/*
 * From now on only files below those folders can be opened, made or removed, no TCP socket bound or connected,
 * and no process outside signalled (Landlock, landlock(7)). What is open stays open. 1; 0: this kernel has no
 * Landlock and nothing was done; -1: SANDBOX.
 */
int sandbox_files(const struct sandbox_folder *v, size_t n, struct err *e);

#endif
