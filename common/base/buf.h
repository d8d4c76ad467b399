/* Owned, growable bytes. Always NUL-terminated after the last byte, so text can be used as it is. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

/* All zero is an empty buffer; then `data` may be NULL, so use buf_text() where text is wanted. */
struct buf {
	char *data;
	size_t len, cap;
};

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for n more bytes at the end, zeroed and counted as used; borrowed until the next call. */
void *buf_extend(struct buf *b, size_t n);
/* Forgets the content, keeps the memory. */
void buf_clear(struct buf *b);
/* Cuts the content to n bytes (n <= len). */
void buf_truncate(struct buf *b, size_t n);
/* The content as text, never NULL; borrowed until the next change. */
const char *buf_text(const struct buf *b);
/* Moves the text to the caller, who frees it; the buffer is empty afterwards. Never NULL. */
char *buf_take(struct buf *b);
void buf_free(struct buf *b);

#endif
