#include "common/base/journal.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/banned.h"

enum { SEND_ROOM = 1 << 20 }; /* bytes that may wait for a journal that is busy */

/* Not in the middle of a UTF-8 character. */
static size_t cut(const char *value)
{
	size_t n = strnlen(value, JOURNAL_VALUE_MAX + 1);

	if (n <= JOURNAL_VALUE_MAX)
		return n;
	for (n = JOURNAL_VALUE_MAX; n > 0 && ((unsigned char)value[n] & 0xC0) == 0x80;)
		n--;
	return n;
}

void journal_put(struct buf *b, const char *name, const char *value)
{
	size_t n = cut(value);

	buf_adds(b, name);
	if (!memchr(value, '\n', n)) {
		buf_addc(b, '=');
	} else {
		buf_addc(b, '\n');
		for (unsigned i = 0; i < 8; i++)
			buf_addc(b, (char)((uint64_t)n >> 8 * i & 0xFF));
	}
	buf_add(b, value, n);
	buf_addc(b, '\n');
}

bool journal_is(int fd, const char *stream)
{
	unsigned long long dev, ino;
	struct stat st;

	if (fstat(fd, &st) != 0)
		return true;
	return stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 && st.st_dev == dev && st.st_ino == ino;
}

int journal_open(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), room = SEND_ROOM;
	size_t n = strlen(path);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	if (n < sizeof to.sun_path) {
		memcpy(to.sun_path, path, n);
		if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
			return fd;
	}
	close(fd);
	return -1;
}

bool journal_send(int fd, const struct buf *b)
{
	return send(fd, b->data, b->len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)b->len;
}
