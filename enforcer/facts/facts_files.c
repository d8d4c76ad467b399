#include "enforcer/facts/facts_files.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/model/model.h"

#include "common/base/banned.h"

/* A borrowed piece of text. */
struct piece {
	const char *p;
	size_t n;
};

/* Takes the next line off *text; false at the end. */
static bool next_line(const char **text, struct piece *line)
{
	if (!**text)
		return false;
	*line = (struct piece){*text, strcspn(*text, "\n")};
	*text += line->n + ((*text)[line->n] == '\n');
	return true;
}

/* Takes the next word off the piece: what stands between characters of `separators`. */
static bool next_word(struct piece *rest, const char *separators, struct piece *word)
{
	while (rest->n > 0 && strchr(separators, *rest->p)) {
		rest->p++;
		rest->n--;
	}
	*word = (struct piece){rest->p, 0};
	while (rest->n > 0 && !strchr(separators, *rest->p)) {
		rest->p++;
		rest->n--;
		word->n++;
	}
	return word->n > 0;
}

static bool piece_is(const struct piece *w, const char *text)
{
	return w->n == strlen(text) && memcmp(w->p, text, w->n) == 0;
}

/* The address in a word; a scope ("fe80::1%eth0") is cut off. */
static bool piece_ip(const struct piece *w, struct ip *out)
{
	char text[IP_TEXT];
	const char *scope = memchr(w->p, '%', w->n);
	size_t n = scope ? (size_t)(scope - w->p) : w->n;

	if (n >= sizeof text)
		return false;
	memcpy(text, w->p, n);
	text[n] = '\0';
	return ip_parse(text, out);
}

/* All addresses of a comma or blank separated list. */
static void add_servers(struct facts *f, uint8_t kind, struct piece list)
{
	struct piece word;
	struct ip ip;

	while (next_word(&list, " \t\r,;", &word))
		if (piece_ip(&word, &ip))
			facts_add_server(f, kind, &ip);
}

static bool is_loopback(const struct ip *a)
{
	static const struct ip v6 = {.family = IP_V6, .b = {[15] = 1}};

	return (a->family == IP_V4 && a->b[0] == 127) || ip_eq(a, &v6);
}

bool facts_read_resolv_conf(const char *text, struct facts *f)
{
	static const struct ip stub = {.family = IP_V4, .b = {127, 0, 0, 53}};
	struct piece line, word;
	bool local = false;
	struct ip ip;

	while (next_line(&text, &line)) {
		if (!next_word(&line, " \t\r", &word) || !piece_is(&word, "nameserver"))
			continue;
		if (!next_word(&line, " \t\r", &word) || !piece_ip(&word, &ip))
			continue;
		local |= ip_eq(&ip, &stub);
		if (!is_loopback(&ip)) /* a forwarder on this host: its packets never meet a filter */
			facts_add_server(f, END_DNS, &ip);
	}
	return local;
}

void facts_read_networkd_lease(const char *text, struct facts *f)
{
	static const char key[] = "SERVER_ADDRESS=";
	struct piece line;

	while (next_line(&text, &line))
		if (line.n >= sizeof key - 1 && memcmp(line.p, key, sizeof key - 1) == 0)
			add_servers(f, END_DHCP,
			    (struct piece){line.p + sizeof key - 1, line.n - (sizeof key - 1)});
}

/* --- dhclient: lease { interface "eth0"; option NAME VALUE; ... } ------------------------------------ */

enum { LEASE_IFS_MAX = 64 };

/* One lease: what stands between its braces, and whose it is. */
struct lease {
	struct piece body, iface;
};

static bool lease_line(struct piece line, struct lease *open, bool *inside)
{
	struct piece word, rest = line;

	if (!next_word(&rest, " \t\r", &word))
		return false;
	if (piece_is(&word, "lease")) {
		*inside = true;
		*open = (struct lease){.body = {line.p + line.n, 0}};
	} else if (*inside && piece_is(&word, "interface")) {
		next_word(&rest, " \t\r\";", &open->iface);
	} else if (*inside && *word.p == '}') {
		*inside = false;
		open->body.n = (size_t)(line.p - open->body.p);
		return true;
	}
	return false;
}

/* A lease that is appended later replaces the earlier one of its interface. */
static size_t keep_lease(struct lease *v, size_t n, const struct lease *l)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].iface.n == l->iface.n && memcmp(v[i].iface.p, l->iface.p, l->iface.n) == 0) {
			v[i] = *l;
			return n;
		}
	if (n < LEASE_IFS_MAX)
		v[n++] = *l;
	return n;
}

static void read_lease(const struct lease *l, struct facts *f)
{
	static const struct {
		const char *option;
		uint8_t kind;
	} options[] = {{"dhcp-server-identifier", END_DHCP}, {"netbios-name-servers", END_WINS}};
	struct piece rest = l->body, statement, word;

	while (next_word(&rest, ";", &statement)) {
		if (!next_word(&statement, " \t\r\n", &word) || !piece_is(&word, "option") ||
		    !next_word(&statement, " \t\r\n", &word))
			continue;
		for (size_t i = 0; i < N_OF(options); i++)
			if (piece_is(&word, options[i].option))
				add_servers(f, options[i].kind, statement);
	}
}

