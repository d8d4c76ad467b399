/* ipsecsh: netsh ipsec for Linux. Chooses between shell, script, batch file and a single command. */
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/host.h"
#include "cli/notify.h"
#include "cli/script.h"
#include "cli/shell.h"
#include "common/base/paths.h"
#include "common/base/banned.h"

enum { EXIT_WRONG_USE = 2 };

static const char usage_text[] =
	"Usage: %s                     interactive shell, or a script on standard input\n"
	"       %s WORDS...            one command, e.g. static show policy all\n"
	"       %s -f FILE             a netsh script\n"
	"       %s FILE.bat [ARG...]   a batch file\n"
	"       %s --help | --version\n"
	"With --dialect windows|linux in front, only this run has those words.\n";

/* Printing of the program's own usage happens before there is a session. */
static void usage(FILE *to, const char *p)
{
	fprintf(to, usage_text, p, p, p, p, p);
}

static int help(const char *program)
{
	usage(stdout, program);
	printf("\n"
	       "Commands are those of netsh ipsec; '%s ?' lists them, '%s static add policy ?' explains one.\n"
	       "Exit status: 0 done, 1 a command failed, 2 wrong use of the program.\n"
	       "\n"
	       "IPSECSH_STATE  folder of the policy store (/var/lib/ipsecsh)\n"
	       "IPSECSH_RUN    folder of the enforcer's socket (/run/ipsecsh)\n",
	    program, program);
	return 0;
}

static int wrong_use(const char *program, const char *why, const char *word)
{
	fprintf(stderr, "%s: %s '%s'\n", program, why, word);
	usage(stderr, program);
	return EXIT_WRONG_USE;
}

static int run_script(struct session *s, const char *path)
{
	int status;

	host_catch_signals();
	session_group_begin(s);
	status = path ? script_run_file(s, path) : script_run_fd(s, STDIN_FILENO, "stdin");
	if (session_group_end(s) && status == 0)
		status = 1;
	return status;
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] && !grammar_is_help(word);
}

/* "--dialect NAME" in front of the rest. How many words it is; -1: it is wrong. */
static int dialect_option(struct session *s, int argc, char **argv)
{
	const struct enum_name *name;

	if (argc < 2 || strcmp(argv[1], "--dialect") != 0)
		return 0;
	name = argc > 2 ? enum_find(dialect_names, argv[2]) : NULL;
	if (!name)
		return -1;
	s->dialect = (enum dialect)name->value;
	s->dialect_known = true;
	return 2;
}

static int run(struct session *s, int argc, char **argv)
{
	int taken = dialect_option(s, argc, argv);

	if (taken < 0)
		return wrong_use(s->program, "windows or linux must follow", argv[1]);
	argc -= taken;
	argv += taken;
	if (argc == 1)
		return isatty(STDIN_FILENO) ? shell_run(s) : run_script(s, NULL);
	if (strcmp(argv[1], "--help") == 0)
		return help(s->program);
	if (strcmp(argv[1], "--version") == 0) {
		printf("ipsecsh " IPSECSH_VERSION "\n");
		return 0;
	}
	if (strcmp(argv[1], "-f") == 0) {
		if (argc != 3)
			return wrong_use(s->program, "one file name must follow", "-f");
		return run_script(s, argv[2]);
	}
	if (is_option(argv[1]))
		return wrong_use(s->program, "unknown option", argv[1]);
	if (script_is_bat(argv[1])) {
		host_catch_signals();
		return script_run_bat(s, argv[1], argc - 1, argv + 1);
	}
	s->one_shot = true;
	return session_argv(s, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	static struct session s; /* large, and there is one */
	const char *name = argc > 0 ? basename(argv[0]) : "ipsecsh";
	int status;

	if (argc < 1)
		return EXIT_WRONG_USE;
	s.program = str_caseeq(name, "netsh") || str_caseeq(name, "netsh.exe") ? "netsh" : "ipsecsh";
	s.state_dir = paths_state();
	s.changed = notify_changed;
	s.ask = notify_ask;
	host_session(&s);
	status = run(&s, argc, argv);
	if (session_fini(&s) && status == 0)
		status = 1;
	if (host_lost_output()) {
		fprintf(stderr, "%s: standard output: %s\n", s.program, strerror(host_lost_output()));
		status = status ? status : 1;
	}
	return status;
}
