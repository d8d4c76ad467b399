#include "enforcer/daemon/peer.h"

#include <grp.h>
#include <stddef.h>
#include <sys/socket.h>

#include "common/base/banned.h"

bool peer_of(int fd, struct peer *out)
{
	struct ucred cred;
	socklen_t len = sizeof cred, bytes = (PEER_GROUPS_MAX - 1) * sizeof out->groups[0];

	*out = (struct peer){.ngroups = 0};
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return false;
	out->uid = cred.uid;
	out->groups[0] = cred.gid;
	out->ngroups = 1;
	/* A member of more groups than fit is known by its primary group alone. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, &out->groups[1], &bytes) == 0)
		out->ngroups += bytes / sizeof out->groups[0];
	return true;
}

bool peer_is_own(const struct peer *p, uid_t self)
{
	return p->uid == 0 || p->uid == self;
}

bool peer_may(const struct peer *p, uid_t self, bool has_group, gid_t group)
{
	if (peer_is_own(p, self))
		return true;
	for (size_t i = 0; has_group && i < p->ngroups; i++)
		if (p->groups[i] == group)
			return true;
	return false;
}

bool peer_group(gid_t *out)
{
	const struct group *g = getgrnam(ADMIN_GROUP);

	if (g)
		*out = g->gr_gid;
	return g != NULL;
}
