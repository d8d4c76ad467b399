/* The commands of the static context on a store of their own. */
#include "common/model/values.h"
#include "tests/unit/cli_util.h"
#include "common/base/banned.h"

/* Everything in the store as text; times and GUIDs cannot change without a store write. */
static char *everything(struct session *s)
{
	char *text = xstrdup(says(s, "show all wide=yes"));

	return text;
}

/* "src>dst proto sport dport m|-" for each filter of a list, in order, separated by ';'. */
static int collect(void *ctx, const struct filter *f, struct err *e)
{
	struct buf *b = ctx;

	(void)e;
	buf_adds(b, b->len ? "; " : "");
	endpoint_print(&f->src, b);
	buf_addc(b, '>');
	endpoint_print(&f->dst, b);
	buf_printf(b, " %u %u %u %s", f->protocol, f->srcport, f->dstport, f->mirrored ? "m" : "-");
	return 0;
}

static const char *filters(struct session *s, const char *list)
{
	static struct buf b;
	struct filterlist l;
	struct err e = {0};

	buf_clear(&b);
	if (!session_store(s, STORE_READ_ONLY, &e) ||
	    store_filterlist_find(s->store, list, NULL, &s->arena, &l, &e) < 0 ||
	    store_filter_each(s->store, l.id, collect, &b, &e) < 0)
		buf_printf(&b, "%s", e.text);
	return buf_text(&b);
}

static void empty_store(void)
{
	struct session *s = cli_new();

	is_int(fails(s, "show policy all"), 5072);
	is_int(fails(s, "show filterlist all"), 5067);
	is_int(fails(s, "show filteraction all"), 5068);
	is_int(fails(s, "show filterlist name=missing"), 5049);
	is_int(fails(s, "show all"), 5072);
	ok(access(s->state_dir, F_OK) < 0); /* looking does not make a store */
	is_int(fails(s, "delete policy all"), 5072);
	does(s, "delete all");
	is_int(cli_changes, 0);
	cli_free(s);
}

static void duplicates_have_the_numbers_of_windows(void)
{
	struct session *s = cli_new();

	does(s, "add policy P");
	does(s, "add filterlist L");
	does(s, "add filteraction A action=block");
	does(s, "add rule R P L A");
	is_int(fails(s, "add policy p"), 5005);
	is_int(fails(s, "add filterlist name=L"), 5010);
	is_int(fails(s, "add filteraction A"), 5014);
	is_int(fails(s, "add rule r P L A"), 5020);
	cli_free(s);
}

/* Grammar §13.1, static context. */
static void lines_in_public_use_are_accepted(void)
{
	static const char *const lines[] = {
		"netsh ipsec static add policy name=\"AD Trusts\" description=\"x\" mmpfs=\"no\" mmlifetime=\"10\" activatedefaultrule=\"no\" pollinginterval=\"5\" assign=no mmsec=\"3DES-SHA1-2\"",
		"netsh ipsec static add filteraction name=\"E\" description=\"y\" qmpfs=no inpass=no soft=no action=negotiate qmsecmethods=\"ESP[3DES,SHA1]:3600s\"",
		"netsh ipsec static add filterlist \"Domain Controllers\"",
		"netsh ipsec static add filter filterlist=\"Domain Controllers\" description=\"a - b\" srcaddr=192.168.0.10 dstaddr=172.16.10.20",
		"netsh ipsec static add rule name=\"R\" policy=\"AD Trusts\" filterlist=\"Domain Controllers\" filteraction=\"E\" kerberos=\"no\" psk=\"my complex password\"",
		"netsh ipsec static add filteraction name = deny action = block",
		"netsh ipsec static add filter filterlist = L srcaddr = me dstaddr = 10.0.0.0 dstmask = 255.0.0.0  protocol = any  mirrored = yes",
		"netsh ipsec static add filter filterlist=L protocol=TCP srcaddr=ME srcport=0 dstaddr=DNS dstport=53 mirrored=YES",
		"netsh ipsec static add filter filterlist=L srcaddr=1.2.3.4 srcmask=32 dstaddr=me",
		"netsh ipsec static add filter desc=58.14.0.0 filterlist=C srcaddr=58.14.0.0 srcmask=255.255.0.0 dstaddr=ANY protocol=ANY mirrored=yes",
		"add policy P",
		"add policy ExamplePolicy assign=yes",
		"add policy G",
		"add rule entry G L deny",
		"netsh ipsec static set policy name=P assign=y",
		"netsh ipsec static set policy ExamplePolicy assign=n",
		"netsh ipsec static set rule name=entry  policy=G activate =no",
	};
	static const char *const shows[] = {
		"netsh ipsec static show policy all format=table",
		"netsh ipsec static show policy P level = Verbose Format = table",
		"netsh ipsec static show rule all policy = G level = Verbose Format = table",
		"netsh ipsec static show filterlist L level=verbose format=table wide=no",
		"netsh ipsec static show all format=list wide=yes",
	};
	struct session *s = cli_new();

	for (size_t i = 0; i < N_OF(lines); i++)
		does(s, lines[i]);
	is_str(filters(s, "L"), "me>10.0.0.0/8 0 0 0 m; me>DNS 6 0 53 m; 1.2.3.4>me 0 0 0 m");
	is_str(filters(s, "C"), "58.14.0.0/16>any 0 0 0 m");
	for (size_t i = 0; i < N_OF(shows); i++) {
		ok(strlen(says(s, shows[i])) > 50);
		is_int(fails(s, shows[i]), 0);
	}
	does(s, "netsh ipsec static delete filter filterlist=L srcaddr=1.2.3.4 dstaddr=Me");
	is_str(filters(s, "L"), "me>10.0.0.0/8 0 0 0 m; me>DNS 6 0 53 m");
	does(s, "netsh ipsec static delete all");
	is_int(fails(s, "show all"), 5072);
	cli_free(s);
}

