#include "common/model/dynamic.h"

#include "common/base/secret.h"
#include "common/model/values.h"
#include "common/base/banned.h"

#define WINDOWS_PFS                                                                                \
	{PFS_GRP1, "GRP1"}, {PFS_GRP2, "GRP2"}, {PFS_GRP3, "GRP3"}, {PFS_MM, "GRPMM"}, {PFS_NONE, "NOPFS"}
const struct enum_name windows_pfs_names[] = {WINDOWS_PFS, {0, NULL}};
const struct enum_name pfs_names[] = {
	WINDOWS_PFS, {PFS_GRP14, "GRP14"}, {PFS_GRP15, "GRP15"}, {PFS_GRP16, "GRP16"}, {PFS_GRP19, "GRP19"},
	{PFS_GRP20, "GRP20"}, {PFS_GRP21, "GRP21"}, {PFS_GRP31, "GRP31"}, {0, NULL}};

bool dyn_rule_same(const struct dyn_rule *a, const struct dyn_rule *b)
{
	bool tunnel = a->tunnel.family == b->tunnel.family &&
	    (a->tunnel.family == IP_NONE || ip_eq(&a->tunnel, &b->tunnel));

	return tunnel && a->conntype == b->conntype && filter_same(&a->filter, &b->filter);
}

size_t dyn_rule_auth_bytes(const struct dyn_rule *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->auth.n; i++) {
		n += r->auth.v[i].text ? strlen(r->auth.v[i].text) : 0;
		n += r->psk[i] ? strlen(r->psk[i]) : 0;
	}
	return n;
}

void dyn_rule_wipe(struct dyn_rule *r)
{
	for (size_t i = 0; i < MODEL_AUTH_MAX; i++) {
		if (r->psk[i])
			secret_wipe((char *)(size_t)r->psk[i], strlen(r->psk[i]));
		r->psk[i] = NULL;
	}
}