void facts_read_dhclient_leases(const char *text, struct facts *f)
{
	struct lease leases[LEASE_IFS_MAX], open = {.iface = {"", 0}};
	struct piece line;
	bool inside = false;
	size_t n = 0;

	while (next_line(&text, &line))
		if (lease_line(line, &open, &inside) && open.iface.n > 0)
			n = keep_lease(leases, n, &open);
	for (size_t i = 0; i < n; i++)
		read_lease(&leases[i], f);
}

/* --- leases that stay when they are over -------------------------------------------------------------- */

static bool is_own(const struct facts *f, const struct ip *ip)
{
	for (size_t i = 0; i < f->naddrs; i++)
		if (ip_eq(&f->addrs[i].ip, ip))
			return true;
	return false;
}

/* What stands behind the '=' of that key. */
static bool value_of(const struct piece *line, const char *key, struct piece *value)
{
	size_t n = strlen(key);

	if (line->n <= n || memcmp(line->p, key, n) != 0 || line->p[n] != '=')
		return false;
	*value = (struct piece){line->p + n + 1, line->n - n - 1};
	return true;
}

void facts_read_nm_device(const char *text, struct facts *f)
{
	struct piece line, word, address = {"", 0}, dhcp = {"", 0}, wins = {"", 0};
	bool inside = false;
	struct ip ip;

	while (next_line(&text, &line)) {
		if (line.n > 0 && *line.p == '[')
			inside = piece_is(&line, "[dhcp4]");
		if (inside && !value_of(&line, "dhcp4.ip_address", &address) &&
		    !value_of(&line, "dhcp4.dhcp_server_identifier", &dhcp))
			value_of(&line, "dhcp4.netbios_name_servers", &wins);
	}
	if (!next_word(&address, " \t\r", &word) || !piece_ip(&word, &ip) || !is_own(f, &ip))
		return;
	add_servers(f, END_DHCP, dhcp);
	add_servers(f, END_WINS, wins);
}

/* --- dhcpcd: the answer itself -------------------------------------------------------------------------- */

enum {
	BOOTP_REPLY = 2, BOOTP_BEFORE_YIADDR = 15, /* after op */
	BOOTP_BEFORE_SNAME = 24, /* siaddr, giaddr, chaddr */
	BOOTP_SNAME = 64, BOOTP_FILE = 128,
	DHCP_PAD = 0, DHCP_WINS = 44, DHCP_OVERLOAD = 52, DHCP_SERVER_ID = 54, DHCP_END = 255,
	OVERLOAD_FILE = 1, OVERLOAD_SNAME = 2,
};
#define DHCP_COOKIE 0x63825363u

static struct ip next_ip4(struct rd *r)
{
	struct ip ip = {.family = IP_V4};
	struct span s = rd_bytes(r, 4);

	if (s.n)
		memcpy(ip.b, s.p, s.n);
	return ip;
}

static void add_servers4(struct facts *f, uint8_t kind, struct span list)
{
	struct rd r = rd_of(list);

	while (r.n >= 4) {
		struct ip ip = next_ip4(&r);
		facts_add_server(f, kind, &ip);
	}
}

/* Adds the servers among the options; returns what the option of overloading says, 0: nothing. */
static uint8_t read_options(struct span options, struct facts *f)
{
	struct rd r = rd_of(options);
	uint8_t overload = 0, code;

	while (r.n > 0 && (code = rd_u8(&r)) != DHCP_END) {
		if (code == DHCP_PAD)
			continue;
		struct span value = rd_bytes(&r, rd_u8(&r));
		if (code == DHCP_SERVER_ID)
			add_servers4(f, END_DHCP, value);
		else if (code == DHCP_WINS)
			add_servers4(f, END_WINS, value);
		else if (code == DHCP_OVERLOAD && value.n == 1)
			overload = *value.p;
	}
	return overload;
}

void facts_read_dhcpcd_lease(struct span lease, struct facts *f)
{
	struct rd r = rd_of(lease);
	bool reply = rd_u8(&r) == BOOTP_REPLY;

	rd_bytes(&r, BOOTP_BEFORE_YIADDR);
	struct ip own = next_ip4(&r);
	rd_bytes(&r, BOOTP_BEFORE_SNAME);
	struct span sname = rd_bytes(&r, BOOTP_SNAME), file = rd_bytes(&r, BOOTP_FILE);
	if (rd_u32(&r) != DHCP_COOKIE || !reply || !is_own(f, &own))
		return;
	uint8_t overload = read_options(rd_rest(&r), f);
	if (overload & OVERLOAD_FILE)
		read_options(file, f);
	if (overload & OVERLOAD_SNAME)
		read_options(sname, f);
}
