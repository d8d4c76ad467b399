/* Over which SSH connection does somebody run this program? */
#ifndef CLI_SSH_PEER_H
#define CLI_SSH_PEER_H

#include <sys/types.h>

#include "common/model/connection.h"

enum { SSH_PEER_ANCESTORS = 64, SSH_PEER_ENVIRON_MAX = 1024 * 1024 };

/*
 * `env` is SSH_CONNECTION of this process, or NULL: sudo, su and services drop it. Then the environments with
 * which the process `pid` and those that started it began are looked through, under `proc` ("/proc"), from the
 * nearest on: that of the shell which sshd started has it. What may not be read is passed over. A variable that
 * is there and empty, or not understood, ends the search. false: there is no such connection.
 */
bool ssh_peer_find(const char *env, const char *proc, pid_t pid, struct connection *out);

#endif
