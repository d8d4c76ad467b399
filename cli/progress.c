#include "cli/progress.h"

#include <string.h>

#include "common/base/banned.h"

bool progress_is_due(struct progress *p, int64_t now_ms)
{
	if (!p->begun) {
		*p = (struct progress){.begun = true, .next_ms = now_ms + PROGRESS_AFTER_MS};
		return false;
	}
	if (now_ms < p->next_ms)
		return false;
	p->next_ms = now_ms + PROGRESS_EVERY_MS;
	return true;
}

/* The end of the name, of at most `most` bytes and whole characters. */
static void add_name(struct buf *out, const char *file, size_t most)
{
	size_t n = strlen(file);

	if (n > most) {
		file += n - most + 3;
		while (((unsigned char)*file & 0xC0) == 0x80)
			file++;
		buf_adds(out, "...");
	}
	for (; *file; file++)
		buf_addc(out, (unsigned char)*file < ' ' || *file == 0x7F ? '?' : *file);
}

void progress_text(const char *file, size_t line, size_t total, struct buf *out)
{
	struct buf behind = {0};

	buf_printf(&behind, ": line %zu", line);
	if (total >= line && total > 0)
		buf_printf(&behind, " of %zu (%d %%)", total, (int)((double)line / (double)total * 100));
	add_name(out, file, PROGRESS_COLUMNS - behind.len);
	buf_adds(out, buf_text(&behind));
	buf_free(&behind);
}
