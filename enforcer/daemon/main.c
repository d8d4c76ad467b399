/* ipsec-enforcerd: options, start and end. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/paths.h"
#include "enforcer/compile/lower_ike.h"
#include "enforcer/compile/plan.h"
#include "enforcer/daemon/proc.h"
#include "enforcer/facts/facts_linux.h"
#include "store/store.h"

#include "common/base/banned.h"

/* Exit statuses are interface. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char usage[] =
    "usage: ipsec-enforcerd [-d]\n"
    "       ipsec-enforcerd -n [--facts FILE]\n"
    "       ipsec-enforcerd --show-facts\n"
    "       ipsec-enforcerd --help | --version\n";

static const char help[] =
    "\n"
    "Enforces the assigned policy of the policy store with nftables and XFRM. Runs in the foreground\n"
    "until SIGTERM or SIGINT, then removes enforcement; SIGHUP reads everything again.\n"
    "\n"
    "  -d, --debug       log what is done, with times\n"
    "  -n, --dry-run     print the plan for the assigned policies and exit; needs no privilege\n"
    "      --facts FILE  with -n: facts of another host instead of this one's\n"
    "      --show-facts  print the facts of this host, for --facts, and exit\n"
    "  -h, --help        print this help and exit\n"
    "      --version     print the version and exit\n"
    "\n"
    "environment:\n"
    "  IPSECSH_STATE     folder of the policy stores (/var/lib/ipsecsh)\n"
    "  IPSECSH_RUN       folder of socket and lock (/run/ipsecsh)\n"
    "  IPSECSH_JOURNAL   socket that events are sent to (the journal's, where standard error goes there)\n"
    "  IPSECSH_BOOT      folder of the copy for the boot (/etc/ipsecsh/boot)\n"
    "\n"
    "exit status: 0 done, 1 failed, 2 wrong use\n";

struct options {
	bool dry_run, debug, show_facts;
	bool policy; /* not for people: this is the second process (proc.h) */
	const char *facts;
};

/* -1: go on; otherwise the exit status. */
static int parse_options(int argc, char **argv, struct options *o)
{
	enum { OPT_FACTS = 256, OPT_SHOW_FACTS, OPT_VERSION, OPT_POLICY };
	static const struct option longs[] = {
		{"debug", no_argument, NULL, 'd'},
		{"dry-run", no_argument, NULL, 'n'},
		{"facts", required_argument, NULL, OPT_FACTS},
		{"show-facts", no_argument, NULL, OPT_SHOW_FACTS},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, OPT_VERSION},
		{PROC_POLICY_OPTION, no_argument, NULL, OPT_POLICY},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "dnh", longs, NULL)) != -1) {
		switch (c) {
		case 'd':
			o->debug = true;
			break;
		case 'n':
			o->dry_run = true;
			break;
		case OPT_POLICY:
			o->policy = true;
			break;
		case OPT_FACTS:
			o->facts = optarg;
			break;
		case OPT_SHOW_FACTS:
			o->show_facts = true;
			break;
		case 'h':
			printf("%s%s", usage, help);
			return EXIT_OK;
		case OPT_VERSION:
			printf("ipsec-enforcerd %s\n", IPSECSH_VERSION);
			return EXIT_OK;
		default: /* getopt said what is wrong */
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc || (o->facts && !o->dry_run)) {
		if (optind < argc)
			fprintf(stderr, "ipsec-enforcerd: '%s' is not expected\n", argv[optind]);
		else
			fputs("ipsec-enforcerd: --facts needs -n\n", stderr);
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return -1;
}

static int fail(const struct err *e)
{
	fprintf(stderr, "ipsec-enforcerd: %s\n", e->text);
	return EXIT_FAILED;
}

/* --- -n ------------------------------------------------------------------------------------------- */

static int facts_from_file(const char *path, struct facts *out, struct err *e)
{
	enum { FACTS_FILE_MAX = 1 << 20 };
	FILE *f = fopen(path, "re");
	struct buf text = {0};
	char bytes[4096];
	size_t n;
	int rc = 0;

	if (!f)
		return err_set_errno(e, errno, FILE_OPEN, path);
	while (rc == 0 && (n = fread(bytes, 1, sizeof bytes, f)) > 0) {
		buf_add(&text, bytes, n);
		if (text.len > FACTS_FILE_MAX)
			rc = err_set(e, FILE_TOO_LARGE, path, (size_t)FACTS_FILE_MAX);
	}
	if (rc == 0 && ferror(f))
		rc = err_set_errno(e, errno, FILE_READ, path);
	fclose(f);
	if (rc == 0)
		rc = facts_parse(buf_text(&text), path, out, e);
	buf_free(&text);
	return rc;
}

static struct policyset *read_store(const char *dir, struct err *e)
{
	struct store *st = store_open(dir, STORE_READ_ONLY, e);
	struct policyset *ps = st ? store_snapshot(st, e) : NULL;

	store_close(st);
	return ps;
}

static int print_text(const struct buf *b, struct err *e)
{
	fputs(buf_text(b), stdout);
	return fflush(stdout) == 0 ? 0 : err_set_errno(e, errno, FILE_WRITE, "standard output");
}

/* What print_plan() on another host needs to come to the same plan. */
static int print_facts(struct err *e)
{
	struct facts facts;
	struct buf b = {0};
	int rc;

	if (facts_gather(&fact_paths_linux, &facts, e) != 0)
		return -1;
	facts_print(&facts, &b);
	rc = print_text(&b, e);
	buf_free(&b);
	facts_free(&facts);
	return rc;
}

static void print_ike(const struct plan *plan, const struct facts *facts, struct buf *b)
{
	struct ike_profile *p = lower_ike(plan, facts, NULL);

	ike_profile_print(plan, p, b);
	ike_profile_free(p);
}

static int print_plan(const struct options *o, struct err *e)
{
	char *dir = store_persistent_dir(paths_state());
	struct policyset *ps = read_store(paths_state(), e), *pps = ps ? read_store(dir, e) : NULL;
	const struct plan_sources from = {.local = ps, .persistent = pps};
	struct facts facts = {0};
	struct plan plan = {0};
	struct buf b = {0};
	int rc = pps ? 0 : -1;

	if (rc == 0)
		rc = o->facts ? facts_from_file(o->facts, &facts, e)
			      : facts_gather(&fact_paths_linux, &facts, e);
	if (rc == 0)
		rc = plan_compile_sources(&from, &facts, &plan, e);
	if (rc == 0) {
		plan_print(&plan, &b);
		print_ike(&plan, &facts, &b);
		rc = print_text(&b, e);
	}
	buf_free(&b);
	plan_free(&plan);
	facts_free(&facts);
	policyset_free(ps);
	policyset_free(pps);
	free(dir);
	return rc;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	struct err e = {0};
	int status = parse_options(argc, argv, &o);

	if (status >= 0)
		return status;
	if (o.show_facts)
		return print_facts(&e) == 0 ? EXIT_OK : fail(&e);
	if (o.dry_run)
		return print_plan(&o, &e) == 0 ? EXIT_OK : fail(&e);
	log_open("ipsec-enforcerd", o.debug ? LOG_L_DEBUG : LOG_L_INFO);
	if ((o.policy ? proc_policy(&e) : proc_kernel(o.debug, &e)) == 0)
		return EXIT_OK;
	log_line(LOG_L_ERROR, "%s", e.text);
	return EXIT_FAILED;
}
