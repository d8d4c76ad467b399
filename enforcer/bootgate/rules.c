#include "enforcer/bootgate/rules.h"

#include "common/model/values.h"
#include "common/base/banned.h"

/*
 * Before the enforcer's chains (-5) and behind connection tracking (-200). The order against others does not
 * matter: a packet passes when every chain of a hook lets it pass.
 */
#define PRIORITY "-10"

/* ICMPv6: 133 router solicitation, 134 router, 135, 136 neighbour; 130 query, 131, 132, 143 report. */
static const char input_always[] =
    "\t\tiifname \"lo\" accept\n"
    "\t\tmeta nfproto ipv4 udp sport 67 udp dport 68 accept comment \"DHCP\"\n"
    "\t\tmeta nfproto ipv6 udp sport 547 udp dport 546 accept comment \"DHCPv6\"\n"
    "\t\ticmpv6 type { 134, 135, 136 } ip6 hoplimit 255 accept comment \"neighbour discovery\"\n"
    "\t\ticmpv6 type 130 ip6 hoplimit 1 accept comment \"MLD\"\n";
static const char output_always[] =
    "\t\toifname \"lo\" accept\n"
    "\t\tmeta nfproto ipv4 udp sport 68 udp dport 67 accept comment \"DHCP\"\n"
    "\t\tmeta nfproto ipv6 udp sport 546 udp dport 547 accept comment \"DHCPv6\"\n"
    "\t\ticmpv6 type { 133, 135, 136 } ip6 hoplimit 255 accept comment \"neighbour discovery\"\n"
    "\t\ticmpv6 type { 131, 132, 143 } ip6 hoplimit 1 accept comment \"MLD\"\n";

/* Answers to a connection that passed in the other direction, and errors about it. */
static const char replies[] =
    "\t\tct direction reply ct state established,related accept comment \"replies\"\n";

/* One rule an exemption; ICMP is that of both IP versions, as in policies. */
static void exemption(const struct boot_exemption *x, struct buf *b)
{
	if (x->protocol == PROTO_ICMP)
		buf_printf(b, "\t\tmeta l4proto { %d, %d }", PROTO_ICMP, PROTO_ICMPV6);
	else
		buf_printf(b, "\t\tmeta l4proto %u", x->protocol);
	if (x->srcport)
		buf_printf(b, " th sport %u", x->srcport);
	if (x->dstport)
		buf_printf(b, " th dport %u", x->dstport);
	buf_adds(b, " accept comment \"");
	boot_exemption_print(x, b);
	buf_adds(b, "\"\n");
}

static void exemptions(const struct boot_exemption *v, size_t n, bool outbound, struct buf *b)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].outbound == outbound)
			exemption(&v[i], b);
}

static bool has_direction(const struct boot_exemption *v, size_t n, bool outbound)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].outbound == outbound)
			return true;
	return false;
}

static void chain_begin(const char *hook, struct buf *b)
{
	buf_printf(b, "\tchain %s {\n\t\ttype filter hook %s priority " PRIORITY "; policy drop;\n", hook, hook);
}

/*
 * What falls through is dropped by a rule, counted under the name of the mode. The chain's policy alone leaves a gap:
 * rules take effect at once with the transaction's commit, the policy of a new chain later, and in between the chains
 * that it replaces are unhooked already (nf_tables_commit() of Linux).
 */
static void chain_end(bool stateful, struct buf *b)
{
	buf_printf(b, "\t\tcounter drop comment \"dropped: %s\"\n\t}\n", stateful ? "stateful" : "block");
}

void gate_rules(enum bootmode mode, const struct boot_exemption *exempt, size_t n, enum gate_before before,
    struct buf *out)
{
	bool stateful = mode == BOOT_STATEFUL;

	if (before == GATE_REPLACE) /* deleting what may not be there: make it first */
		buf_adds(out, "add table inet " GATE_TABLE "\ndelete table inet " GATE_TABLE "\n");
	else if (mode != BOOT_PERMIT)
		buf_adds(out, "create table inet " GATE_TABLE "\n");
	if (mode == BOOT_PERMIT)
		return;
	buf_adds(out, "table inet " GATE_TABLE " {\n");
	chain_begin("input", out);
	buf_adds(out, input_always);
	if (stateful || has_direction(exempt, n, true))
		buf_adds(out, replies);
	exemptions(exempt, n, false, out);
	chain_end(stateful, out);
	if (!stateful) {
		chain_begin("output", out);
		buf_adds(out, output_always);
		if (has_direction(exempt, n, false))
			buf_adds(out, replies);
		exemptions(exempt, n, true, out);
		chain_end(stateful, out);
	}
	chain_begin("forward", out);
	chain_end(stateful, out);
	buf_adds(out, "}\n");
}
