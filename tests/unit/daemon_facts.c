/* Facts: text form both ways, canonical order, equality. */
#include "enforcer/compile/facts.h"

#include "tests/unit/tap.h"

#include "common/base/banned.h"

static const char SAMPLE[] =
    "interface lo 1 loopback\n"
    "interface eth0 2 lan\n"
    "interface ppp0 7 dialup\n"
    "address lo 127.0.0.1/8\n"
    "address eth0 10.0.0.1/24 10.0.0.255\n"
    "address eth0 fe80::1/64\n"
    "address ppp0 192.0.2.1/32\n"
    "server dns 10.0.0.53\n"
    "server wins 10.0.0.42\n"
    "server dhcp 10.0.0.67\n"
    "server gateway 10.0.0.254\n";

static void print_is_the_inverse_of_parse(void)
{
	struct facts f;
	struct buf b = {0};
	struct err e = {0};

	is_int(facts_parse(SAMPLE, "t", &f, &e), 0);
	facts_print(&f, &b);
	is_str(buf_text(&b), SAMPLE);
	is_int(f.ifs[f.addrs[4 - 1].iface].index, 7);
	buf_free(&b);
	facts_free(&f);
}

static void order_comments_and_blanks_do_not_matter(void)
{
	static const char shuffled[] =
	    "# a host\r\n\n"
	    "interface ppp0 7 DIALUP # modem\r\n"
	    "  interface\teth0  2 lan\n"
	    "server gateway 10.0.0.254\nserver dns 10.0.0.53\nserver dns 10.0.0.53\n"
	    "address ppp0 192.0.2.1/32\n"
	    "interface lo 1 loopback\n"
	    "server dhcp 10.0.0.67\nserver wins 10.0.0.42\n"
	    "address eth0 fe80::1/64\naddress eth0 10.0.0.1/24 10.0.0.255\n"
	    "address eth0 10.0.0.1/24 10.0.0.255\n"
	    "address lo 127.0.0.1/8";
	struct facts a, b;
	struct err e = {0};

	is_int(facts_parse(SAMPLE, "t", &a, &e), 0);
	is_int(facts_parse(shuffled, "t", &b, &e), 0);
	is_str(e.text, "");
	ok(facts_eq(&a, &b));
	facts_free(&a);
	facts_free(&b);
}

static void any_difference_is_seen(void)
{
	static const char base[] = "interface e 2 lan\naddress e 10.0.0.1/24 10.0.0.255\nserver dns 10.0.0.2\n";
	static const char *const others[] = {
		"interface e 3 lan\naddress e 10.0.0.1/24 10.0.0.255\nserver dns 10.0.0.2\n",
		"interface e 2 dialup\naddress e 10.0.0.1/24 10.0.0.255\nserver dns 10.0.0.2\n",
		"interface f 2 lan\naddress f 10.0.0.1/24 10.0.0.255\nserver dns 10.0.0.2\n",
		"interface e 2 lan\naddress e 10.0.0.1/25 10.0.0.255\nserver dns 10.0.0.2\n",
		"interface e 2 lan\naddress e 10.0.0.1/24\nserver dns 10.0.0.2\n",
		"interface e 2 lan\naddress e 10.0.0.1/24 10.0.0.255\nserver dhcp 10.0.0.2\n",
		"interface e 2 lan\naddress e 10.0.0.1/24 10.0.0.255\n",
		"interface e 2 lan\nserver dns 10.0.0.2\n",
		"",
	};
	struct facts a, b;
	struct err e = {0};

	is_int(facts_parse(base, "t", &a, &e), 0);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		is_int(facts_parse(others[i], "t", &b, &e), 0);
		ok(!facts_eq(&a, &b));
		facts_free(&b);
	}
	facts_free(&a);
}

