/*
 * Files as a batch file names them. `\` and `/` are the same, a drive letter is dropped, quotes are
 * no part of a name, `nul` is nothing; for reading, a name is found in any case of letters.
 */
#ifndef CLI_BAT_FILES_H
#define CLI_BAT_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/buf.h"

enum { FILE_BYTES_MAX = 64 * 1024 * 1024, GLOB_MAX = 65536 };

/* Appends the content of a regular file of at most `max` bytes. 0 or an errno (EFBIG: too large).
 */
int file_read(const char *path, size_t max, struct buf *out);

/*
 * The same for what a script reads as text (`word` as it names it, found in any case): decoded to
 * UTF-8.
 */
int file_read_text(const char *word, const char *codepage, struct buf *out);

/* Appends the Linux name of a word. */
void path_map(const char *word, struct buf *out);
/* Is the word the null device (nul, NUL:, ...)? */
bool path_is_nul(const char *word);
/*
 * Appends the name under which an existing file or folder is found, in any case. false: there is
 * none.
 */
bool path_find(const char *word, struct buf *out);
/*
 * Appends what %~MODS gives for the word (f d p n x s a t z in any order; none: only the quotes
 * go). The drive letter is always empty; attributes, times and sizes are those of the file, empty
 * without one.
 */
void path_modify(const char *word, const char *mods, size_t n_mods, struct buf *out);

struct path_list {
	char **names; /* in the arena; sorted */
	size_t n, cap;
};
enum path_kind { PATH_FILES = 1, PATH_FOLDERS = 2 };
/* Does the word hold * or ? ? */
bool path_is_pattern(const char *word);
/*
 * Adds what a word names: the matches of a pattern in its last part (in any case, `*.*` matches
 * all), or the word itself when it is no pattern and `literal` is set. At most GLOB_MAX names.
 */
void path_glob(const char *word, unsigned kinds, bool literal, struct arena *a,
               struct path_list *out);

#endif
