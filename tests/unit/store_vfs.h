/*
 * A file system that fails on demand: an SQLite VFS in front of the real one that counts the calls
 * which change a disk (write, sync, truncate, delete) and from the n-th on fails them all, or ends the
 * process at the n-th as a crash would.
 */
#ifndef TESTS_STORE_VFS_H
#define TESTS_STORE_VFS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VFS_CRASHED = 77 }; /* exit status */

static struct {
	long left;  /* calls until the fault; 0 = no fault planned */
	bool fired; /* it happened */
	bool crash; /* end the process instead */
	sqlite3_vfs vfs, *real;
} fault;

/* Plans the fault for the n-th call from now on. */
static inline void fault_at(long n, bool crash)
{
	fault.left = n;
	fault.crash = crash;
	fault.fired = false;
}

static inline void fault_off(void)
{
	fault.left = 0;
}

static inline bool fault_now(void)
{
	if (fault.left == 0 || --fault.left > 0)
		return false;
	fault.left = 1; /* a broken disk stays broken */
	fault.fired = true;
	if (fault.crash)
		_exit(VFS_CRASHED);
	return true;
}

struct faulty_file {
	sqlite3_file base;
	sqlite3_file *real;
};
#define REAL(f) (((struct faulty_file *)(f))->real)

static inline int ff_close(sqlite3_file *f)
{
	return REAL(f)->pMethods->xClose(REAL(f));
}
static inline int ff_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return REAL(f)->pMethods->xRead(REAL(f), p, n, at);
}
static inline int ff_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	if (!fault_now())
		return REAL(f)->pMethods->xWrite(REAL(f), p, n, at);
	/* The worst case: half of it arrived. */
	REAL(f)->pMethods->xWrite(REAL(f), p, n / 2, at);
	return SQLITE_IOERR_WRITE;
}
static inline int ff_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	return fault_now() ? SQLITE_IOERR_TRUNCATE : REAL(f)->pMethods->xTruncate(REAL(f), n);
}
static inline int ff_sync(sqlite3_file *f, int flags)
{
	return fault_now() ? SQLITE_IOERR_FSYNC : REAL(f)->pMethods->xSync(REAL(f), flags);
}
static inline int ff_size(sqlite3_file *f, sqlite3_int64 *n)
{
	return REAL(f)->pMethods->xFileSize(REAL(f), n);
}
static inline int ff_lock(sqlite3_file *f, int level)
{
	return REAL(f)->pMethods->xLock(REAL(f), level);
}
static inline int ff_unlock(sqlite3_file *f, int level)
{
	return REAL(f)->pMethods->xUnlock(REAL(f), level);
}
static inline int ff_reserved(sqlite3_file *f, int *out)
{
	return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out);
}
static inline int ff_control(sqlite3_file *f, int op, void *arg)
{
	return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}
static inline int ff_sector(sqlite3_file *f)
{
	return REAL(f)->pMethods->xSectorSize(REAL(f));
}
static inline int ff_traits(sqlite3_file *f)
{
	return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}
static inline int ff_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **p)
{
	return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, p);
}
static inline int ff_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	return REAL(f)->pMethods->xShmLock(REAL(f), at, n, flags);
}
static inline void ff_shm_barrier(sqlite3_file *f)
{
	REAL(f)->pMethods->xShmBarrier(REAL(f));
}
static inline int ff_shm_unmap(sqlite3_file *f, int del)
{
	return REAL(f)->pMethods->xShmUnmap(REAL(f), del);
}

static const sqlite3_io_methods faulty_methods = {
	.iVersion = 2, .xClose = ff_close, .xRead = ff_read, .xWrite = ff_write, .xTruncate = ff_truncate,
	.xSync = ff_sync, .xFileSize = ff_size, .xLock = ff_lock, .xUnlock = ff_unlock,
	.xCheckReservedLock = ff_reserved, .xFileControl = ff_control, .xSectorSize = ff_sector,
	.xDeviceCharacteristics = ff_traits, .xShmMap = ff_shm_map, .xShmLock = ff_shm_lock,
	.xShmBarrier = ff_shm_barrier, .xShmUnmap = ff_shm_unmap,
};

static inline int vfs_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
	struct faulty_file *ff = (struct faulty_file *)f;

	(void)v;
	ff->real = (sqlite3_file *)(ff + 1);
	int rc = fault.real->xOpen(fault.real, name, ff->real, flags, out);
	f->pMethods = ff->real->pMethods ? &faulty_methods : NULL;
	return rc;
}

static inline int vfs_delete(sqlite3_vfs *v, const char *name, int sync)
{
	(void)v;
	return fault_now() ? SQLITE_IOERR_DELETE : fault.real->xDelete(fault.real, name, sync);
}

/* Makes it the default; once a process, before the first store is opened. */
static inline void fault_install(void)
{
	fault.real = sqlite3_vfs_find(NULL);
	fault.vfs = *fault.real;
	fault.vfs.zName = "faulty";
	fault.vfs.szOsFile += (int)sizeof(struct faulty_file);
	fault.vfs.xOpen = vfs_open;
	fault.vfs.xDelete = vfs_delete;
	sqlite3_vfs_register(&fault.vfs, 1);
}

#endif
