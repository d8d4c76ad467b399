#include "enforcer/bootgate/decide.h"

#include <stdio.h>
#include <string.h>

#include "common/base/banned.h"

static const char *why_mode(int found, const struct bootcopy *c)
{
	if (found == 0)
		return "there is no copy for the boot, so no policy was ever assigned here";
	if (c->mode != BOOT_DEFAULT)
		return "bootmode is set so";
	return c->ever_assigned ? "bootmode was never set, and a policy was assigned"
				: "bootmode was never set, and no policy was ever assigned";
}

void gate_decide(int found, const struct bootcopy *c, const struct err *e, struct gate_decision *out)
{
	*out = (struct gate_decision){.mode = BOOT_BLOCK, .emergency = true};
	if (found < 0) {
		snprintf(out->why, sizeof out->why, "%s", e->text);
		return;
	}
	out->emergency = false;
	out->mode = bootcopy_mode(c);
	out->nexempt = c->nexempt;
	memcpy(out->exempt, c->exempt, c->nexempt * sizeof c->exempt[0]);
	snprintf(out->why, sizeof out->why, "%s", why_mode(found, c));
}

void gate_fall_back(const struct err *e, struct gate_decision *out)
{
	*out = (struct gate_decision){.mode = BOOT_BLOCK, .emergency = true};
	snprintf(out->why, sizeof out->why, "%s", e->text);
}
