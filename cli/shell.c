#include "cli/shell.h"

#include <fcntl.h>
#include <readline/history.h>
#include <readline/readline.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/complete.h"
#include "cli/host.h"
#include "cli/names.h"
#include "common/base/mem.h"
#include "common/base/secret.h"
#include "common/base/banned.h"

enum { HISTORY_LINES = 1000 };

/* ^C while a line is typed: the line is given up, a fresh prompt follows. */
static int on_readline_signal(void)
{
	if (host_signal()) {
		host_forget_signal();
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

/* --- completion: complete() decides, this does it ------------------------------------------------ */

static struct session *completing; /* readline hands nothing to the functions of keys */

/* The line from `start` to the cursor becomes `text`. */
static void replace(size_t start, const char *text)
{
	size_t n = strlen(text);
	char *copy = xstrndup(text, n);
	bool doubled = n > 0 && text[n - 1] == ' ' && rl_line_buffer[rl_point] == ' ';

	if (doubled)
		copy[n - 1] = '\0'; /* the blank that follows will do */
	rl_begin_undo_group();
	rl_delete_text((int)start, rl_point);
	rl_point = (int)start;
	rl_insert_text(copy);
	rl_point += doubled;
	rl_end_undo_group();
	free(copy);
}

static void list(const struct completion *c)
{
	struct buf b = {0};
	int rows = 0, width = 0;

	rl_get_screen_size(&rows, &width);
	completion_print(c, width > 1 ? (size_t)width - 1 : 79, &b);
	rl_crlf();
	fflush(rl_outstream);
	completing->out(completing->io_ctx, buf_text(&b), b.len);
	rl_on_new_line();
	buf_free(&b);
}

/* The TAB key: as much as is certain; where that is nothing, pressed again, the choices. */
static int on_tab(int count, int key)
{
	const struct complete_names names = {
		.list = names_list, .ctx = completing, .dialect = session_dialect(completing)};
	const char *show_all = rl_variable_value("show-all-if-ambiguous"), *common;
	bool at_once = show_all && strcmp(show_all, "on") == 0;
	struct arena a = {0};
	struct completion c;

	(void)count;
	(void)key;
	complete(completing->context, rl_line_buffer, (size_t)rl_point, &names, &a, &c);
	common = completion_common(&c, arena_strndup(&a, rl_line_buffer + c.start, (size_t)rl_point - c.start), &a);
	if (common)
		replace(c.start, common);
	else if (c.n > 1 && (at_once || rl_last_func == on_tab))
		list(&c);
	else
		rl_ding();
	arena_free(&a);
	return 0;
}

static void set_up_keys(struct session *s)
{
	completing = s;
	rl_readline_name = "ipsecsh";
	rl_catch_signals = 0;
	rl_signal_event_hook = on_readline_signal;
	rl_inhibit_completion = 1;
	/* What is pasted is text: a TAB or a line end in it does nothing by itself. */
	rl_variable_bind("enable-bracketed-paste", "on");
	rl_initialize(); /* reads the user's bindings; after them comes ours */
	rl_bind_key('\t', on_tab);
}

/* --- lines -------------------------------------------------------------------------------------- */

static void run_one(struct session *s, const char *text)
{
	bool blank = text[strspn(text, " \t")] == '\0';

	s->secret = false;
	session_line(s, text, strlen(text));
	if (!blank && !s->secret && !shell_line_is_secret(text))
		add_history(text);
}

/* What was pasted comes as one text of several lines. It is cut up in place. */
static void run_lines(struct session *s, char *text)
{
	while (!s->leave && !host_signal()) {
		size_t n = strcspn(text, "\r\n");
		bool last = text[n] == '\0';
		text[n] = '\0';
		run_one(s, text);
		if (last)
			break;
		text += n + 1;
	}
}

int shell_run(struct session *s)
{
	struct buf path = {0}, prompt = {0};
	char *text = NULL;

	host_catch_interrupt();
	set_up_keys(s);
	history_path(&path);
	history_load(buf_text(&path));
	while (!s->leave) {
		buf_clear(&prompt);
		shell_prompt(s, &prompt);
		text = readline(buf_text(&prompt));
		if (!text)
			break;
		size_t n = strlen(text);
		run_lines(s, text);
		secret_wipe(text, n);
		free(text);
		host_forget_signal();
	}
	if (!s->leave)
		s->out(s->io_ctx, "\n", 1); /* ^D leaves the cursor behind the prompt */
	history_save(buf_text(&path));
	buf_free(&path);
	buf_free(&prompt);
	return 0;
}