/* Grammar §13.1, dynamic context: all of them reach the enforcer, or the settings of the host. */
static void dynamic_lines_in_public_use_are_accepted(void)
{
	static const struct {
		const char *line;
		unsigned asks;
	} lines[] = {
		{"netsh ipsec dynamic set config ikelogging 1", 0},
		{"netsh ipsec dynamic set config property=ipsecdiagnostics value=7", 0},
		{"netsh ipsec dynamic set config ipsecexempt value=3", 0},
		{"netsh ipsec dynamic set config property=bootmode value=stateful", 0},
		{"netsh ipsec dynamic add rule srcaddr=192.168.100.100 mmpolicy=1 qmpolicy=qmsec dstaddr=ANY mirrored=yes srcport=0 dstport=0 actioninbound=block actionoutbound=block", 1},
		{"netsh ipsec dynamic delete rule srcaddr=192.168.100.100 dstaddr=ANY mirror=yes srcport=0 dstport=0 proto=any conntype=all", 1},
		{"netsh ipsec dynamic set rule srca=WINS dsta=0.0.0.0 srcmask=32 dstmask=32 tunneldst=192.168.145.1 proto=tcp srcport=80 dstport=80 mir=no con=lan qmp=name", 1},
	};
	struct session *s = cli_new();

	s->ask = util_ask;
	for (size_t i = 0; i < N_OF(lines); i++) {
		cli_asked = 0;
		does(s, lines[i].line);
		is_int(cli_asked, lines[i].asks);
	}
	cli_asked = 0;
	is_int(fails(s, "dynamic set config ipsecexempt 4"), 7011); /* §13.2 */
	is_int(cli_asked, 0);
	cli_free(s);
}

