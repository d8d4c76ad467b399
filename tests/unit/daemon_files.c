/* What resolver and lease files tell; the running host's facts in brief. */
#include "enforcer/facts/facts_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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
	struct fact_paths paths = {resolv, resolved, "/nonexistent", dir};

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
	/* What was gathered is what a facts file would give: -n --facts shows the same plan elsewhere. */
	char *copy = strdup(text);
	is_int(facts_parse(copy, "copy", &f, &e), 0);
	is_str(text_of(&f), copy);
	free(copy);
	remove_file(dir, "resolv.conf");
	remove_file(dir, "resolved.conf");
	remove_file(dir, "dhclient.eth0.leases");
	remove_file(dir, "dhcpd.leases");
	rmdir(dir);
}

static const struct tap_case cases[] = {
	{"facts from resolv.conf", resolv_conf},
	{"facts from a networkd lease", networkd_lease},
	{"facts from dhclient leases: the newest of each interface", dhclient_leases},
	{"facts from any prefix of a file", any_prefix_of_a_lease_file_is_harmless},
	{"facts of this host", this_host},
};
TAP_MAIN(cases)
