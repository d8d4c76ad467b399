/*
 * The journal's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): a datagram of fields, each
 * "NAME=value\n", or where the value holds a newline "NAME\n", its length as 64 bits little-endian, value, "\n".
 * Building the datagram is pure; the rest is a socket.
 */
#ifndef BASE_JOURNAL_H
#define BASE_JOURNAL_H

#include <stdbool.h>

#include "common/base/buf.h"

/* Longer values are cut, between characters: all fields together fit into one datagram. */
enum { JOURNAL_VALUE_MAX = 1024 };

/* Appends a field. `name`: capitals, digits, underscores, not beginning with one. */
void journal_put(struct buf *b, const char *name, const char *value);
/*
 * Is the descriptor what $JOURNAL_STREAM (`stream`, may be NULL) says: a stream into the journal? Also true
 * when it is not open at all, since then nobody else can be told.
 */
bool journal_is(int fd, const char *stream);
/* A socket that sends to the journal's at `path`; -1: there is none. */
int journal_open(const char *path);
/* Never waits. false: the journal did not take it. */
bool journal_send(int fd, const struct buf *b);

#endif
