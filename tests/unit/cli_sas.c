/* What dynamic show mmsas, qmsas, stats and all print of associations, letter for letter, and which ones a line asks for. */
#include <stdlib.h>
#include <time.h>

#include "tests/unit/assoc_samples.h"
#include "tests/unit/cli_util.h"

#include "common/base/banned.h"

static bool running, silent;
static bool numbered; /* each counter has a number of its own */
static unsigned asked; /* questions of IKE */

/* Three associations of each kind, two on the first page; or why there are none. */
static int answer(struct session *s, uint16_t want, struct ipc_msg *m, struct err *e)
{
	const struct ipc_sas q = m->u.sas;
	struct ipc_ike ike = {.running = running};
	unsigned first = q.after ? 3 : 1, end = q.after ? 4 : 3;

	if (silent) {
		ike.number = 6005;
		snprintf(ike.text, sizeof ike.text, "the IKE daemon does not answer");
	}
	if (want != IPC_SAS_PAGE && want != IPC_COUNTS)
		return util_ask(s, want, m, e);
	asked++;
	*m = (struct ipc_msg){.type = want};
	if (want == IPC_COUNTS) {
		m->u.counts.ike = ike;
		m->u.counts.stats.ike[0] = running && !silent ? 3 : 0;
		m->u.counts.stats.ipsec[7] = 12;
		for (uint64_t i = 0; numbered && i < DYN_STATS_IKE; i++)
			m->u.counts.stats.ike[i] = 1000 + i;
		for (uint64_t i = 0; numbered && i < DYN_STATS_IPSEC; i++)
			m->u.counts.stats.ipsec[i] = 2000 + i;
		return 0;
	}
	m->u.sas_page = (struct ipc_sas_page){.ike = ike, .now_s = 1000000002, .quick = q.quick};
	for (unsigned n = first; n < end && running && !silent; n++) {
		if (q.quick)
			m->u.sas_page.u.qm.v[m->u.sas_page.u.qm.n++] = assoc_qmsa(n);
		else
			m->u.sas_page.u.mm.v[m->u.sas_page.u.mm.n++] = assoc_mmsa(n);
	}
	if (q.quick)
		m->u.sas_page.u.qm.more = running && !silent && first == 1, m->u.sas_page.u.qm.next = 2;
	else
		m->u.sas_page.u.mm.more = running && !silent && first == 1, m->u.sas_page.u.mm.next = 2;
	return 0;
}

static struct session *connected(void)
{
	struct session *s = cli_new();

	setenv("TZ", "UTC", 1);
	tzset();
	s->context = "dynamic";
	s->ask = answer;
	running = true;
	silent = false;
	asked = 0;
	return s;
}

#define MMSA_1 \
	"Cookie Pair            : 01:23:45:67:89:ab:cd:01 : fe:dc:ba:98:76:54:32:10\n" \
	"Sec Methods            : 3DES/SHA1/2/28800\n" \
	"Auth Mode              : Preshared Key\n" \
	"Source                 : 192.0.2.1      , port 500\n" \
	"ID                     : 192.0.2.1\n" \
	"Destination            : 10.0.0.1       , port 500\n" \
	"ID                     : 10.0.0.1\n" \
	"Created Time           : 2001-09-09 01:46:40\n\n"
#define MMSA_2 \
	"Cookie Pair            : 01:23:45:67:89:ab:cd:02 : fe:dc:ba:98:76:54:32:10\n" \
	"Sec Methods            : 3DES/SHA1/2/28800\n" \
	"Auth Mode              : Preshared Key\n" \
	"Source                 : 2001:db8::10   , port 4500\n" \
	"ID                     : 2001:db8::10\n" \
	"Destination            : 2001:db8::2    , port 4500\n" \
	"ID                     : 2001:db8::2\n" \
	"Created Time           : 2001-09-09 01:46:40\n\n"
#define MM_TITLE \
	"\nIKE Main Mode SAs at 2001-09-09 01:46:42\n" \
	"-------------------------------------------------------------------------------\n"

static void main_modes_as_a_list(void)
{
	struct session *s = connected();

	is_str(says(s, "show mmsas dstaddr=10.0.0.1"), MM_TITLE MMSA_1 "No. of Main Mode SAs : 1\n\n\n");
	is_str(says(s, "show mmsas me 2001:db8::/64"), MM_TITLE MMSA_2 "No. of Main Mode SAs : 1\n\n\n");
	ok(strstr(says(s, "show mmsas"), MM_TITLE MMSA_1 MMSA_2 "Cookie Pair") == buf_text(&cli_out));
	ok(strstr(says(s, "show mmsas all"), "No. of Main Mode SAs : 3\n\n\n") != NULL);
	is_str(buf_text(&cli_err), "");
	cli_free(s);
}