/* Grammar §13.2 and scripts-in-the-wild §2: the number, and that nothing changed. */
static const struct {
	const char *line;
	int number;
} bad[] = {
	{"add filter filterlist=L srcaddr=me dstaddr=any protocol=ANY dstport=80", 7026},
	{"add filter filterlist=new srcaddr=me dstaddr=any protocol=ICMP dstport=80", 7026},
	{"add filter filterlist=L srcaddr=10.0.0.1-10.0.0.9 srcmask=24 dstaddr=me", 7023},
	{"add filter filterlist=L srcaddr=10.0.0.1-fe80::1 dstaddr=me", 7021},
	{"add filter filterlist=L srcaddr=WINS dstaddr=10.0.0.1", 7025},
	{"add filter filterlist=L srcaddr=any dstaddr=me srcmask=33", 7022},
	{"add filter filterlist=L srcaddr=10.0.0.0/8 srcmask=16 dstaddr=me", 7023},
	{"add filter filterlist=L srcaddr=nowhere.test dstaddr=me", 7020},
	{"add filter filterlist=L srcaddr=me dstaddr=me", 7027},
	{"add filter filterlist=L srcaddr=10.0.0.1 dstaddr=six.test", 7024},
	{"add filter filterlist=new srcaddr=10.0.0.1 dstaddr=::1", 7024},
	{"add filter filterlist=L srcaddr=me dstaddr=any dstport=8084protocol=UDP", 7010},
	{"add filter filterlist=L srcaddy=me dstaddr=any", 7004},
	{"add filter filterlist=L srcaddr=me dstaddr=any # remark", 7010},
	{"add filter filterlist=all srcaddr=me dstaddr=any", 7014},
	{"add filteraction name=B action=request", 7010},
	{"add filteraction name=B qmsec=ESP[AES128,SHA224]", 7030},
	{"add filteraction name=B qmsec=ESP[None,None]", 7030},
	{"add policy name=X mmsec=3DES-SHA1", 7030},
	{"add policy name=X mmsec=3DES-SHA1-4", 7030},
	{"add policy name=X newname=Y", 7004},
	{"add policy policyname=X", 7004},
	{"add policy name=all", 7014},
	{"add policy name=X mmlifetime=0", 7011},
	{"add policy name=X mmlifetime=35791395", 7011},
	{"add rule name=R2 filterlist=L filteraction=A", 7006},
	{"add rule name=R2 policy=none filterlist=L filteraction=A", 5006},
	{"add rule name=R2 policy=P filterlist=none filteraction=A", 5049},
	{"add rule name=R2 policy=P filterlist=L filteraction=none", 5050},
	{"add rule name=R2 policy=P filterlist=L filteration=A", 7004},
	{"add rule R2 P L A contype=lan", 7004},
	{"add rule R2 P L A tunnel=no", 7032},
	{"add rule R2 P L A tunnel=me", 7032},
	{"add rule R2 P L A tunnel=10.0.0.0/8", 7032},
	{"add rule R2 P L A kerberos=no", 7031},
	{"add policy name=P name=Q", 7005},
	{"add policy name=X colour=red", 7004},
	{"set filteraction newname=B", 7006},
	{"set filterlist name=none newname=B", 5049},
	{"set policy P gponame=G assign=y", 7034},
	{"set policy P newname=all", 7014},
	{"set rule R policy=P kerberos=no", 7031},
	{"set rule id=9 policy=P activate=no", 5021},
	{"set rule id=2 policy=P activate=no", 5021},
	{"set store location=domain", 5080},
	{"set store location=local domain=example.test", 7034},
	{"delete filterlist L", 5040},
	{"delete filterlist all", 5040},
	{"delete filteraction A", 5041},
	{"delete rule id=2 policy=P", 5042},
	{"delete rule none P", 5021},
	{"delete filter L 9.9.9.9 me", 5030},
	{"delete filter none me any", 5049},
	{"delete policy", 7006},
	{"show filterlist", 7006},
	{"show rule all policy=none", 5006},
	{"show rule none P", 5021},
	{"show rule all P type=tunnel", 5066},
	{"show filterlist rule=none", 5022},
	{"add", 7003},
	{"nonsense", 7001},
};

static void bad_lines_are_refused_and_change_nothing(void)
{
	struct session *s = cli_new();
	char *before, *after;

	does(s, "add policy P");
	does(s, "add filter L me any");
	does(s, "add filteraction A action=block");
	does(s, "add rule R P L A");
	before = everything(s);
	ok(strlen(before) > 500);
	for (size_t i = 0; i < N_OF(bad); i++) {
		int number = fails(s, bad[i].line);
		if (number != bad[i].number)
			printf("# %s: %d, %s", bad[i].line, number, buf_text(&cli_out));
		is_int(number, bad[i].number);
		is_int(strchr(buf_text(&cli_out), '\n') - buf_text(&cli_out), (long long)cli_out.len - 1);
	}
	after = everything(s);
	is_str(after, before);
	free(before);
	free(after);
	cli_free(s);
}

