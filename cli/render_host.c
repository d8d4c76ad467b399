/* What concerns the host as a whole: assigned policy, settings, counters (grammar §7.7, §7.8, §7.11). */
#include "cli/render_dyn.h"

#include "cli/labels_dyn.h"
#include "cli/render_private.h"
#include "common/base/mem.h"
#include "common/model/values.h"
#include "common/base/banned.h"

void render_dyn_assigned(struct session *s, const char *policy)
{
	if (policy)
		put_line(s, D_ASSIGNED, "%s", policy);
	else
		buf_adds(&s->text, D_NO_ASSIGNED);
}

/* --- settings ----------------------------------------------------------------------------------- */

static const char *const bootmode_texts[] = {
	[BOOT_DEFAULT] = "", [BOOT_PERMIT] = "Permit", [BOOT_BLOCK] = "Block", [BOOT_STATEFUL] = "Stateful"};

static void exemption_row(struct session *s, const struct boot_exemption *x)
{
	struct buf protocol = {0};

	protocol_print(x->protocol, &protocol);
	buf_printf(&s->text, "%-11s%-11u%-11u%s\n", buf_text(&protocol), x->srcport, x->dstport,
	    x->outbound ? "Outbound" : "Inbound");
	buf_free(&protocol);
}

void render_settings(struct session *s, const struct settings *all)
{
	static const char *const labels[SET_BOOTMODE] = D_CONFIG_LABELS;
	/* Let through without being listed (semantics §2.3). */
	static const struct boot_exemption dhcp = {.protocol = PROTO_UDP, .dstport = 68};

	buf_adds(&s->text, D_CONFIG);
	for (size_t i = 0; i < N_OF(labels); i++)
		put_line(s, labels[i], "%u", all->number[i]);
	put_line(s, D_BOOT_MODE, "%s", bootmode_texts[settings_bootmode(all)]);
	buf_adds(&s->text, D_BOOT_EXEMPTIONS D_BOOT_TITLES);
	exemption_row(s, &dhcp);
	for (size_t i = 0; i < all->nexempt; i++)
		exemption_row(s, &all->exempt[i]);
}

/* --- counters ----------------------------------------------------------------------------------- */

enum { STATS_COLUMNS = 28 };

static void counters(struct session *s, const char *title, const char *const *labels, const uint64_t *v, size_t n)
{
	buf_adds(&s->text, title);
	for (size_t i = 0; i < n; i++)
		buf_printf(&s->text, "%-*s: %llu\n", STATS_COLUMNS, labels[i], (unsigned long long)v[i]);
}

void render_stats_ike(struct session *s, const struct dyn_stats *st)
{
	static const char *const labels[DYN_STATS_IKE] = D_IKE_LABELS;

	counters(s, D_IKE_STATS, labels, st->ike, N_OF(labels));
}

void render_stats_ipsec(struct session *s, const struct dyn_stats *st)
{
	static const char *const labels[DYN_STATS_IPSEC] = D_IPSEC_LABELS;

	counters(s, D_IPSEC_STATS, labels, st->ipsec, N_OF(labels));
}
