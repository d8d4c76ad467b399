/* The dynamic context as JSON, before an enforcer that answers from a table. */
#include "cli/dyn.h"
#include "common/ipc/ipc.h"
#include "tests/unit/assoc_samples.h"
#include "tests/unit/cli_util.h"
#include "tests/unit/json_names.h"
#include "common/base/banned.h"

static bool empty;   /* the enforcer holds nothing */
static size_t pages; /* how many pages of rules it has told */

static struct dyn_item rule_item(uint8_t kind, uint8_t dir)
{
	struct dyn_item it = {.kind = kind, .is_static = true, .dir = dir, .weight = 7, .u.rule = {
		.filter = {.src = {.kind = END_ME}, .protocol = PROTO_TCP, .dstport = 80, .mirrored = true},
		.conntype = CONN_LAN, .action_in = ACTION_BLOCK, .action_out = ACTION_NEGOTIATE,
		.mmpolicy = "M \"1\"", .qmpolicy = "",
		.auth = {.v = {{.kind = AUTH_PSK}, {.kind = AUTH_ROOTCA, .text = "CN=a"}}, .n = 2},
		.psk = {"Sesame"}}};

	it.u.rule.filter.dst.kind = END_NET;
	it.u.rule.filter.dst.plen = 32;
	ok(ip_parse("192.0.2.1", &it.u.rule.filter.dst.lo));
	return it;
}

/* Rules come on two pages. */
static void tell(const struct ipc_list *list, struct dyn_page *page)
{
	uint8_t kind = list->kind;
	bool second = list->after != 0;

	*page = (struct dyn_page){.kind = kind};
	if (empty)
		return;
	page->n = 1;
	page->v[0].kind = kind;
	if (kind == DYN_MMPOLICY)
		page->v[0].u.mm = (struct dyn_mmpolicy){.name = "M", .mmlifetime_s = 3600, .softsa_s = 600,
			.offers = {.v = {{ENCR_3DES, INTEG_SHA1, 2}}, .n = 1}};
	else if (kind == DYN_QMPOLICY)
		page->v[0].u.qm = (struct dyn_qmpolicy){.name = "Q", .soft = true, .pfsgroup = PFS_MM,
			.offers = {.v = {{.esp = true, .encr = ENCR_DES, .integ = INTEG_MD5}}, .n = 1}};
	else
		page->v[0] = rule_item(kind, second ? DYN_OUT : DYN_IN);
	page->more = (kind == DYN_RULE || kind == DYN_SPECIFIC) && !second;
	page->next = 1;
	pages++;
	if (second)
		page->v[0].u.rule.tunnel = page->v[0].u.rule.filter.dst.lo;
}

/* Associations on two pages, the first of which is empty. */
static void tell_sas(const struct ipc_sas *asked, struct ipc_sas_page *p)
{
	bool first = asked->after == 0;

	*p = (struct ipc_sas_page){.ike.running = true, .quick = asked->quick};
	if (asked->quick)
		p->u.qm = (struct qmsa_page){.more = first && !empty, .next = 1};
	else
		p->u.mm = (struct mmsa_page){.more = first && !empty, .next = 1};
	for (unsigned n = 1; n <= 3 && !first && !empty; n++) {
		if (asked->quick)
			p->u.qm.v[p->u.qm.n++] = assoc_qmsa(n);
		else
			p->u.mm.v[p->u.mm.n++] = assoc_mmsa(n);
	}
}

static int answer(struct session *s, uint16_t want, struct ipc_msg *m, struct err *e)
{
	struct ipc_list list = m->u.list;
	struct ipc_sas sas = m->u.sas;

	(void)s, (void)e;
	m->type = want;
	if (want == IPC_PAGE) {
		tell(&list, &m->u.page);
	} else if (want == IPC_STATE) {
		m->u.state = (struct ipc_state){.assigned = !empty, .policy = "P"};
	} else if (want == IPC_COUNTS) {
		m->u.counts = (struct ipc_counts){.ike.running = true,
			.stats = {.ike = {1}, .ipsec = {[DYN_STATS_IPSEC - 1] = UINT64_MAX}, .replayed = 9}};
	} else if (want == IPC_SAS_PAGE) {
		tell_sas(&sas, &m->u.sas_page);
	}
	return 0;
}

