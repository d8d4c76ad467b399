#include "enforcer/daemon/totals.h"

#include <string.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

const char *const total_fields[TOTALS] = {
	[TOTAL_CLEAR] = "IPSECSH_CLEAR_TEXT", [TOTAL_BAD_SPI] = "IPSECSH_BAD_SPI",
	[TOTAL_INTEGRITY] = "IPSECSH_INTEGRITY", [TOTAL_REPLAY] = "IPSECSH_REPLAY",
	[TOTAL_SYNTAX] = "IPSECSH_SYNTAX", [TOTAL_KEY] = "IPSECSH_KEY",
};
const char *const total_words[TOTALS] = {
	[TOTAL_CLEAR] = "unexpected clear text", [TOTAL_BAD_SPI] = "bad SPI",
	[TOTAL_INTEGRITY] = "integrity", [TOTAL_REPLAY] = "replay",
	[TOTAL_SYNTAX] = "syntax", [TOTAL_KEY] = "no key",
};

/* Documentation/networking/xfrm_proc.rst. What nftables dropped before does not come here as well. */
static const struct {
	const char *name;
	enum total total;
} lines[] = {
	{"XfrmInError", TOTAL_SYNTAX},           {"XfrmInBufferError", TOTAL_SYNTAX},
	{"XfrmInHdrError", TOTAL_SYNTAX},        {"XfrmInStateModeError", TOTAL_SYNTAX},
	{"XfrmInNoStates", TOTAL_BAD_SPI},       {"XfrmInStateMismatch", TOTAL_BAD_SPI},
	{"XfrmInStateProtoError", TOTAL_INTEGRITY}, {"XfrmInStateSeqError", TOTAL_REPLAY},
	{"XfrmInTmplMismatch", TOTAL_CLEAR},     {"XfrmInNoPols", TOTAL_CLEAR},
	{"XfrmInStateExpired", TOTAL_KEY},       {"XfrmInStateInvalid", TOTAL_KEY},
	{"XfrmAcquireError", TOTAL_KEY},         {"XfrmOutNoStates", TOTAL_KEY},
	{"XfrmOutStateExpired", TOTAL_KEY},
};

static void take_line(const char *line, struct totals *out)
{
	size_t n = strcspn(line, " \t\n");
	uint64_t v = 0;

	for (size_t i = 0; i < N_OF(lines); i++) {
		if (strlen(lines[i].name) != n || strncmp(line, lines[i].name, n) != 0)
			continue;
		for (line += n; *line == ' ' || *line == '\t'; line++)
			;
		for (; *line >= '0' && *line <= '9'; line++)
			v = v * 10 + (uint64_t)(*line - '0');
		out->v[lines[i].total] += v;
		return;
	}
}

struct totals totals_make(const char *text, const struct kernel_counts *c)
{
	struct totals t = {.v = {[TOTAL_CLEAR] = c->clear_in + c->clear_out}};

	while (text && *text) {
		take_line(text, &t);
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return t;
}

struct totals totals_since(const struct totals *now, const struct totals *before)
{
	struct totals t = *now;

	for (size_t i = 0; i < TOTALS; i++)
		if (before->v[i] <= now->v[i])
			t.v[i] -= before->v[i];
	return t;
}

void totals_add(struct totals *t, const struct totals *more)
{
	for (size_t i = 0; i < TOTALS; i++)
		t->v[i] += more->v[i];
}

void totals_rebase(struct totals *base, const struct totals *now)
{
	for (size_t i = 0; i < TOTALS; i++)
		if (now->v[i] < base->v[i])
			base->v[i] = 0;
}

bool totals_any(const struct totals *t)
{
	for (size_t i = 0; i < TOTALS; i++)
		if (t->v[i])
			return true;
	return false;
}
