/*
 * Commands that wait. Earlier commands are in force before; without a person at the terminal most
 * do not wait.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/bat/interp.h"
#include "common/base/banned.h"

enum { WAIT_SECONDS_MAX = 99999 }; /* timeout's own limit */

int do_pause(struct bat *b, const char *args)
{
	struct buf line = {0};

	(void)args;
	bat_settle(b);
	if (b->host->interactive) {
		bat_out(b, "Press Enter to continue . . . ");
		bat_read_line(b, &line);
	}
	buf_free(&line);
	return BAT_KEEP;
}

int do_timeout(struct bat *b, const char *args)
{
	struct words w = {0};
	unsigned long seconds = 0;

	words_split(&w, args, false);
	for (size_t i = 0; i < w.n; i++)
		if (*w.v[i] >= '0' && *w.v[i] <= '9')
			seconds = strtoul(w.v[i], NULL, 10);
	words_free(&w);
	bat_settle(b);
	if (b->host->interactive)
		bat_sleep(b, (unsigned)(seconds < WAIT_SECONDS_MAX ? seconds : WAIT_SECONDS_MAX) *
		                 1000);
	return 0;
}

/* `ping -n N host` is how scripts sleep N-1 seconds where nobody watches, so it always waits. */
int do_ping(struct bat *b, const char *args)
{
	struct words w = {0};
	unsigned long count = 4, timeout_ms = 0;

	words_split(&w, args, false);
	for (size_t i = 0; i + 1 < w.n; i++) {
		if (is_switch(w.v[i], "-n") || is_switch(w.v[i], "/n"))
			count = strtoul(w.v[++i], NULL, 10);
		else if (is_switch(w.v[i], "-w") || is_switch(w.v[i], "/w"))
			timeout_ms = strtoul(w.v[++i], NULL, 10);
	}
	words_free(&w);
	count = count > WAIT_SECONDS_MAX ? WAIT_SECONDS_MAX : count;
	timeout_ms = timeout_ms > WAIT_SECONDS_MAX ? WAIT_SECONDS_MAX : timeout_ms;
	/* `ping -n 1 -w 3000 1.1.1.1` waits for the answer that never comes. */
	unsigned long ms = count > 1 ? (count - 1) * 1000 : timeout_ms;
	bat_sleep(b, (unsigned)ms);
	return 0;
}

struct choice {
	char keys[128];
	const char *prompt;
	char preset; /* '\0': none */
	bool silent; /* /n: the list of keys is not shown */
};

static void choice_parse(struct choice *c, struct words *w)
{
	for (size_t i = 0; i < w->n; i++) {
		char *s = w->v[i], *value = s + 2 + (s[0] && s[1] && s[2] == ':');
		if (*s != '/' || !s[1]) {
			c->prompt = unquote(s);
			continue;
		}
		char letter = (char)(s[1] | 0x20);
		if (letter == 'n')
			c->silent = true;
		if (!strchr("cmdt", letter))
			continue;
		if (!*value && i + 1 < w->n)
			value = w->v[++i];
		unquote(value);
		if (letter == 'c')
			snprintf(c->keys, sizeof c->keys, "%s", value);
		else if (letter == 'm')
			c->prompt = value;
		else if (letter == 'd')
			c->preset = *value;
		else if (value[0] && value[1] == ',' && value[2]) /* the old form: /t:Y,10 */
			c->preset = value[0];
	}
}

static int choice_index(const struct choice *c, char key)
{
	for (size_t i = 0; key && c->keys[i]; i++)
		if ((c->keys[i] | 0x20) == (key | 0x20))
			return (int)i + 1;
	return 0;
}

/* The place of the key among the choices, from 1. 255 when the input ends and nothing is preset. */
int do_choice(struct bat *b, const char *args)
{
	struct choice c = {.keys = "YN", .prompt = ""};
	struct words w = {0};
	struct buf line = {0};
	int picked = 0;

	words_split(&w, args, false);
	choice_parse(&c, &w);
	bool ask = b->host->interactive || b->io.in->is_text;
	bat_settle(b);
	while (!picked && ask && !bat_stopped(b)) {
		if (b->host->interactive && !c.silent)
			bat_printf(b, "%s [%s]? ", c.prompt, c.keys);
		else if (b->host->interactive)
			bat_printf(b, "%s", c.prompt);
		buf_clear(&line);
		if (!bat_read_line(b, &line))
			break;
		picked = choice_index(&c, *skip_space(buf_text(&line)));
	}
	if (!picked)
		picked = choice_index(&c, c.preset);
	words_free(&w);
	buf_free(&line);
	return picked ? picked : 255;
}
