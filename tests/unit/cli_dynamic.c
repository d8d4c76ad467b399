/*
 * The commands of the dynamic context before an enforcer in the same process: messages really become bytes and
 * back, the objects live in the enforcer's own container, the specific filters come from its compiler. What
 * is missing is the kernel.
 */
#include "cli/dyn.h"
#include "tests/unit/cli_enforcer.h"
#include "common/base/banned.h"

/* The number in the line's "ERR Win32[nnnnn]", 0 when it printed none. */
static int win32(struct session *s, const char *text)
{
	const char *at = strstr(says(s, text), "ERR Win32[");
	int number = 0;

	return at && sscanf(at, "ERR Win32[%5d]", &number) == 1 ? number : 0;
}

static void policies_are_shown_as_the_grammar_draws_them(void)
{
	struct session *s = connected();

	does(s, "add mmpolicy name=MM1 mmsec=3DES-SHA1-2");
	does(s, "add qmpolicy QM1 qmsec=ESP[3DES,SHA1]");
	is_str(says(s, "show mmpolicy all"), "Policy Name            : MM1\n"
	    "Soft SA expiry time    : 28800\n"
	    "Encryption  Integrity  DH  Lifetime (Kb/secs)  QM Limit Per MM\n"
	    "----------  ---------  --  ------------------  ----------------\n"
	    "3DES        SHA1       2   0/28800             0\n\n");
	is_str(says(s, "show qmpolicy QM1"), "QM Negotiation Policy Name : QM1\n"
	    "Security Methods  Lifetime (Kb/secs)  PFS DH Group\n"
	    "----------------  ------------------  ------------\n"
	    "ESP[3DES,SHA1]    100000/3600         <Unassigned>\n\n");
	does(s, "set mmpolicy MM1 qmpermm=5 softsa=1 mmlifetime=2");
	ok(strstr(says(s, "show mmpolicy mm1"), "Soft SA expiry time    : 60\n") != NULL);
	ok(strstr(buf_text(&cli_out), "0/120               5\n") != NULL);
	does(s, "set qmpolicy QM1 pfsgroup=GRPMM");
	ok(strstr(says(s, "show qmpolicy all"), "Main Mode derived\n") != NULL);
	is_int(win32(s, "show mmpolicy missing"), 13004);
	is_int(win32(s, "show qmpolicy missing"), 13001);
	is_int(win32(s, "add mmpolicy mm1"), 13003);
	is_int(win32(s, "add qmpolicy QM1"), 13000);
	disconnect(s);
}

static void explain_asks_the_enforcer(void)
{
	struct session *s = connected();

	ok(strstr(says(s, "explain 192.0.2.7 192.0.2.10 dstport=80"), "Verdict                : permit\n") != NULL);
	does(s, "add mmpolicy M");
	does(s, "add rule 192.0.2.7 me M protocol=tcp dstport=80 actionin=block actionout=permit");
	ok(strstr(says(s, "explain 192.0.2.7 192.0.2.10 dstport=80 direction=inbound"), "Verdict                : block\n") != NULL);
	ok(strstr(buf_text(&cli_out), "dynamic rule") != NULL);
	ok(strstr(says(s, "explain 192.0.2.7 192.0.2.10 dstport=80 direction=inbound format=json"), "\"dynamic\": true") != NULL);
	ok(strstr(says(s, "explain 192.0.2.10 192.0.2.7 srcport=80 direction=outbound"), "Verdict                : permit\n") != NULL);
	ok(strstr(says(s, "explain any me"), "ERR IPsec[05085]") != NULL);
	disconnect(s);
}

static void a_rule_and_its_filters(void)
{
	struct session *s = connected();

	does(s, "add mmpolicy M");
	does(s, "add rule me 192.0.2.7 M protocol=tcp dstport=80 actionin=permit actionout=block psk=Sesame");
	is_str(says(s, "show rule"), "\nTransport Rules\n"
	    "-------------------------------------------------------------------------------\n"
	    "Connection Type        : ALL\n"
	    "Source Address         : <My IP Address>\n"
	    "Destination Address    : 192.0.2.7\n"
	    "Destination Mask       : 255.255.255.255\n"
	    "Protocol               : TCP\n"
	    "Source Port            : ANY\n"
	    "Destination Port       : 80\n"
	    "Mirrored               : YES\n"
	    "Authentication Methods(1)\n"
	    "        Preshared Key : ********\n"
	    "Main Mode Policy       : M\n"
	    "Quick Mode Policy      : NONE\n"
	    "Inbound Action         : Passthru\n"
	    "Outbound Action        : Blocking\n\n"
	    "No. of Transport Rules : 1\n\n");
	says(s, "show qmfilter all type=specific");
	ok(strstr(buf_text(&cli_out), "Source Address         : 192.0.2.10\n") != NULL);
	ok(strstr(buf_text(&cli_out), "Direction              : OUTBOUND\n") != NULL);
	ok(strstr(buf_text(&cli_out), "Direction              : INBOUND\n") != NULL);
	ok(strstr(buf_text(&cli_out), "No. of Specific Filters : 2\n") != NULL);
	ok(!strstr(buf_text(&cli_out), "127.0.0.1"));
	ok(strstr(says(s, "show mmfilter all type=generic"), "No. of Generic Filters : 1\n") != NULL);
	disconnect(s);
}

