/*
 * In *kernel*: the connection of ipsec-iked, from which associations are asked for. One at a time: who comes meanwhile waits
 * until that one has gone. Only root, or who this process runs as, is listened to, and nobody is waited for:
 * who does not read is disconnected, and may come again. What it got stays (enforcer/sas).
 */
#ifndef DAEMON_IKE_KERNEL_H
#define DAEMON_IKE_KERNEL_H

#include <poll.h>

#include "enforcer/kernel/sad.h"

struct ike_kernel;

/* Hooks itself to `k`, and owns `sad` from then on. `listener` (host_listen()) is borrowed. */
struct ike_kernel *ike_kernel_new(struct kernel *k, struct sad *sad, int listener);
void ike_kernel_free(struct ike_kernel *i);
enum { IKE_KERNEL_FDS = 3 };
/* What to wait for; asked before each poll(). For so many milliseconds at most, -1: for as long as it takes. */
int ike_kernel_wait(const struct ike_kernel *i, struct pollfd v[IKE_KERNEL_FDS]);
/* After it: does what there is to do, some of it at least. */
void ike_kernel_serve(struct ike_kernel *i, const struct pollfd v[IKE_KERNEL_FDS]);

#endif