static void bad_lines_are_named(void)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
		{"interface eth0 2 lan\nadress eth0 10.0.0.1/8\n",
		 "h.facts:2: expected interface, address, server or lacks"},
		{"interface a b c d e\n", "h.facts:1: too many words"},
		{"interface eth0 2\n", "h.facts:1: expected: interface NAME INDEX lan|dialup|loopback"},
		{"interface sixteenletters00 2 lan\n",
		 "h.facts:1: expected: interface NAME INDEX lan|dialup|loopback"},
		{"interface eth0 two lan\n", "h.facts:1: the interface index is not a number"},
		{"interface eth0 0 lan\n", "h.facts:1: the interface index is not a number"},
		{"interface eth0 2 la\n", "h.facts:1: the interface kind is none of lan, dialup, loopback"},
		{"interface eth0 2 lan\ninterface eth0 3 lan\n", "h.facts:2: the interface was named before"},
		{"address eth0 10.0.0.1/8\n", "h.facts:1: the interface was not named before"},
		{"interface e 2 lan\naddress e 10.0.0.1\n", "h.facts:2: the address needs a prefix length"},
		{"interface e 2 lan\naddress e 10.0.0.256/8\n", "h.facts:2: that is no address"},
		{"interface e 2 lan\naddress e 10.0.0.1/33\n", "h.facts:2: the prefix length is out of range"},
		{"interface e 2 lan\naddress e ::1/64 10.0.0.1\n",
		 "h.facts:2: the broadcast address is no IPv4 address"},
		{"server ntp 10.0.0.1\n", "h.facts:1: the server kind is none of dns, wins, dhcp, gateway"},
		{"server dns resolver\n", "h.facts:1: that is no address"},
		{"server dns\n", "h.facts:1: expected: server dns|wins|dhcp|gateway ADDR"},
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct facts f;
		struct err e = {0};
		is_int(facts_parse(bad[i].text, "h.facts", &f, &e), -1);
		is_str(e.text, bad[i].message);
		ok(f.nifs == 0 && f.ifs == NULL);
	}
}

/* What the kernel says decides, a name only where it says nothing. */
static void dialup_by_kind(void)
{
	enum { NONE = 65534, ETHER = 1, PPP = 512 }; /* ARPHRD_ */
	static const struct {
		const char *name, *driver;
		unsigned type;
		enum if_kind kind;
	} links[] = {
		{"ppp0", "ppp", PPP, IF_DIALUP}, {"uplink", "ppp", PPP, IF_DIALUP}, {"uplink", NULL, PPP, IF_DIALUP},
		{"tun3", "tun", NONE, IF_DIALUP}, {"office", "tun", NONE, IF_DIALUP}, {"tun4", "tun", ETHER, IF_LAN},
		{"wwan0", "wwan", NONE, IF_DIALUP}, {"wwp0s20", NULL, ETHER, IF_DIALUP}, {"slc0s1", NULL, NONE, IF_DIALUP},
		{"eth0", NULL, ETHER, IF_LAN}, {"wlan0", NULL, ETHER, IF_LAN}, {"ppp7", "veth", ETHER, IF_LAN},
		{"tunl0", "ipip", 768, IF_LAN}, {"wg0", "wireguard", NONE, IF_LAN}, {"br0", "bridge", ETHER, IF_LAN},
	};

	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		is_int(facts_if_kind(links[i].name, links[i].driver, links[i].type), links[i].kind);
}

static void a_host_without_network(void)
{
	struct facts a = {0}, b;
	struct err e = {0};

	facts_sort(&a);
	is_int(facts_parse("", "t", &b, &e), 0);
	ok(facts_eq(&a, &b));
}

static const struct tap_case cases[] = {
	{"facts print is the inverse of parse", print_is_the_inverse_of_parse},
	{"facts order, comments and blanks do not matter", order_comments_and_blanks_do_not_matter},
	{"facts any difference is seen", any_difference_is_seen},
	{"facts bad lines are named", bad_lines_are_named},
	{"facts dial-up by kind", dialup_by_kind},
	{"facts of a host without network", a_host_without_network},
};
TAP_MAIN(cases)