static void masks_and_the_words_they_make(void)
{
	static const char *const t[][2] = {
		{"10.1.2.3 me srcmask=8", "10.0.0.0/8>me"},
		{"10.1.2.3 me srcmask=255.255.0.0", "10.1.0.0/16>me"},
		{"10.1.2.3/8 me", "10.0.0.0/8>me"},
		{"10.1.2.3/8 me srcmask=8", "10.0.0.0/8>me"},
		{"0.0.0.0 any", "me>any"},
		{"0.0.0.0 any srcmask=32", "me>any"},
		{"0.0.0.0 me srcmask=0.0.0.0", "any>me"},
		{"0.0.0.0/0 me", "any>me"},
		{"1.2.3.4 me srcmask=0.0.0.0", "any>me"},
		{"any srcmask=32 me", "any>me"},
		{"me any srcmask=24 dstmask=24", "me>any"},
		{"WINS 0.0.0.0 srcmask=32 dstmask=32", "WINS>me"},
		{"10.0.0.1-10.0.0.9 me", "10.0.0.1-10.0.0.9>me"},
		{"2001:db8::1 me srcmask=32", "2001:db8::/32>me"},
		{"any 2001:db8::1 srcmask=64", "any>2001:db8::1"},
		{"one.test me", "192.0.2.1>me"},
		{"one.test me srcmask=24", "192.0.2.0/24>me"},
	};
	struct session *s = cli_new();

	for (size_t i = 0; i < N_OF(t); i++) {
		char text[200], want[200];
		snprintf(text, sizeof text, "add filter L%zu %s", i, t[i][0]);
		does(s, text);
		snprintf(text, sizeof text, "L%zu", i);
		snprintf(want, sizeof want, "%s 0 0 0 m", t[i][1]);
		is_str(filters(s, text), want);
	}
	cli_free(s);
}

static void names_give_one_filter_per_address(void)
{
	struct session *s = cli_new();

	does(s, "add filter L two.test me");
	is_str(filters(s, "L"), "192.0.2.2>me 0 0 0 m; 2001:db8::2>me 0 0 0 m");
	does(s, "add filter M two.test 10.0.0.1");
	is_str(filters(s, "M"), "192.0.2.2>10.0.0.1 0 0 0 m");
	ok(strstr(says(s, "show filterlist L level=verbose"), "Source DNS Name        : two.test\n"));
	does(s, "delete filter L TWO.test me");
	is_str(filters(s, "L"), "");
	does(s, "add filter N 192.0.2.1 me");
	ok(strstr(says(s, "show filterlist N level=verbose"), "Source DNS Name        : NONE\n"));
	ok(strstr(says(s, "show filterlist N verbose resolvedns=y"), "Source DNS Name        : one.test\n"));
	cli_free(s);
}

static void duplicate_filters_are_harmless(void)
{
	struct session *s = cli_new();

	does(s, "add filter L me any protocol=tcp dstport=23");
	does(s, "add filter L me any protocol=6 dstport=23 description=again");
	is_str(filters(s, "L"), "me>any 6 0 23 m");
	cli_free(s);
}

static void delete_filter_takes_every_match(void)
{
	struct session *s = cli_new();

	does(s, "add filter L 10.0.0.0 me srcmask=8 protocol=TCP dstport=1");
	does(s, "add filter L 10.0.0.0 me srcmask=16");
	does(s, "add filter L 10.0.0.0 me protocol=UDP mirrored=no");
	does(s, "add filter L any me");
	does(s, "delete filter L 10.0.0.0 me srcmask=16");
	is_str(filters(s, "L"), "10.0.0.0/8>me 6 0 1 m; 10.0.0.0>me 17 0 0 -; any>me 0 0 0 m");
	does(s, "delete filter L 10.0.0.0 me mirrored=no");
	is_str(filters(s, "L"), "10.0.0.0/8>me 6 0 1 m; any>me 0 0 0 m");
	is_int(fails(s, "delete filter L 10.0.0.0 me dstport=2"), 5030);
	does(s, "delete filter L 10.0.0.0 me dstport=1");
	does(s, "delete filter L any me");
	is_str(filters(s, "L"), ""); /* the list stays */
	cli_free(s);
}

