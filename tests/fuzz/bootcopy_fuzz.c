// FOLDERS: boot model base
/* Any bytes as the copy for the boot: what is taken is what print makes of it, and no stricter than itself. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/boot/copy.h"
#include "common/base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one(const char *text, size_t n)
{
	struct bootcopy c, s;
	struct err e = {0};
	struct buf b = {0};

	if (bootcopy_parse(text, n, "copy", &c, &e) != 0)
		return;
	bootcopy_print(&c, &b);
	if (b.len != n || memcmp(b.data, text, n) != 0)
		abort();
	bootcopy_strictest(&c, &c, &s);
	if (bootcopy_mode(&s) != bootcopy_mode(&c) || s.nexempt != c.nexempt)
		abort();
	buf_free(&b);
}

/* As it is, and with the checksum that it should have: chance does not find one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf b = {0};

	one((const char *)data, size);
	buf_add(&b, data, size);
	buf_printf(&b, "checksum %08x\n", bootcopy_crc32(data, size));
	one(buf_text(&b), b.len);
	buf_free(&b);
	return 0;
}
