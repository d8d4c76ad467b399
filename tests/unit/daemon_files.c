/* What resolver and lease files tell; the running host's facts in brief. */
#include "enforcer/facts/facts_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "enforcer/facts/facts_linux.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

/* The facts as text; freed by the next call. */
static const char *text_of(struct facts *f)
{
	static struct buf b;

	buf_free(&b);
	facts_sort(f);
	facts_print(f, &b);
	facts_free(f);
	return buf_text(&b);
}

static void resolv_conf(void)
{
	struct facts f = {0};

	ok(!facts_read_resolv_conf("# nameserver 9.9.9.9\n; nameserver 9.9.9.8\nsearch example.org\n"
				   "nameserver 10.0.0.53\nnameserver\t10.0.0.54  # two\r\n"
				   "nameserver fe80::1%eth0\nnameserver ::1\nnameserver 127.0.0.1\n"
				   "nameserver\nnameserver nonsense\nnameserver 10.0.0.53\nnameservers 1.1.1.1\n"
				   "options timeout:1\n nameserver 10.0.0.55",
	    &f));
	is_str(text_of(&f), "server dns 10.0.0.53\nserver dns 10.0.0.54\nserver dns 10.0.0.55\nserver dns fe80::1\n");
	ok(facts_read_resolv_conf("nameserver 127.0.0.53\noptions edns0 trust-ad\n", &f));
	is_str(text_of(&f), "");
	ok(!facts_read_resolv_conf("", &f));
}

static void networkd_lease(void)
{
	struct facts f = {0};

	facts_read_networkd_lease("# This is private data. Do not parse.\nADDRESS=10.0.0.7\nNETMASK=255.255.255.0\n"
				  "ROUTER=10.0.0.1\nSERVER_ADDRESS=10.0.0.67\nNEXT_SERVER=10.0.0.2\nDNS=10.0.0.53\n",
	    &f);
	is_str(text_of(&f), "server dhcp 10.0.0.67\n");
}

static void dhclient_leases(void)
{
	static const char leases[] =
	    "default-duid \"\\000\\001\";\n"
	    "lease {\n  interface \"eth0\";\n  fixed-address 10.0.0.7;\n"
	    "  option dhcp-server-identifier 10.0.0.66;\n  expire 2 2026/01/01 00:00:00;\n}\n"
	    "lease {\n  interface \"eth1\";\n  option dhcp-server-identifier 10.1.0.67;\n"
	    "  option netbios-name-servers 10.1.0.42,10.1.0.43, 10.1.0.44;\n}\n"
	    "lease {\n  interface \"eth0\";\n  option dhcp-server-identifier 10.0.0.67;\n"
	    "  option dhcp-message 10.9.9.9;\n}\n"
	    "lease {\n  interface \"eth0\";\n  option dhcp-server-identifier 10.0.0.99;\n"; /* half written */
	struct facts f = {0};

	facts_read_dhclient_leases(leases, &f);
	is_str(text_of(&f), "server wins 10.1.0.42\nserver wins 10.1.0.43\nserver wins 10.1.0.44\n"
			    "server dhcp 10.0.0.67\nserver dhcp 10.1.0.67\n");
}

/* A host with the address 10.0.0.7, as it is when leases are read. */
static struct facts at_home(void)
{
	struct facts f;
	struct err e = {0};

	is_int(facts_parse("interface eth0 2 lan\naddress eth0 10.0.0.7/24\n", "home", &f, &e), 0);
	return f;
}
#define HOME "interface eth0 2 lan\naddress eth0 10.0.0.7/24\n"

static void networkmanager_device(void)
{
	static const struct {
		const char *text, *servers;
	} rows[] = {
	    {"[device]\nmanaged=full\nconnection-uuid=0\nnext-server=10.0.0.2\n\n[dhcp4]\n"
	     "dhcp4.broadcast_address=10.0.0.255\ndhcp4.dhcp_lease_time=3600\ndhcp4.dhcp_server_identifier=10.0.0.67\n"
	     "dhcp4.domain_name_servers=10.0.0.53\ndhcp4.ip_address=10.0.0.7\ndhcp4.netbios_name_servers=10.0.0.42 10.0.0.43\n",
	     "server wins 10.0.0.42\nserver wins 10.0.0.43\nserver dhcp 10.0.0.67\n"},
	    /* The address is another one's, or not said; and the words stand in another group. */
	    {"[dhcp4]\ndhcp4.ip_address=10.0.0.8\ndhcp4.dhcp_server_identifier=10.0.0.67\n", ""},
	    {"[dhcp4]\ndhcp4.dhcp_server_identifier=10.0.0.67\n", ""},
	    {"[dhcp6]\ndhcp4.ip_address=10.0.0.7\ndhcp4.dhcp_server_identifier=10.0.0.67\n", ""},
	    {"[dhcp4]\ndhcp4.ip_address=10.0.0.7\n[dhcp6]\ndhcp4.dhcp_server_identifier=10.0.0.67\n", ""},
	    {"[dhcp4]\ndhcp4.ip_address=10.0.0.7\ndhcp4.dhcp_server_identifiers=10.0.0.67\ndhcp4.dhcp_server_identifier", ""},
	    {"[dhcp4]\ndhcp4.ip_address=10.0.0.7\ndhcp4.dhcp_server_identifier=nonsense\n", ""},
	    {"", ""},
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct facts f = at_home();
		struct buf want = {0};
		facts_read_nm_device(rows[i].text, &f);
		buf_printf(&want, "%s%s", HOME, rows[i].servers);
		is_str(text_of(&f), buf_text(&want));
		buf_free(&want);
	}
}

