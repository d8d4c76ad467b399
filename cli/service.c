#include "cli/service.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/base/banned.h"

/* Numbers of Windows that scripts test: net answers 2 to any failure, sc with the system error. */
enum { NET_FAILED = 2, SC_ALREADY_RUNNING = 1056, SC_NOT_ACTIVE = 1062, SC_FAILED = 1 };
#define SERVICE_TITLE "IPSEC Services"

/* The names under which Windows releases list it, short and displayed. */
static bool is_our_service(const char *word)
{
	static const char *const names[] = {"PolicyAgent", SERVICE_TITLE, "IPsec Policy Agent"};

	for (size_t i = 0; i < N_OF(names); i++)
		if (str_caseeq(word, names[i]))
			return true;
	return false;
}

static bool is_program(const char *word, const char *name)
{
	size_t n = strlen(name);

	return str_caseeq(word, name) ||
	    (strlen(word) == n + 4 && strncasecmp(word, name, n) == 0 && str_caseeq(word + n, ".exe"));
}

static bool parse_net(const struct words *w, struct service_call *out)
{
	bool start = w->n > 1 && str_caseeq(w->v[1].text, "start"), stop = w->n > 1 && str_caseeq(w->v[1].text, "stop");

	if (start && w->n == 2) {
		out->verb = SERVICE_LIST;
		return true;
	}
	if ((!start && !stop) || w->n < 3 || !is_our_service(w->v[2].text))
		return false;
	out->verb = start ? SERVICE_START : SERVICE_STOP;
	return true;
}

/* start= auto, as sc wants it, or start=auto. */
static bool parse_sc_config(const struct words *w, struct service_call *out)
{
	for (size_t i = 3; i < w->n; i++) {
		const char *word = w->v[i].text;
		if (strncasecmp(word, "start=", 6) != 0)
			continue;
		const char *mode = word[6] ? word + 6 : i + 1 < w->n ? w->v[i + 1].text : "";
		out->verb = str_caseeq(mode, "auto") || str_caseeq(mode, "delayed-auto") ? SERVICE_AUTO : SERVICE_OFF;
		return str_caseeq(mode, "demand") || str_caseeq(mode, "disabled") || out->verb == SERVICE_AUTO;
	}
	return false;
}

static bool parse_sc(const struct words *w, struct service_call *out)
{
	static const struct {
		const char *word;
		enum service_verb verb;
	} verbs[] = {{"start", SERVICE_START}, {"stop", SERVICE_STOP}, {"query", SERVICE_QUERY},
	    {"queryex", SERVICE_QUERY}};

	out->sc = true;
	if (w->n < 3 || !is_our_service(w->v[2].text))
		return false;
	for (size_t i = 0; i < N_OF(verbs); i++) {
		if (str_caseeq(w->v[1].text, verbs[i].word)) {
			out->verb = verbs[i].verb;
			return true;
		}
	}
	return str_caseeq(w->v[1].text, "config") && parse_sc_config(w, out);
}

bool service_parse(const struct words *w, struct service_call *out)
{
	*out = (struct service_call){0};
	if (w->n > 0 && is_program(w->v[0].text, "net"))
		return parse_net(w, out);
	return w->n > 0 && is_program(w->v[0].text, "sc") && parse_sc(w, out);
}

/* --- doing it ------------------------------------------------------------------------------------- */

static void say(struct session *s, const char *text)
{
	buf_adds(&s->text, text);
	session_flush_text(s);
}

static int failed(struct session *s, const struct service_call *c, const struct err *e)
{
	session_say(s, e->text);
	return c->sc ? SC_FAILED : NET_FAILED;
}

static void say_state(struct session *s, bool running)
{
	buf_printf(&s->text, "\nSERVICE_NAME: PolicyAgent\n        STATE              : %s\n\n",
	    running ? "4  RUNNING" : "1  STOPPED");
	session_flush_text(s);
}

static int say_already(struct session *s, const struct service_call *c, bool running)
{
	if (!c->sc) {
		say(s, running ? "The requested service has already been started.\n\n"
		               : "The " SERVICE_TITLE " service is not started.\n\n");
		return NET_FAILED;
	}
	say(s, running ? "[SC] 1056: the service is running already.\n\n" : "[SC] 1062: the service is not running.\n\n");
	return running ? SC_ALREADY_RUNNING : SC_NOT_ACTIVE;
}

static int turn(struct session *s, const struct service_call *c, const struct service_ops *ops, bool running)
{
	struct err e = {0};
	bool start = c->verb == SERVICE_START;

	if (running == start)
		return say_already(s, c, running);
	session_settle(s); /* what was written before comes into force before it ends, or with its start */
	if ((start ? ops->start(&e) : ops->stop(&e)) < 0)
		return failed(s, c, &e);
	if (c->sc)
		say_state(s, start);
	else
		say(s, start ? "The " SERVICE_TITLE " service was started successfully.\n\n"
		             : "The " SERVICE_TITLE " service was stopped successfully.\n\n");
	return 0;
}

int service_run(struct session *s, const struct service_call *c, const struct service_ops *ops)
{
	struct err e = {0};
	bool running = false;

	if (c->verb == SERVICE_AUTO || c->verb == SERVICE_OFF) {
		if (ops->at_boot(c->verb == SERVICE_AUTO, &e) < 0)
			return failed(s, c, &e);
		say(s, "[SC] ChangeServiceConfig SUCCESS\n");
		return 0;
	}
	if (ops->running(&running, &e) < 0)
		return failed(s, c, &e);
	switch (c->verb) {
	case SERVICE_QUERY:
		say_state(s, running);
		return 0;
	case SERVICE_LIST:
		say(s, running ? "These services are started:\n\n   " SERVICE_TITLE "\n\n" : "No services are started.\n\n");
		return 0;
	default:
		return turn(s, c, ops, running);
	}
}