static void main_modes_as_a_table(void)
{
	struct session *s = connected();

	is_str(says(s, "show mmsas format=table"),
	    "\nSource Address    \tDestination Address\tSecurity Methods            \tDate/Time Created\n"
	    "-------------------------------------------------------------------------------\n"
	    "192.0.2.1         \t10.0.0.1           \t3DES/SHA1/2/28800           \t2001-09-09 01:46:40 \n"
	    "2001:db8::10      \t2001:db8::2        \t3DES/SHA1/2/28800           \t2001-09-09 01:46:40 \n"
	    "192.0.2.1         \t10.0.0.3           \t3DES/SHA1/2/28800           \t2001-09-09 01:46:40 \n"
	    "\nNo. of Main Mode SAs : 3\n\n\n");
	cli_free(s);
}

static void quick_modes_as_a_list(void)
{
	struct session *s = connected();

	is_str(says(s, "show qmsas"),
	    "\nQuick Mode SAs\n-----------------\n"
	    "Transport Filter\n"
	    "Policy Name            : QM1\n"
	    "Source Address         : 192.0.2.1\n"
	    "Source Port            : ANY\n"
	    "Destination Address    : 10.0.0.1\n"
	    "Destination Port       : 23\n"
	    "Protocol               : TCP\n"
	    "Direction              : OUTBOUND\n"
	    "Offer Used\n"
	    "AH(b/r)        ESP Con(b/r)   ESP Int        PFS DH Group\n"
	    "-------------  -------------  -------------  ------------\n"
	    "SHA1 (20/0)    3DES           MD5 (24/0)     GRP2\n"
	    "Encapsulation Type     : None\n"
	    "Source UDP Encap port  : 0\n"
	    "Dest UDP Encap port    : 0\n"
	    "Peer Private Addr      : 0.0.0.0\n\n"
	    "Tunnel Filter\n"
	    "Policy Name            : Größe\n"
	    "Source Address         : 2001:db8:1::\n"
	    "Source Mask            : 48\n"
	    "Source Port            : ANY\n"
	    "Destination Address    : 2001:db8:2::\n"
	    "Destination Mask       : 64\n"
	    "Destination Port       : ANY\n"
	    "Protocol               : ANY\n"
	    "Direction              : INBOUND\n"
	    "Tunnel Source          : 2001:db8::10\n"
	    "Tunnel Destination     : 2001:db8::2\n"
	    "Offer Used\n"
	    "AH(b/r)        ESP Con(b/r)   ESP Int        PFS DH Group\n"
	    "-------------  -------------  -------------  ------------\n"
	    "None           AESGCM128      None (16/0)    <Unassigned>\n"
	    "Encapsulation Type     : UDP-ESP\n"
	    "Source UDP Encap port  : 4500\n"
	    "Dest UDP Encap port    : 4500\n"
	    "Peer Private Addr      : 2001:db8:9::9\n\n"
	    "Transport Filter\n"
	    "Policy Name            : NONE\n"
	    "Source Address         : 192.0.2.1\n"
	    "Source Port            : ANY\n"
	    "Destination Address    : 10.0.0.3\n"
	    "Destination Port       : 23\n"
	    "Protocol               : TCP\n"
	    "Direction              : OUTBOUND\n"
	    "Soft SA                : YES\n"
	    "Offer Used\n"
	    "AH(b/r)        ESP Con(b/r)   ESP Int        PFS DH Group\n"
	    "-------------  -------------  -------------  ------------\n"
	    "None           None           None           <Unassigned>\n"
	    "Encapsulation Type     : None\n"
	    "Source UDP Encap port  : 0\n"
	    "Dest UDP Encap port    : 0\n"
	    "Peer Private Addr      : 0.0.0.0\n\n"
	    "No. of Quick Mode SAs : 3\n\n\n");
	cli_free(s);
}

static void quick_modes_as_a_table(void)
{
	struct session *s = connected();

	is_str(says(s, "show qmsas format=table"),
	    "\nSource Address    \tSrcPort\tDestination Address\tDstPort\tProtocol\tDirection\tSecurity Methods\n"
	    "-------------------------------------------------------------------------------\n"
	    "192.0.2.1         \tANY    \t10.0.0.1           \t23     \tTCP     \tOUTBOUND \tAH[SHA1]+ESP[3DES,MD5]\n"
	    "2001:db8:1::/48   \tANY    \t2001:db8:2::/64    \tANY    \tANY     \tINBOUND  \tESP[AESGCM128]\n"
	    "192.0.2.1         \tANY    \t10.0.0.3           \t23     \tTCP     \tOUTBOUND \tSoft SA\n"
	    "\nNo. of Quick Mode SAs : 3\n\n\n");
	cli_free(s);
}