/* An answer of a DHCP server to 10.0.0.7, whose options are those bytes. */
enum { REPLY_HEAD = 240, REPLY_MAX = 400, REPLY_SNAME = 44, REPLY_FILE = 108 };
static size_t a_reply(uint8_t out[REPLY_MAX], const uint8_t *options, size_t n)
{
	static const uint8_t yiaddr[] = {10, 0, 0, 7}, cookie[] = {0x63, 0x82, 0x53, 0x63};

	memset(out, 0, REPLY_MAX);
	out[0] = 2;
	memcpy(out + 16, yiaddr, sizeof yiaddr);
	memcpy(out + 236, cookie, sizeof cookie);
	memcpy(out + REPLY_HEAD, options, n);
	return REPLY_HEAD + n;
}

static const char *servers_of(const uint8_t *lease, size_t n)
{
	struct facts f = at_home();
	uint8_t *copy = malloc(n ? n : 1); /* so that a sanitizer sees the end */

	memcpy(copy, lease, n);
	facts_read_dhcpcd_lease(span_of(copy, n), &f);
	free(copy);
	return text_of(&f) + strlen(HOME);
}

static const uint8_t plain_options[] = {53, 1, 5, 0, 0, 54, 4, 10, 0, 0, 67, 44, 8, 10, 0, 0, 42, 10, 0, 0, 43, 255, 54, 4, 10, 9, 9, 9};

static void dhcpcd_lease(void)
{
	static const uint8_t overloaded[] = {52, 1, 3, 255}, in_file[] = {54, 4, 10, 0, 0, 68, 255}, in_name[] = {44, 4, 10, 0, 0, 44};
	uint8_t lease[REPLY_MAX];
	size_t n = a_reply(lease, plain_options, sizeof plain_options);

	is_str(servers_of(lease, n), "server wins 10.0.0.42\nserver wins 10.0.0.43\nserver dhcp 10.0.0.67\n");
	lease[16] = 11; /* another address than ours: of another network, long ago */
	is_str(servers_of(lease, n), "");
	lease[16] = 10;
	lease[0] = 1; /* a request */
	is_str(servers_of(lease, n), "");
	lease[0] = 2;
	lease[239] = 0; /* of BOOTP, without options */
	is_str(servers_of(lease, n), "");

	n = a_reply(lease, overloaded, sizeof overloaded);
	memcpy(lease + REPLY_FILE, in_file, sizeof in_file);
	memcpy(lease + REPLY_SNAME, in_name, sizeof in_name);
	is_str(servers_of(lease, n), "server wins 10.0.0.44\nserver dhcp 10.0.0.68\n");
	lease[REPLY_HEAD + 2] = 1; /* names a host in its field, and has options in file */
	is_str(servers_of(lease, n), "server dhcp 10.0.0.68\n");
	lease[REPLY_HEAD + 2] = 0;
	is_str(servers_of(lease, n), "");
}

static void any_prefix_of_a_dhcpcd_lease_is_harmless(void)
{
	uint8_t lease[REPLY_MAX];
	size_t n = a_reply(lease, plain_options, sizeof plain_options);

	for (size_t cut = 0; cut <= n; cut++) {
		const char *said = servers_of(lease, cut);
		is_int(strstr(said, "server dhcp 10.0.0.67\n") != NULL, cut >= REPLY_HEAD + 11);
		ok(strstr(said, "10.9.9.9") == NULL);
	}
}