static bool tells(struct session *s, const char *line, const char *text)
{
	bool yes = strstr(says(s, line), text) != NULL;

	if (!yes)
		printf("# %s: no '%s' in:\n%s", line, text, buf_text(&cli_out));
	return yes;
}

/* Issue: what a policy does with a packet and why, assigned or not; and the order that decides. */
static void explain_and_show_order(void)
{
	struct session *s = cli_new();

	is_int(fails(s, "show order"), 5084);
	ok(tells(s, "explain 192.0.2.9 me dstport=23", "Because                : no policy is assigned"));
	does(s, "add filteraction Drop action=block");
	does(s, "add filteraction Ok action=permit");
	does(s, "add filter Everyone any me protocol=TCP dstport=23");
	does(s, "add filter One 192.0.2.9 me protocol=TCP dstport=23");
	does(s, "add policy P");
	does(s, "add rule R1 P Everyone Drop");
	does(s, "add rule R2 P One Ok");
	ok(tells(s, "explain 192.0.2.9 me dstport=23 policy=P", "Verdict                : permit\n"));
	ok(tells(s, "explain 192.0.2.9 me dstport=23 policy=P", "the first one wins : fewer of its ends are any"));
	ok(tells(s, "explain 192.0.2.8 me dstport=23 policy=P", "Verdict                : block\n"));
	ok(tells(s, "explain 2001:db8::8 me dstport=23 policy=P", "Verdict                : block\n"));
	ok(tells(s, "explain me 192.0.2.9 srcport=23 policy=P", "Packet                 : outbound TCP 192.0.2.1 port 23"));
	ok(tells(s, "explain 192.0.2.8 me UDP dstport=500 policy=P", "IKE is always exempt"));
	ok(tells(s, "explain 192.0.2.8 me dstport=24 policy=P", "no filter takes it"));
	ok(tells(s, "show order P", "1      ipv4 permit 192.0.2.9 > me TCP dport 23"));
	ok(tells(s, "show order P", "before the next : fewer of its ends are any"));
	is_int(fails(s, "explain any me policy=P"), 5085);
	is_int(fails(s, "explain 10.0.0.0/8 me policy=P"), 5085);
	is_int(fails(s, "explain me me policy=P"), 7027);
	is_int(fails(s, "explain 10.0.0.1 2001:db8::1 policy=P"), 7024);
	is_int(fails(s, "explain 10.0.0.1 me policy=none"), 5006);
	is_int(fails(s, "explain 10.0.0.1 me direction=sideways"), 7010);
	is_int(fails(s, "show order policy=none"), 5006);
	does(s, "set policy P assign=y");
	ok(tells(s, "explain 192.0.2.8 me dstport=23", "Verdict                : block\n"));
	cli_free(s);
}

static void one_policy_is_assigned(void)
{
	struct session *s = cli_new();

	does(s, "add policy P assign=yes");
	does(s, "add policy Q assign=yes");
	ok(strstr(says(s, "show policy P"), "Assigned               : NO\n"));
	ok(strstr(says(s, "show policy Q"), "Assigned               : YES\n"));
	does(s, "set policy P assign=y");
	ok(strstr(says(s, "show policy Q"), "Assigned               : NO\n"));
	does(s, "set policy P assign=n");
	ok(!strstr(says(s, "show policy all"), ": YES"));
	does(s, "set policy P assign=y");
	does(s, "delete policy P");
	is_int(fails(s, "show policy P"), 5006);
	cli_free(s);
}

static void set_changes_only_what_is_named(void)
{
	struct session *s = cli_new();
	const char *text;

	does(s, "add policy P description=d mmpfs=yes qmpermm=3 mmlifetime=60 pollinginterval=5 mmsec=DES-MD5-1");
	does(s, "set policy P newname=Q");
	text = says(s, "show policy q level=verbose");
	ok(strstr(text, "Policy Name            : Q\nDescription            : d\n"));
	ok(strstr(text, "Polling Interval       : 5 minutes\nMain Mode LifeTime     : 60 minutes / 3 Quick Mode sessions\n"
	                "Master PFS             : YES\n"));
	ok(strstr(text, "        DES          MD5          Low(1)\nNo. of Rules"));
	ok(strstr(text, "Activated              : YES"));
	does(s, "set policy Q description=\"\" activatedefaultrule=no mmpfs=no");
	text = says(s, "show policy Q level=verbose");
	ok(strstr(text, "Description            : NONE\n"));
	ok(strstr(text, "Master PFS             : NO\n"));
	ok(strstr(text, "/ 3 Quick Mode sessions"));
	ok(strstr(text, "Activated              : NO"));
	cli_free(s);
}

