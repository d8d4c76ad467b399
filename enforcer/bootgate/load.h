/* The kernel's side of the boot gate, by libnftables: text in, one transaction. */
#ifndef BOOTGATE_LOAD_H
#define BOOTGATE_LOAD_H

#include "common/base/buf.h"
#include "common/base/err.h"

/* All of the text or nothing. -1: GATE_REFUSED with the library's reason. */
int gate_load(const char *rules, struct err *e);
/* The standing gate as text, counters included; 0: appended to `out` (NULL: just asked); 1: there is none; -1: not to be seen. */
int gate_show(struct buf *out, struct err *e);

#endif
