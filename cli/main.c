/* ipsecsh: netsh ipsec for Linux. Chooses between shell, script, batch file and a single command. */
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/check.h"
#include "cli/host.h"
#include "cli/notify.h"
#include "cli/options.h"
#include "cli/remote.h"
#include "cli/script.h"
#include "cli/shell.h"
#include "cli/ssh_peer.h"
#include "cli/start.h"
#include "common/base/mem.h"
#include "common/base/paths.h"
#include "common/base/secret.h"
#include "enforcer/facts/facts_linux.h"
#include "common/base/banned.h"

enum { EXIT_WRONG_USE = 2 };

static void print_usage(FILE *to, const char *program)
{
	struct buf b = {0};

	options_usage(program, &b);
	fputs(buf_text(&b), to);
	buf_free(&b);
}

static int help(const char *program)
{
	print_usage(stdout, program);
	printf("\n"
	       "Commands are those of netsh ipsec; '%s ?' lists them, '%s static add policy ?' explains one.\n"
	       "Exit status: 0 done, 1 a command failed, 2 wrong use of the program.\n"
	       "\n"
	       "IPSECSH_STATE  folder of the policy store (/var/lib/ipsecsh)\n"
	       "IPSECSH_RUN    folder of the enforcer's socket (/run/ipsecsh)\n"
	       "IPSECSH_BOOT   folder of the copy for the boot gate (/etc/ipsecsh/boot)\n",
	    program, program);
	return 0;
}

static int wrong_use(const char *program, const char *why)
{
	fprintf(stderr, "%s: %s\n", program, why);
	print_usage(stderr, program);
	return EXIT_WRONG_USE;
}

static int run(struct session *s, const struct options *o)
{
	switch (o->mode) {
	case OPTIONS_HELP:
		return help(s->program);
	case OPTIONS_VERSION:
		printf("ipsecsh " IPSECSH_VERSION "\n");
		return 0;
	case OPTIONS_SHELL:
		return isatty(STDIN_FILENO) ? shell_run(s) : start_script(s, NULL);
	case OPTIONS_SCRIPT:
		return start_script(s, o->script);
	case OPTIONS_BAT:
		host_catch_signals();
		return script_run_bat(s, o->argv[0], o->argc, o->argv);
	case OPTIONS_COMMAND:
		break;
	}
	s->one_shot = true;
	return session_argv(s, o->argc, o->argv);
}

static int host_facts(struct facts *out, struct err *e)
{
	return facts_gather(&fact_paths_linux, out, e);
}

static bool host_connection(struct connection *out)
{
	return ssh_peer_find(getenv("SSH_CONNECTION"), "/proc", getppid(), out);
}

int main(int argc, char **argv)
{
	static struct session s; /* large, and there is one */
	const char *name = argc > 0 ? basename(argv[0]) : "ipsecsh";
	struct options o;
	struct check check;
	struct err e = {0};
	int status;

	secret_no_core(); /* keys are typed here */
	if (argc < 1)
		return EXIT_WRONG_USE;
	s.program = str_caseeq(name, "netsh") || str_caseeq(name, "netsh.exe") ? "netsh" : "ipsecsh";
	s.state_dir = paths_state();
	s.boot_dir = paths_boot();
	s.changed = notify_changed;
	s.facts = host_facts;
	s.connection = host_connection;
	s.ask = notify_ask;
	s.left_behind = notify_left_behind;
	s.ssh = remote_ssh;
	host_session(&s);
	if (options_parse(argc, argv, &o, &e) < 0)
		return wrong_use(s.program, e.text);
	s.options = &o;
	if (o.check && check_begin(&s, &check, &e) < 0)
		return session_fail(&s, &e);
	if (start_prepare(&s, &o, &e) < 0)
		return wrong_use(s.program, e.text);
	status = s.leave ? 0 : run(&s, &o); /* the first script may have said exit */
	if (session_fini(&s) && status == 0)
		status = 1;
	if (o.check) {
		check_end(&check);
		status = s.failures && status < 128 ? 1 : status;
	}
	if (host_lost_output()) {
		fprintf(stderr, "%s: standard output: %s\n", s.program, strerror(host_lost_output()));
		status = status ? status : 1;
	}
	return status;
}