static void set_filteraction_by_guid(void)
{
	struct session *s = cli_new();
	char text[200];
	const char *guid;

	does(s, "add filteraction A");
	guid = strstr(says(s, "show filteraction A level=verbose"), "GUID");
	ok(guid && strchr(guid, '{'));
	snprintf(text, sizeof text, "set filteraction guid=%.38s inpass=y qmsec=AH[MD5]:300s", strchr(guid, '{'));
	does(s, text);
	ok(strstr(says(s, "show filteraction A level=verbose"),
	    "Action                 : NEGOTIATE SECURITY\n"
	    "AllowUnsecure(Fallback): NO\n"
	    "Inbound Passthrough    : YES\n"
	    "No. of Security.Methods: 1\n"
	    "AH             ESP                 LIFE (Sec/kB)\n"
	    "--             ---                 -------------\n"
	    "[MD5]          [NONE , NONE]       300/100000\n"
	    "QMPFS                  : NO\n"));
	cli_free(s);
}

static void rules_have_numbers_and_lists_of_methods(void)
{
	struct session *s = cli_new();
	const char *text;

	does(s, "add policy P");
	does(s, "add filterlist L");
	does(s, "add filterlist M");
	does(s, "add filteraction A action=permit");
	does(s, "add rule R1 P L A");
	does(s, "add rule R2 P L A psk=sesame kerberos=yes rootca=\"CN=x certmap:yes\" tunnel=one.test conntype=lan");
	text = says(s, "show rule id=2 policy=P");
	ok(strstr(text, "Rule Name              : R2\nRule ID                : 2\n"));
	ok(strstr(text, "Tunnel Dest IP Address : 192.0.2.1\nConnection Type        : LAN\n"
	                "Authentication Methods(3)\n"
	                "        Preshared Key : ********\n"
	                "        KERBEROS\n"
	                "        Root CA               : CN=x\n"
	                "        certmap               : YES\n"
	                "        excludecaname         : NO\n"));
	ok(!strstr(text, "sesame"));
	does(s, "set rule id=2 policy=P filterlist=M activate=no");
	text = says(s, "show rule R2 P");
	ok(strstr(text, "FilterList             : M\n") && strstr(text, "Activated              : NO\n"));
	ok(strstr(text, "Authentication Methods(3)\n")); /* unchanged when none is named */
	does(s, "set rule R2 P kerberos=yes");
	ok(strstr(says(s, "show rule R2 P"), "Authentication Methods(1)\n        KERBEROS\n"));
	ok(strstr(says(s, "show rule default P"), "Rule Name              : NONE\nRule ID                : 3\n"));
	ok(strstr(says(s, "show rule all P type=tunnel"), "No. of rules : 1\n"));
	ok(strstr(says(s, "show rule all P"), "No. of rules : 3\n"));
	ok(strstr(says(s, "show filterlist rule=R2"), "FilterList Name        : M\n"));
	ok(strstr(says(s, "show filteraction rule=r1"), "FilterAction Name      : A\n"));
	does(s, "delete rule id=1 policy=P");
	ok(strstr(says(s, "show rule id=1 policy=P"), ": R2\n"));
	does(s, "del rule all P");
	is_int(fails(s, "delete rule all P"), 5066);
	ok(strstr(says(s, "show rule all P"), "No. of rules : 1\n"));
	does(s, "delete filterlist all");
	cli_free(s);
}

static void default_rule(void)
{
	struct session *s = cli_new();
	const char *text;

	does(s, "add policy P");
	does(s, "set defaultrule P qmpfs=y activate=n qmsec=AH[SHA1] psk=k");
	text = says(s, "show rule default policy=P level=verbose");
	ok(strstr(text, "Activated              : NO\n") && strstr(text, "Preshared Key : ********\n"));
	ok(strstr(text, "No FilterList exists in Default Response Rule\n"));
	ok(strstr(text, "[SHA1]         [NONE , NONE]       0/0\nQMPFS                  : YES\n"));
	is_int(fails(s, "set defaultrule P kerberos=no"), 7031);
	cli_free(s);
}