static struct session *connected(bool nothing)
{
	struct session *s = cli_new();

	s->context = "dynamic";
	s->ask = answer;
	empty = nothing;
	return s;
}

static const char *const commands[] = {"show mmpolicy all", "show qmpolicy all", "show rule", "show mmfilter all",
	"show qmfilter all", "show mmsas all", "show qmsas all", "show stats", "show stats type=ike", "show config", "show all"};

static const char *member(struct session *s, const char *command, const char *path)
{
	char line[100];

	snprintf(line, sizeof line, "%s format=json", command);
	says(s, line);
	if (json_check(buf_text(&cli_out)))
		return json_get(buf_text(&cli_out), path);
	ok(!"not a document");
	printf("#   %s: %.300s\n", line, buf_text(&cli_out));
	return "";
}

#define is_member(s, command, path, want) is_str(member((s), (command), (path)), (want))

static void every_listing_is_a_document_without_keys(void)
{
	struct session *s = connected(false);

	for (size_t i = 0; i < N_OF(commands); i++) {
		member(s, commands[i], "");
		ok(!strstr(buf_text(&cli_out), "Sesame"));
	}
	cli_free(s);
}

static void every_show_command_has_it(void)
{
	for (size_t i = 0; cmd_table[i]; i++) {
		const struct cmd *cmd = cmd_table[i];
		bool has = false, listed = false;
		if (strncmp(cmd->path, "dynamic show ", 13) != 0)
			continue;
		for (size_t k = 0; k < cmd->ntags; k++)
			has = has || strcmp(cmd->tags[k].name, "format") == 0;
		for (size_t k = 0; k < N_OF(commands); k++)
			listed = listed || strncmp(commands[k], cmd->path + 8, strlen(cmd->path + 8)) == 0;
		ok(has && listed);
	}
}

static void the_page_names_every_member_and_no_other(void)
{
	struct session *s = connected(false);
	static struct names written, promised, both;

	does(s, "set config bootexemptions \"ICMP:inbound TCP:0:22:inbound\"");
	for (size_t i = 0; i < N_OF(commands); i++) {
		member(s, commands[i], "");
		names_of_document(buf_text(&cli_out), &written);
	}
	names_of_page("dynamic", &promised);
	ok(strlen(promised.text) > 500);
	is_among(&promised, &written, "is in doc/json.md and in no document");
	/* Offers, addresses and methods are described with the static context. */
	both = promised;
	names_of_page("static", &both);
	is_among(&written, &both, "is not in doc/json.md");
	cli_free(s);
}

