/*
 * ipsec-bootgate: closes the host, as the copy for the boot says, before there is a network. Runs once, early:
 * no /var, no database, no daemon. The enforcer takes the gate away when the policy is in force.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/paths.h"
#include "common/boot/copy_file.h"
#include "enforcer/bootgate/decide.h"
#include "enforcer/bootgate/load.h"
#include "enforcer/bootgate/rules.h"
#include "enforcer/bootgate/tell.h"
#include "common/base/banned.h"

/* Exit statuses are interface. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_EMERGENCY = 3 };

static const char usage[] = "usage: ipsec-bootgate [--check | --open | --status | --help | --version]\n";
static const char help[] =
    "\n"
    "Closes this host until ipsec-enforcerd has the policy in force, as bootmode and bootexemptions say.\n"
    "\n"
    "      --check    print what would be loaded and why, and load nothing; needs no privilege\n"
    "      --open     remove the gate: the way out for somebody at the console\n"
    "      --status   print the gate that stands, with what it dropped\n"
    "  -h, --help     print this help and exit\n"
    "      --version  print the version and exit\n"
    "\n"
    "environment:\n"
    "  IPSECSH_BOOT   folder of the copy for the boot (/etc/ipsecsh/boot)\n"
    "\n"
    "exit status: 0 done, 1 failed, 2 wrong use, 3 the copy could not be used and the host is blocked;\n"
    "with --status 1: no gate stands\n";

static const char *const mode_names[] = {
	[BOOT_DEFAULT] = "", [BOOT_PERMIT] = "permit", [BOOT_BLOCK] = "block", [BOOT_STATEFUL] = "stateful"};

static int load_over(const struct gate_decision *d, enum gate_before before, struct err *e)
{
	struct buf rules = {0};

	gate_rules(d->mode, d->exempt, d->nexempt, before, &rules);
	int rc = gate_load(buf_text(&rules), e);
	buf_free(&rules);
	return rc;
}

/* At boot nothing stands yet, and that is the quick way. */
static int load(const struct gate_decision *d, struct err *e)
{
	struct err stands = {0};

	if (d->mode == BOOT_PERMIT ? gate_show(NULL, &stands) == 1 : load_over(d, GATE_FRESH, &stands) == 0)
		return 0;
	return load_over(d, GATE_REPLACE, e);
}

static void decide(struct gate_decision *d)
{
	struct bootcopy copy;
	struct err e = {0};
	int found = bootcopy_read(paths_boot(), &copy, &e);

	gate_decide(found, &copy, &e, d);
}

static int close_gate(void)
{
	struct gate_decision d;
	struct err e = {0};

	decide(&d);
	if (load(&d, &e) < 0) {
		gate_fall_back(&e, &d);
		e = (struct err){0};
		if (load(&d, &e) < 0) {
			gate_tell(true, "%s; THIS HOST IS NOT PROTECTED", e.text);
			return EXIT_FAILED;
		}
	}
	if (!d.emergency) {
		gate_tell(false, "%s: %s", mode_names[d.mode], d.why);
		return EXIT_OK;
	}
	gate_tell(true, "%s; this host is blocked until ipsec-enforcerd has the policy in force "
	    "(at the console: ipsec-bootgate --open)", d.why);
	return EXIT_EMERGENCY;
}

static int check(void)
{
	struct gate_decision d;
	struct buf text = {0};

	decide(&d);
	buf_printf(&text, "# %s: %s\n", mode_names[d.mode], d.why);
	gate_rules(d.mode, d.exempt, d.nexempt, GATE_FRESH, &text);
	fputs(buf_text(&text), stdout);
	buf_free(&text);
	if (fflush(stdout) != 0)
		return EXIT_FAILED;
	return d.emergency ? EXIT_EMERGENCY : EXIT_OK;
}

static int fail(const struct err *e)
{
	fprintf(stderr, "ipsec-bootgate: %s\n", e->text);
	return EXIT_FAILED;
}

static int open_gate(void)
{
	const struct gate_decision none = {.mode = BOOT_PERMIT};
	struct err e = {0};

	return load(&none, &e) == 0 ? EXIT_OK : fail(&e);
}

static int status(void)
{
	struct buf text = {0};
	struct err e = {0};
	int rc = gate_show(&text, &e);

	fputs(rc > 0 ? "no gate stands\n" : buf_text(&text), stdout);
	buf_free(&text);
	return rc < 0 ? fail(&e) : rc == 0 ? EXIT_OK : EXIT_FAILED;
}

static int print_help(void)
{
	printf("%s%s", usage, help);
	return EXIT_OK;
}

static int print_version(void)
{
	puts("ipsec-bootgate " IPSECSH_VERSION);
	return EXIT_OK;
}

int main(int argc, char **argv)
{
	enum { OPTIONS = 256 };
	static int (*const run[])(void) = {check, open_gate, status, print_version};
	static const struct option longs[] = {{"check", no_argument, NULL, OPTIONS},
		{"open", no_argument, NULL, OPTIONS + 1}, {"status", no_argument, NULL, OPTIONS + 2},
		{"version", no_argument, NULL, OPTIONS + 3}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int c = getopt_long(argc, argv, "h", longs, NULL);

	log_open("ipsec-bootgate", LOG_L_INFO);
	if (c == '?' || optind < argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (c == 'h')
		return print_help();
	return c < 0 ? close_gate() : run[c - OPTIONS]();
}
