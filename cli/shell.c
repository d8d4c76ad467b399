#include "cli/shell.h"

#include <fcntl.h>
#include <readline/history.h>
#include <readline/readline.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/secret.h"
#include "common/base/banned.h"

enum { HISTORY_LINES = 1000 };

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signum)
{
	(void)signum;
	interrupted = 1;
}

/* ^C while a line is typed: the line is given up, a fresh prompt follows. */
static int on_readline_signal(void)
{
	if (interrupted) {
		interrupted = 0;
		rl_crlf();
		rl_replace_line("", 0);
		rl_on_new_line();
		rl_redisplay();
	}
	return 0;
}

static void history_path(struct buf *out)
{
	const char *home = getenv("HOME");

	if (home && *home)
		buf_printf(out, "%s/.ipsecsh_history", home);
}

static void history_load(const char *path)
{
	using_history();
	stifle_history(HISTORY_LINES);
	if (*path)
		read_history(path);
}

static void history_save(const char *path)
{
	int fd = *path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;

	if (fd < 0)
		return; /* a home that cannot be written is no reason to fail */
	fchmod(fd, 0600);
	close(fd);
	write_history(path);
}

static void run_one(struct session *s, const char *text)
{
	bool blank = text[strspn(text, " \t")] == '\0';

	s->secret = false;
	session_line(s, text, strlen(text));
	if (!blank && !s->secret && !shell_line_is_secret(text))
		add_history(text);
}

int shell_run(struct session *s)
{
	struct sigaction sa = {.sa_handler = on_interrupt};
	struct buf path = {0}, prompt = {0};
	char *text = NULL;

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	rl_readline_name = "ipsecsh";
	rl_catch_signals = 0;
	rl_signal_event_hook = on_readline_signal;
	rl_inhibit_completion = 1;
	history_path(&path);
	history_load(buf_text(&path));
	while (!s->leave) {
		buf_clear(&prompt);
		shell_prompt(s, &prompt);
		text = readline(buf_text(&prompt));
		if (!text)
			break;
		run_one(s, text);
		secret_free(text);
		interrupted = 0;
	}
	if (!s->leave)
		s->out(s->io_ctx, "\n", 1); /* ^D leaves the cursor behind the prompt */
	history_save(buf_text(&path));
	buf_free(&path);
	buf_free(&prompt);
	return 0;
}
