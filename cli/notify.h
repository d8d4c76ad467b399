/* Talking to the enforcer: the store has changed, the dynamic context wants something. */
#ifndef CLI_NOTIFY_H
#define CLI_NOTIFY_H

#include "cli/session.h"

/*
 * For session.changed: waits until what was stored is in force. No enforcer is no error: the policy is
 * stored and will be enforced when one starts. Its complaints go to standard error.
 */
void notify_changed(struct session *s, uint64_t counter);
/* For session.ask. */
int notify_ask(struct session *s, uint16_t want, struct ipc_msg *m, struct err *e);

/* Is what a killed enforcer put into the kernel still there? (ipc_left_behind) */
bool notify_left_behind(void);

#endif
