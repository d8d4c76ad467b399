/* The operational mode of this host and what is in force, as far as somebody without privilege can know. */
#ifndef CLI_STATUS_H
#define CLI_STATUS_H

#include "cli/session.h"
#include "common/ipc/ipc.h"

enum status_mode {
	STATUS_PERMIT, /* nothing is enforced */
	STATUS_SECURE,
	STATUS_BLOCK,
	STATUS_UNKNOWN, /* the service was killed: the kernel holds what it held then */
};
struct status {
	enum status_mode mode;
	bool running;           /* a service answered; without one, `state` has a reason and nothing else */
	struct ipc_state state;
};

/* Asks. That no service runs is an answer; -1 when one does and cannot be asked. */
int status_ask(struct session *s, struct status *out, struct err *e);
/* Permit, Secure, Block, Unknown. */
const char *status_word(enum status_mode mode);

#endif
