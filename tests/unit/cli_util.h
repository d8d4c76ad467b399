/* A session for tests: a private store, output in a buffer, a resolver that knows three names. */
#ifndef TESTS_CLI_UTIL_H
#define TESTS_CLI_UTIL_H

#include "cli/session.h"
#include "common/ipc/ipc.h"
#include "common/model/dynamic.h"
#include "tests/unit/store_util.h"

static struct buf cli_out, cli_err;
static unsigned cli_changes; /* how often the enforcer would have been told */

static inline void util_out(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	buf_add(&cli_out, text, n);
}

static inline void util_err(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	buf_add(&cli_err, text, n);
}

static inline size_t util_resolve(const char *name, struct ip *out, size_t max)
{
	static const struct {
		const char *name, *ip;
	} known[] = {{"one.test", "192.0.2.1"}, {"two.test", "192.0.2.2"}, {"two.test", "2001:db8::2"},
		{"six.test", "2001:db8::6"}};
	size_t n = 0;

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (str_caseeq(name, known[i].name) && n < max && ip_parse(known[i].ip, &out[n]))
			n++;
	return n;
}

static inline bool util_reverse(const struct ip *ip, char *name, size_t size)
{
	struct ip one;

	if (!ip_parse("192.0.2.1", &one) || !ip_eq(ip, &one))
		return false;
	snprintf(name, size, "one.test");
	return true;
}

static inline void util_changed(struct session *s, uint64_t counter)
{
	(void)s, (void)counter;
	cli_changes++;
}

static unsigned cli_asked; /* how often the enforcer was */

/* An enforcer to which everything is right, and which has two policies of each kind in force. */
static inline int util_ask(struct session *s, uint16_t want, struct ipc_msg *m, struct err *e)
{
	uint8_t kind = m->type == IPC_LIST ? m->u.list.kind : DYN_ALL;
	bool quick = m->type == IPC_SAS && m->u.sas.quick;

	(void)s, (void)e;
	cli_asked++;
	*m = (struct ipc_msg){.type = want};
	if (want == IPC_SAS_PAGE)
		m->u.sas_page.quick = quick;
	if (want != IPC_PAGE)
		return 0;
	m->u.page.kind = kind;
	if (kind == DYN_MMPOLICY || kind == DYN_QMPOLICY)
		m->u.page.n = 2;
	for (size_t i = 0; i < m->u.page.n; i++) {
		static const char *const names[2][2] = {{"mm one", "two"}, {"qm one", "two"}};
		struct dyn_item *it = &m->u.page.v[i];
		it->kind = kind;
		if (kind == DYN_MMPOLICY)
			it->u.mm.name = names[0][i];
		else
			it->u.qm.name = names[1][i];
	}
	return 0;
}

/* A host with one interface and an address of each family. */
static inline int util_facts(struct facts *out, struct err *e)
{
	return facts_parse("interface eth0 2 lan\naddress eth0 192.0.2.1/24 192.0.2.255\n"
	                   "address eth0 2001:db8::1/64\nserver dns 192.0.2.53\n", "host", out, e);
}

static inline struct session *cli_new(void)
{
	struct session *s = xcalloc(1, sizeof *s);

	s->program = "ipsecsh";
	s->state_dir = dir_new();
	s->context = "static";
	s->out = util_out;
	s->err = util_err;
	s->resolve = util_resolve;
	s->reverse = util_reverse;
	s->changed = util_changed;
	s->facts = util_facts;
	snprintf(s->host, sizeof s->host, "HOST");
	cli_changes = 0;
	return s;
}

static inline void cli_free(struct session *s)
{
	session_fini(s);
	dir_free((char *)(size_t)s->state_dir);
	free(s);
	buf_free(&cli_out);
	buf_free(&cli_err);
}

/* What the line prints. */
static inline const char *says(struct session *s, const char *text)
{
	buf_clear(&cli_out);
	session_line(s, text, strlen(text));
	return buf_text(&cli_out);
}

/* The line must succeed and print nothing. */
#define does(s, text) is_str(says((s), (text)), "")

/* The number in the line's "ERR IPsec[nnnnn]", 0 when it printed none. */
static inline int fails(struct session *s, const char *text)
{
	const char *at = strstr(says(s, text), "ERR IPsec[");
	int number = 0;

	if (at && sscanf(at, "ERR IPsec[%5d]", &number) == 1)
		return number;
	return 0;
}

#endif
