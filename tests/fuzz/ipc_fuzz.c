// FOLDERS: ipc model base
/*
 * Bytes -> message -> bytes: whatever is accepted must encode to the very bytes it came from, in both
 * directions of the channel (one decoder serves both), and print as state without harm.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/ipc/ipc.h"

#include "common/base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipc_msg m;
	struct err e = {0};
	uint8_t again[IPC_MSG_MAX];

	if (ipc_decode(data, size, &m, &e) != 0) {
		if (e.id != IPC_BAD)
			abort();
		return 0;
	}
	if (ipc_encode(&m, again) != size || memcmp(again, data, size) != 0)
		abort();
	if (m.type == IPC_STATE) {
		struct buf b = {0};
		ipc_state_print(&m.u.state, &b);
		buf_free(&b);
	}
	return 0;
}
