/* Where things live. The environment variables are interface: every program honours them. */
#ifndef BASE_PATHS_H
#define BASE_PATHS_H

#include <stdbool.h>

/* $IPSECSH_STATE or /var/lib/ipsecsh: the folder of the policy store. Borrowed. */
const char *paths_state(void);
/* $IPSECSH_RUN or /run/ipsecsh: the folder of the sockets. Borrowed. */
const char *paths_run(void);
/* $IPSECSH_JOURNAL, and then *given is true, or /run/systemd/journal/socket: the journal's own. Borrowed. */
const char *paths_journal(bool *given);
/*
 * The folder of the copy that the boot gate reads: $IPSECSH_BOOT; else, when IPSECSH_STATE is set, boot/ in it,
 * so that a private store never writes into the machine's own; else /etc/ipsecsh/boot. Borrowed until the next call.
 */
const char *paths_boot(void);

#endif