static void what_is_in_force(void)
{
	struct session *s = connected(false);

	is_member(s, "show mmpolicy all", "0.mmlifetime", "60");
	is_member(s, "show mmpolicy m", "0.softsaexpirationtime", "10");
	is_member(s, "show mmpolicy all", "0.mmsecmethods.0.group", "2");
	is_member(s, "show qmpolicy all", "0.pfsgroup", "\"GRPMM\"");
	is_member(s, "show qmpolicy all", "0.qmsecmethods.0.kilobytes", "100000");
	is_member(s, "show rule", "0.mmpolicy", "\"M \\\"1\\\"\"");
	is_member(s, "show rule", "0.qmpolicy", "null");
	is_member(s, "show rule", "0.tunneldstaddress", "null");
	is_member(s, "show rule", "1.tunneldstaddress", "\"192.0.2.1\"");
	is_member(s, "show rule type=tunnel", "0.tunneldstaddress", "\"192.0.2.1\"");
	is_member(s, "show rule type=tunnel", "1", "(none)");
	is_member(s, "show rule", "0.auth.0", "{\"method\": \"psk\"}");
	is_member(s, "show rule dstport=81", "0", "(none)");
	is_member(s, "show qmfilter all type=generic resolvedns=yes", "0.dstaddr.name", "\"one.test\"");
	is_member(s, "show qmfilter all type=specific", "0.direction", "\"inbound\"");
	is_member(s, "show qmfilter all type=specific", "0.actionoutbound", "null");
	is_member(s, "show qmfilter all type=specific", "1.actioninbound", "null");
	is_member(s, "show qmfilter all type=specific", "1.actionoutbound", "\"negotiate\"");
	is_member(s, "show mmfilter all type=generic", "0.dstport", "(none)");
	is_member(s, "show stats", "ike.main_modes", "1");
	is_member(s, "show stats", "ipsec.bytes_received_in_tunnels", "18446744073709551615");
	is_member(s, "show stats", "ipsec.pkts_replayed", "9");
	is_member(s, "show stats type=ike", "ipsec", "(none)");
	is_member(s, "show mmsas", "0.icookie", "\"0123456789abcd01\"");
	is_member(s, "show mmsas", "0.mmsecmethods.0.encryption", "\"3DES\"");
	is_member(s, "show mmsas", "1.dstaddr.address", "\"2001:db8::2\"");
	is_member(s, "show mmsas", "1.dstport", "4500");
	is_member(s, "show mmsas", "0.created", "\"2001-09-09T01:46:40Z\"");
	is_member(s, "show mmsas dstaddr=10.0.0.3", "0.id", "3");
	is_member(s, "show mmsas dstaddr=10.0.0.3", "1", "(none)");
	is_member(s, "show qmsas", "0.espin", "\"c0ffee01\"");
	is_member(s, "show qmsas", "0.dstport", "23");
	is_member(s, "show qmsas", "0.bytessent", "5000000000");
	is_member(s, "show qmsas", "0.bytesreceived", "1008");
	is_member(s, "show qmsas", "0.packetssent", "4000000");
	is_member(s, "show qmsas", "0.packetsreceived", "1");
	is_member(s, "show qmsas", "2.bytessent", "null"); /* a soft one */
	is_member(s, "show qmsas", "1.type", "\"tunnel\"");
	is_member(s, "show qmsas", "1.dstport", "null");
	is_member(s, "show qmsas", "1.dstaddr.prefix", "64");
	is_member(s, "show qmsas", "1.qmsecmethods.0.esp.encryption", "\"AESGCM128\"");
	is_member(s, "show qmsas", "2.soft", "true");
	is_member(s, "show qmsas", "2.qmsecmethods.0", "(none)");
	is_member(s, "show qmsas", "2.mmsa", "null");
	is_member(s, "show all", "qmsas.2.id", "3");
	is_member(s, "show all", "mmsas.0.quickmodes", "3");
	is_member(s, "show config", "ipsecexempt", "3");
	is_member(s, "show config", "bootmode", "\"permit\"");
	is_member(s, "show config", "bootmode_default", "true");
	is_member(s, "show all", "assigned", "\"P\"");
	is_member(s, "show all", "qmfilters.0.dstport", "80");
	is_member(s, "show all", "config.ipsecloginterval", "3600");
	ok(pages > 10);
	cli_free(s);
}

static void nothing_there_is_an_empty_array(void)
{
	struct session *s = connected(true);

	for (size_t i = 0; i < 7; i++)
		is_member(s, commands[i], "", "[]");
	is_member(s, "show all", "assigned", "null");
	is_member(s, "show all", "mmfilters", "[]");
	/* What is named must be there, and an error leaves nothing of a document. */
	is_str(says(s, "show mmpolicy M format=json"), "ERR Win32[13004] : there is no main mode policy 'M'\n");
	s->ask = NULL;
	is_str(says(s, "show rule format=json"), "ERR Win32[01062] : the IPsec service is not running\n");
	is_str(says(s, "show all format=json"), "ERR Win32[01062] : the IPsec service is not running\n");
	is_member(s, "show config", "ikelogging", "0");
	cli_free(s);
}

static const struct tap_case cases[] = {
	{"every listing is a document without keys", every_listing_is_a_document_without_keys},
	{"every show command has it", every_show_command_has_it},
	{"doc/json.md names every member and no other", the_page_names_every_member_and_no_other},
	{"what is in force", what_is_in_force},
	{"nothing there is an empty array", nothing_there_is_an_empty_array},
};
TAP_MAIN(cases)
