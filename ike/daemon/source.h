/* Where *parent* finds what the children cannot fetch: key texts, and the enforcer. */
#ifndef IKE_DAEMON_SOURCE_H
#define IKE_DAEMON_SOURCE_H

#include "common/base/err.h"
#include "common/base/guid.h"
#include "ike/daemon/chan.h"

/*
 * The text of a key, from the local store, the persistent one, or the enforcer, which has those of dynamic rules (ipc_key());
 * the caller wipes and frees it (secret_free()). NULL: there is none, or it cannot be read, and then *e says why.
 */
char *source_key(const char *state_dir, const char *run_dir, const struct guid *name, struct err *e);
/*
 * Connects to both of the enforcer's sockets (ike/channel/sockets.h); only to a process of root or of our own user. false: it is
 * not there.
 */
bool source_enforcer(const char *run_dir, int fds[CHAN_FDS_MAX]);

#endif