/* How many a line finds; 0: the error that there is none. */
static int count(struct session *s, const char *line)
{
	const char *text = says(s, line), *at = strstr(text, "SAs : ");

	if (strstr(text, "ERR IPsec[06016]") || strstr(text, "ERR IPsec[06017]"))
		return 0;
	return at ? at[6] - '0' : -1;
}

static void tags_narrow_what_is_shown(void)
{
	static const struct {
		const char *tags;
		int main, quick;
	} table[] = {
		{"all", 3, 3}, {"srcaddr=any", 3, 3}, {"srcaddr=me", 3, 2}, {"dstaddr=me", 0, 0},
		{"srcaddr=192.0.2.1", 2, 2}, {"srcaddr=192.0.2.11", 0, 0}, {"dstaddr=10.0.0.3", 1, 1},
		{"dstaddr=10.0.0.0/24", 2, 2}, {"dstaddr=10.0.0.2-10.0.0.9", 1, 1}, {"dstaddr=2001:db8::2", 1, 0},
		{"dstaddr=2001:db8:2::", 0, 1}, {"dstaddr=2001:db8:2::/64", 0, 1}, {"dstaddr=2001:db8:2::/96", 0, 0},
		{"dstaddr=2001:db8::/32", 1, 1}, {"srcaddr=192.0.2.1 dstaddr=10.0.0.1", 1, 1}, {"dstaddr=DNS", 0, 0},
		{"srcaddr=one.test", 2, 2}, {"srcmask=48", -1, 1}, {"srcmask=32", -1, 2}, {"dstmask=255.255.255.255", -1, 2},
		{"protocol=TCP", -1, 2}, {"protocol=UDP", -1, 0}, {"dstport=23", -1, 2}, {"dstport=0", -1, 1}, {"srcport=0", -1, 3},
		{"protocol=TCP dstport=23 dstaddr=10.0.0.1", -1, 1},
	};
	struct session *s = connected();
	char line[100];

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		snprintf(line, sizeof line, "show qmsas %s", table[i].tags);
		is_int(count(s, line), table[i].quick);
		if (count(s, line) != table[i].quick)
			printf("# %s\n", line);
		snprintf(line, sizeof line, "show mmsas %s", table[i].tags);
		if (table[i].main >= 0)
			is_int(count(s, line), table[i].main);
		if (table[i].main >= 0 && count(s, line) != table[i].main)
			printf("# %s\n", line);
	}
	is_int(fails(s, "show qmsas srcmask=300"), 7022);
	cli_free(s);
}

static void names_are_looked_up_when_asked_for(void)
{
	struct session *s = connected();

	ok(!strstr(says(s, "show mmsas resolvedns=no"), "DNS Name"));
	ok(strstr(says(s, "show mmsas resolvedns=yes"), "port 500\nSource DNS Name        : one.test\nID ") != NULL);
	ok(!strstr(buf_text(&cli_out), "Destination DNS Name")); /* nobody knows that one */
	ok(strstr(says(s, "show qmsas resolvedns=yes"), "192.0.2.1\nSource DNS Name        : one.test\nSource Port") != NULL);
	cli_free(s);
}