static void any_prefix_of_a_lease_file_is_harmless(void)
{
	static const char lease[] = "lease {\n interface \"e\";\n option dhcp-server-identifier 10.0.0.1;\n}\n";

	for (size_t n = 0; n <= sizeof lease - 1; n++) {
		struct facts f = {0};
		char *cut = malloc(n + 1);
		memcpy(cut, lease, n);
		cut[n] = '\0';
		facts_read_dhclient_leases(cut, &f);
		facts_read_resolv_conf(cut, &f);
		facts_read_networkd_lease(cut, &f);
		facts_read_nm_device(cut, &f);
		is_int(f.nservers, n >= sizeof lease - 2);
		facts_free(&f);
		free(cut);
	}
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	ok(f != NULL);
	fputs(text, f);
	fclose(f);
}

/* A lease of dhcpcd for 127.0.0.1, from 192.0.2.68. */
static void write_loopback_lease(const char *dir, const char *name)
{
	static const uint8_t options[] = {54, 4, 192, 0, 2, 68, 255}, own[] = {127, 0, 0, 1};
	uint8_t lease[REPLY_MAX];
	size_t n = a_reply(lease, options, sizeof options);
	char path[200];
	FILE *f;

	memcpy(lease + 16, own, sizeof own);
	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	ok(f && fwrite(lease, 1, n, f) == n);
	fclose(f);
}

static void remove_file(const char *dir, const char *name)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	ok(remove(path) == 0);
}

/* Every host has a loopback link with 127.0.0.1 or is a bare namespace with the link alone. */
static void this_host(void)
{
	char dir[] = "/tmp/factsXXXXXX", resolv[64], resolved[64];
	struct facts f, again;
	struct err e = {0};
	bool loopback = false;

	ok(mkdtemp(dir) != NULL);
	snprintf(resolv, sizeof resolv, "%s/resolv.conf", dir);
	snprintf(resolved, sizeof resolved, "%s/resolved.conf", dir);
	write_file(dir, "resolv.conf", "nameserver 127.0.0.53\n");
	write_file(dir, "resolved.conf", "nameserver 192.0.2.53\n");
	write_file(dir, "dhclient.eth0.leases", "lease {\ninterface \"eth0\";\noption dhcp-server-identifier 192.0.2.67;\n}\n");
	write_file(dir, "dhcpd.leases", "lease {\ninterface \"eth0\";\noption dhcp-server-identifier 192.0.2.99;\n}\n");
	write_loopback_lease(dir, "lo.lease");
	write_file(dir, "1", "[dhcp4]\ndhcp4.ip_address=127.0.0.1\ndhcp4.dhcp_server_identifier=192.0.2.69\n");
	struct fact_paths paths = {resolv, resolved, "/nonexistent", dir, dir, dir};

	is_int(facts_gather(&paths, &f, &e), 0);
	is_str(e.text, "");
	for (size_t i = 0; i < f.nifs; i++)
		loopback |= f.ifs[i].kind == IF_LOOPBACK && strcmp(f.ifs[i].name, "lo") == 0;
	ok(loopback);
	is_int(facts_gather(&paths, &again, &e), 0);
	ok(facts_eq(&f, &again));
	facts_free(&again);
	const char *text = text_of(&f);
	ok(strstr(text, "server dns 192.0.2.53\n") != NULL);
	ok(strstr(text, "server dhcp 192.0.2.67\n") != NULL);
	ok(strstr(text, "192.0.2.99") == NULL);
	bool has_own = strstr(text, "address lo 127.0.0.1/") != NULL;
	is_int(strstr(text, "server dhcp 192.0.2.68\n") != NULL, has_own);
	is_int(strstr(text, "server dhcp 192.0.2.69\n") != NULL, has_own);
	/* What was gathered is what a facts file would give: -n --facts shows the same plan elsewhere. */
	char *copy = strdup(text);
	is_int(facts_parse(copy, "copy", &f, &e), 0);
	is_str(text_of(&f), copy);
	free(copy);
	remove_file(dir, "resolv.conf");
	remove_file(dir, "resolved.conf");
	remove_file(dir, "dhclient.eth0.leases");
	remove_file(dir, "dhcpd.leases");
	remove_file(dir, "lo.lease");
	remove_file(dir, "1");
	rmdir(dir);
}

static const struct tap_case cases[] = {
	{"facts from resolv.conf", resolv_conf},
	{"facts from a networkd lease", networkd_lease},
	{"facts from what NetworkManager says of a device", networkmanager_device},
	{"facts from a lease of dhcpcd", dhcpcd_lease},
	{"any prefix of a lease of dhcpcd is harmless", any_prefix_of_a_dhcpcd_lease_is_harmless},
	{"facts from dhclient leases: the newest of each interface", dhclient_leases},
	{"facts from any prefix of a file", any_prefix_of_a_lease_file_is_harmless},
	{"facts of this host", this_host},
};
TAP_MAIN(cases)
