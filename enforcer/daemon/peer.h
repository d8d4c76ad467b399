/* Who is at the other end of the control socket, and may they be there? */
#ifndef DAEMON_PEER_H
#define DAEMON_PEER_H

#include <stdbool.h>
#include <sys/types.h>

#define ADMIN_GROUP "ipsecsh" /* its members may do what root may, at the socket */

enum { PEER_GROUPS_MAX = 256 };
struct peer {
	uid_t uid;
	gid_t groups[PEER_GROUPS_MAX]; /* the first is the primary one */
	size_t ngroups;
};

/* Credentials of the moment of connect(2), as the kernel tells them. false: it does not. */
bool peer_of(int fd, struct peer *out);
/*
 * Root, the enforcer's own user and members of the group. has_group: there is such a group on this host.
 * Pure.
 */
bool peer_may(const struct peer *p, uid_t self, bool has_group, gid_t group);
/* Root and the enforcer's own user: those whom keys and the word of IKE may come from and go to. Pure. */
bool peer_is_own(const struct peer *p, uid_t self);
/* The group of that name; false when the host has none. */
bool peer_group(gid_t *out);

#endif