/* Each under its own label, in the order of grammar §7.8. */
static void counters_stand_under_their_labels(void)
{
	struct session *s = connected();

	numbered = true;
	is_str(says(s, "show stats"),
	    "\nIKE Statistics\n--------------\n"
	    "Main Modes                  : 1000\n"
	    "Quick Modes                 : 1001\n"
	    "Soft SAs                    : 1002\n"
	    "Authentication Failures     : 1003\n"
	    "Active Acquire              : 1004\n"
	    "Active Receive              : 1005\n"
	    "Acquire fail                : 1006\n"
	    "Receive fail                : 1007\n"
	    "Send fail                   : 1008\n"
	    "Acquire Heap size           : 1009\n"
	    "Receive Heap size           : 1010\n"
	    "Negotiation Failures        : 1011\n"
	    "Invalid Cookies Rcvd        : 1012\n"
	    "Total Acquire               : 1013\n"
	    "TotalGetSpi                 : 1014\n"
	    "TotalKeyAdd                 : 1015\n"
	    "TotalKeyUpdate              : 1016\n"
	    "GetSpiFail                  : 1017\n"
	    "KeyAddFail                  : 1018\n"
	    "KeyUpdateFail               : 1019\n"
	    "IsadbListSize               : 1020\n"
	    "ConnListSize                : 1021\n"
	    "Invalid Packets Rcvd        : 1022\n"
	    "\n\nIPsec Statistics\n----------------\n"
	    "Active Assoc                : 2000\n"
	    "Offload SAs                 : 2001\n"
	    "Pending Key                 : 2002\n"
	    "Key Adds                    : 2003\n"
	    "Key Deletes                 : 2004\n"
	    "ReKeys                      : 2005\n"
	    "Active Tunnels              : 2006\n"
	    "Bad SPI Pkts                : 2007\n"
	    "Pkts not Decrypted          : 2008\n"
	    "Pkts not Authenticated      : 2009\n"
	    "Pkts with Replay Detection  : 2010\n"
	    "Confidential Bytes Sent     : 2011\n"
	    "Confidential Bytes Received : 2012\n"
	    "Authenticated Bytes Sent    : 2013\n"
	    "Authenticated Bytes Received: 2014\n"
	    "Transport Bytes Sent        : 2015\n"
	    "Transport Bytes Received    : 2016\n"
	    "Offloaded Bytes Sent        : 2017\n"
	    "Offloaded Bytes Received    : 2018\n"
	    "Bytes Sent In Tunnels       : 2019\n"
	    "Bytes Received In Tunnels   : 2020\n");
	numbered = false;
	cli_free(s);
}

static void without_a_daemon_there_is_none_and_a_word_why(void)
{
	static const char why[] = "ipsecsh: the IKE daemon (ipsec-iked) is not running: nothing can be negotiated\n";
	struct session *s = connected();

	running = false;
	is_int(fails(s, "show mmsas"), 6016);
	is_str(buf_text(&cli_out), "ERR IPsec[06016] : IPsec MainMode Security Associations not available.\n");
	is_str(buf_text(&cli_err), why);
	buf_clear(&cli_err);
	is_int(fails(s, "show qmsas"), 6017);
	is_str(buf_text(&cli_err), why);
	buf_clear(&cli_err);
	is_str(says(s, "show qmsas format=json"), "[]\n");
	buf_clear(&cli_err);
	ok(strstr(says(s, "show stats"), "Bad SPI Pkts                : 12") != NULL);
	is_str(buf_text(&cli_err), why);
	buf_clear(&cli_err);
	says(s, "show stats type=ipsec"); /* the kernel's own */
	is_str(buf_text(&cli_err), "");
	ok(strstr(says(s, "show all"), "\nIPsec MainMode Security Associations not available.\n"
	                               "IPsec QuickMode Security Associations not available.\n") != NULL);
	is_str(buf_text(&cli_err), why);
	cli_free(s);
}

static void one_that_does_not_answer_is_an_error(void)
{
	static const char *const lines[] = {"show mmsas", "show qmsas", "show qmsas format=json", "show stats", "show stats format=json",
		"show all format=json"};
	struct session *s = connected();

	silent = true;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		is_str(says(s, lines[i]), "ERR IPsec[06005] : the IKE daemon does not answer\n");
	/* The policy is shown all the same, and nobody waits three times. */
	asked = 0;
	is_int(fails(s, "show all"), 6005);
	is_int(asked, 1);
	ok(strstr(buf_text(&cli_out), "mm one") != NULL);
	ok(strstr(buf_text(&cli_out), "the IKE daemon does not answer\nthe IKE daemon does not answer\n\nIPsec Configuration") != NULL);
	ok(!strstr(buf_text(&cli_out), "Main Modes"));
	cli_free(s);
}

static void show_all_has_them(void)
{
	struct session *s = connected();

	says(s, "show all");
	ok(strstr(buf_text(&cli_out), MM_TITLE MMSA_1) != NULL);
	ok(strstr(buf_text(&cli_out), "No. of Quick Mode SAs : 3\n") != NULL);
	ok(strstr(buf_text(&cli_out), "Main Modes                  : 3\n") != NULL);
	cli_free(s);
}

static const struct tap_case cases[] = {
	{"main modes as a list", main_modes_as_a_list},
	{"main modes as a table", main_modes_as_a_table},
	{"quick modes as a list", quick_modes_as_a_list},
	{"counters stand under their labels", counters_stand_under_their_labels},
	{"quick modes as a table", quick_modes_as_a_table},
	{"tags narrow what is shown", tags_narrow_what_is_shown},
	{"names are looked up when asked for", names_are_looked_up_when_asked_for},
	{"without a daemon there is none, and a word why", without_a_daemon_there_is_none_and_a_word_why},
	{"one that does not answer is an error", one_that_does_not_answer_is_an_error},
	{"show all has them", show_all_has_them},
};
TAP_MAIN(cases)