/* Lines of show rule and show qmfilter, and how many rules each finds. */
static void tags_narrow_what_is_shown(void)
{
	static const struct {
		const char *line, *count; /* NULL: nothing there */
	} rows[] = {
		{"show rule", "No. of Transport Rules : 3\n"},
		{"show rule tunnel", "No. of Tunnel Rules : 1\n"},
		{"show rule type=transport protocol=tcp", "No. of Transport Rules : 2\n"},
		{"show rule transport srcaddr=me", "No. of Transport Rules : 1\n"},
		{"show rule transport dstport=80", "No. of Transport Rules : 1\n"},
		{"show rule transport dstport=0", "No. of Transport Rules : 1\n"},
		{"show rule transport srcaddr=10.0.0.0", "No. of Transport Rules : 1\n"},
		{"show rule transport srcaddr=10.0.0.0 srcmask=255.0.0.0", "No. of Transport Rules : 1\n"},
		{"show rule transport srcaddr=10.0.0.0 srcmask=16", NULL},
		{"show rule transport srcmask=8", "No. of Transport Rules : 1\n"},
		{"show rule transport actioninbound=permit", "No. of Transport Rules : 1\n"},
		{"show rule transport actionout=negotiate", NULL},
		{"show qmfilter all type=generic dstport=80", "No. of Generic Filters : 1\n"},
		{"show mmfilter all type=generic dstaddr=me", "No. of Generic Filters : 2\n"},
		{"show mmfilter all type=generic srcaddr=10.1.1.1", NULL},
	};
	struct session *s = connected();

	does(s, "add mmpolicy M");
	does(s, "add qmpolicy Q");
	does(s, "add rule me any M protocol=tcp dstport=80 actionin=block actionout=block");
	does(s, "add rule 10.0.0.0 me M srcmask=8 protocol=tcp dstport=81 actionin=permit actionout=block");
	does(s, "add rule any me M actionin=block actionout=permit");
	does(s, "add rule 10.0.0.0/8 192.0.2.0/24 M Q mirrored=no tunneldst=198.51.100.1");
	for (size_t i = 0; i < N_OF(rows); i++) {
		const char *said = says(s, rows[i].line);
		bool found = rows[i].count ? strstr(said, rows[i].count) != NULL : strncmp(said, "ERR IPsec[060", 13) == 0;
		ok(found);
		if (!found)
			printf("# %s: %s\n", rows[i].line, said);
	}
	disconnect(s);
}

static void rules_are_deleted_and_changed_by_their_traffic(void)
{
	struct session *s = connected();

	does(s, "add mmpolicy M");
	does(s, "add rule srcaddr=192.168.100.100 mmpolicy=M dstaddr=ANY mirrored=yes srcport=0 dstport=0 "
	        "actioninbound=block actionoutbound=block");
	is_int(win32(s, "add rule 192.168.100.100 any M actionin=permit actionout=permit"), 13008);
	is_int(win32(s, "delete mmpolicy M"), 13005);
	is_int(win32(s, "delete mmpolicy all"), 13005);
	is_int(win32(s, "delete rule 192.168.100.100 any tcp 0 0 yes all"), 13009);
	is_int(win32(s, "delete rule 192.168.100.100 any any 0 0 yes all tunneldst=10.0.0.1"), 13017);
	does(s, "set rule 192.168.100.100 any any 0 0 yes all actionin=permit");
	ok(strstr(says(s, "show rule"), "Inbound Action         : Passthru\nOutbound Action        : Blocking") != NULL);
	is_int(fails(s, "set rule 192.168.100.100 any any 0 0 yes all actionin=negotiate"), 6002);
	does(s, "delete rule srcaddr=192.168.100.100 dstaddr=ANY mirror=yes srcport=0 dstport=0 proto=any conntype=all");
	is_int(fails(s, "show rule"), 6018);
	does(s, "delete mmpolicy all");
	is_int(fails(s, "show mmpolicy all"), 6010);
	disconnect(s);
}

/* A name of both families: the first address that fits the other side is the rule's. */
static void a_name_gives_one_rule(void)
{
	struct session *s = connected();

	does(s, "add mmpolicy M");
	does(s, "add rule two.test 2001:db8::5 M actionin=block actionout=block");
	ok(strstr(says(s, "show rule"), "Source Address         : 2001:db8::2\n") != NULL);
	ok(strstr(buf_text(&cli_out), "Source DNS Name        : two.test\n") != NULL);
	is_int(fails(s, "add rule nowhere.test me M actionin=block actionout=block"), 7020);
	is_int(fails(s, "add rule 1.2.3.4 2001:db8::5 M actionin=block actionout=block"), 7024);
	disconnect(s);
}