static void changes_are_announced_once(void)
{
	struct session *s = cli_new();

	does(s, "add filterlist L");
	is_int(cli_changes, 1);
	is_int(fails(s, "add filterlist L"), 5010);
	ok(*says(s, "show filterlist all"));
	is_int(cli_changes, 1);
	session_group_begin(s);
	does(s, "add filterlist M");
	does(s, "add filterlist N");
	is_int(cli_changes, 1);
	is_int(session_settle(s), 0);
	is_int(cli_changes, 2);
	does(s, "add filterlist O");
	is_int(session_group_end(s), 0);
	is_int(cli_changes, 3);
	does(s, "set batch mode=enable");
	does(s, "add filterlist P");
	is_int(cli_changes, 3);
	ok(strstr(says(s, "show filterlist P"), ": P\n"));
	does(s, "set batch mode=disable");
	is_int(cli_changes, 4);
	cli_free(s);
}

static void contexts_of_a_session(void)
{
	struct session *s = cli_new();

	does(s, "..");
	is_int(fails(s, "add policy P"), 7001);
	does(s, "pushd ipsec static");
	does(s, "add policy P");
	does(s, "dynamic");
	is_int(fails(s, "add policy Q"), 7001);
	does(s, "popd");
	is_str(s->context, "");
	does(s, "popd");
	is_int(fails(s, "pushd static add policy"), 7001);
	ok(strstr(says(s, "?"), "The following sub-contexts are available:\n dynamic static\n"));
	ok(strstr(says(s, "static add ?"), "add policy    - "));
	ok(strstr(says(s, "static add policy ?"), "policy [ name = ] <name>\n"));
	ok(strstr(says(s, "static set policy ?"), "[ name = ] <name> | [ guid = ] <guid>\n"));
	ok(strstr(buf_text(&cli_out), "[ [ assign = ] (yes | no) ]"));
	does(s, "exit");
	ok(s->leave);
	cli_free(s);
}

/* A megabyte of text does not end up in a message, and its tail does not end the program. */
static void giant_words(void)
{
	struct session *s = cli_new();
	size_t n = 1000 * 1000;
	char *text = xcalloc(1, n + 1);

	memset(text, 'x', n);
	is_int(fails(s, text), 7001);
	ok(cli_out.len < 1000);
	memcpy(text, "add policy ", 11);
	is_int(fails(s, text), 7013);
	memcpy(text, "add policy xxxx=", 16);
	is_int(fails(s, text), 7004);
	memcpy(text, "add filter L xx ", 16);
	ok(fails(s, text) == 7020 && cli_out.len < 1000);
	free(text);
	cli_free(s);
}

static const struct tap_case cases[] = {
	{"an empty store answers with the numbers of Windows", empty_store},
	{"so do names that exist", duplicates_have_the_numbers_of_windows},
	{"lines in public use are accepted", lines_in_public_use_are_accepted},
	{"so are those of the dynamic context", dynamic_lines_in_public_use_are_accepted},
	{"bad lines are refused and change nothing", bad_lines_are_refused_and_change_nothing},
	{"addresses and masks together", masks_and_the_words_they_make},
	{"a name gives one filter per address", names_give_one_filter_per_address},
	{"duplicate filters are harmless", duplicate_filters_are_harmless},
	{"explain and show order", explain_and_show_order},
	{"delete filter takes every match and leaves the list", delete_filter_takes_every_match},
	{"one policy is assigned at a time", one_policy_is_assigned},
	{"set changes only what is named", set_changes_only_what_is_named},
	{"set filteraction finds by guid", set_filteraction_by_guid},
	{"rules: numbers, methods, keys never shown", rules_have_numbers_and_lists_of_methods},
	{"the default response rule", default_rule},
	{"changes are announced once they are on disk", changes_are_announced_once},
	{"contexts, pushd, popd, help", contexts_of_a_session},
	{"giant words", giant_words},
};
TAP_MAIN(cases)
