#include "common/model/boot.h"

#include "common/base/banned.h"

enum bootmode boot_mode(const struct settings *s, bool assigned)
{
	struct settings then = *s;

	then.ever_assigned |= assigned;
	return settings_bootmode(&then);
}

bool boot_lets_in(const struct settings *s, enum bootmode mode, const struct packet *first)
{
	if (mode == BOOT_PERMIT)
		return true;
	for (size_t i = 0; i < s->nexempt; i++) {
		const struct boot_exemption *x = &s->exempt[i];
		if (!x->outbound && x->protocol == first->protocol &&
		    (x->srcport == 0 || x->srcport == first->sport) &&
		    (x->dstport == 0 || x->dstport == first->dport))
			return true;
	}
	return false;
}