static void an_empty_enforcer_says_so_section_by_section(void)
{
	static const char *const sections[] = {"No currently assigned Policy\n", "Main Mode Policies not available.\n",
		"Quick Mode Policies not available.\n", "Generic Main Mode Filters not available.\n",
		"Specific Main Mode Filters not available.\n", "Generic Quick Mode Filters not available.\n",
		"Specific Quick Mode Filters not available.\n",
		"IPsec MainMode Security Associations not available.\n",
		"IPsec QuickMode Security Associations not available.\n", "IPsec Configuration Parameters\n",
		"IKE Statistics\n", "IPsec Statistics\n"};
	struct session *s = connected();
	const char *at = says(s, "show all");

	for (size_t i = 0; i < N_OF(sections) && at; i++) {
		const char *found = strstr(at, sections[i]);
		ok(found != NULL);
		at = found;
	}
	ok(!strstr(buf_text(&cli_out), "ERR"));
	disconnect(s);
}

static void without_a_service_there_is_one_line(void)
{
	struct session *s = cli_new();

	s->context = "dynamic";
	is_str(says(s, "show all"), "ERR Win32[01062] : the IPsec service is not running\n");
	is_str(says(s, "add rule me any M actionin=block actionout=block"),
	    "ERR Win32[01062] : the IPsec service is not running\n");
	cli_free(s);
}

/* Every line of `text` as a script gives it. */
static void replay(struct session *s, const char *text)
{
	for (const char *at = text; *at;) {
		size_t n = strcspn(at, "\n");
		buf_clear(&cli_out);
		if (!words_is_comment(at, n))
			session_line(s, at, n);
		is_str(buf_text(&cli_out), "");
		at += n + (at[n] == '\n');
	}
}

static void what_is_in_force_can_be_written_down(void)
{
	struct session *s = connected();
	char *text;

	does(s, "add mmpolicy \"M 1\" qmpermm=3 mmlifetime=7 softsa=9 mmsec=\"3DES-SHA1-2 DES-MD5-1\"");
	does(s, "add qmpolicy Q soft=yes pfsgroup=GRP2 qmsec=\"AH[SHA1]+ESP[3DES,None]:100000k/900s ESP[DES,MD5]\"");
	does(s, "add rule me 10.0.0.0 \"M 1\" Q dstmask=8 protocol=tcp dstport=80 mirrored=no conntype=lan kerberos=yes "
	        "\"rootca=CN=\\'a, b\\' certmap:yes\"");
	does(s, "add rule 2001:db8::1-2001:db8::9 me \"M 1\" actionin=block actionout=permit protocol=47");
	does(s, "add rule me dns \"M 1\" actionin=permit actionout=block protocol=udp dstport=53");
	does(s, "add rule 192.0.2.10 198.51.100.0 \"M 1\" Q dstmask=24 tunneldst=198.51.100.1 mirrored=no");
	does(s, "set config ipsecexempt 1");
	text = xstrdup(says(s, "dump"));
	ok(strstr(text, "set config property=ipsecexempt value=\"1\"\npopd\npushd ipsec dynamic\nadd mmpolicy") != NULL);
	does(s, "delete all");
	replay(s, text);
	is_str(says(s, "dump"), text);
	is_str(buf_text(&cli_err), "");
	/* The enforcer tells no key; what stands in for it is new each time, and nobody's. */
	does(s, "add rule me 192.0.2.7 \"M 1\" Q psk=Sesame");
	ok(strstr(says(s, "dump secrets=yes"), " psk=\"{") != NULL);
	ok(!strstr(buf_text(&cli_out), "Sesame"));
	ok(strstr(buf_text(&cli_err), "1 preshared key is left out") != NULL);
	free(text);
	disconnect(s);
}

static const struct tap_case cases[] = {
	{"policies are shown as the grammar draws them", policies_are_shown_as_the_grammar_draws_them},
	{"explain asks the enforcer", explain_asks_the_enforcer},
	{"a rule and its filters", a_rule_and_its_filters},
	{"tags narrow what is shown", tags_narrow_what_is_shown},
	{"rules are deleted and changed by their traffic", rules_are_deleted_and_changed_by_their_traffic},
	{"a name gives one rule", a_name_gives_one_rule},
	{"an empty enforcer says so, section by section", an_empty_enforcer_says_so_section_by_section},
	{"without a service there is one line", without_a_service_there_is_one_line},
	{"what is in force can be written down", what_is_in_force_can_be_written_down},
};
TAP_MAIN(cases)
