/* Private to common/ipc. */
#ifndef IPC_SOCK_H
#define IPC_SOCK_H

#include <sys/un.h>

#include "common/base/err.h"

/* The socket's address in that run folder; -1 when the path is too long for one. */
int ipc_address(const char *run_dir, struct sockaddr_un *sa, struct err *e);

#endif
