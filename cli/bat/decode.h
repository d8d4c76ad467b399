/*
 * Bytes of a file -> UTF-8 text. Everything after this sees UTF-8 only, so that no byte of a
 * double-byte character (GBK allows ^ | \ & as second bytes) is ever taken for one of cmd's special
 * characters.
 */
#ifndef CLI_BAT_DECODE_H
#define CLI_BAT_DECODE_H

#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/err.h"

/*
 * Appends the text to `out`. A byte order mark decides first and is dropped; then `codepage`
 * ("936", "cp936", "gbk", "1252", "cp437", "65001", "utf-8", ...; NULL: detect). Bytes that mean
 * nothing become U+FFFD; NUL characters are dropped. Fails (BAT) on an unknown code page.
 */
int decode_text(const char *bytes, size_t n, const char *codepage, struct buf *out, struct err *e);

/* The iconv name of the encoding the bytes are probably in, when they have no mark. Never NULL. */
const char *decode_guess(const char *bytes, size_t n);

#endif
