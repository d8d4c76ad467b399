/* net and sc on our service: which lines are meant, and what they answer. */
#include "tests/unit/cli_util.h"

#include "cli/service.h"
#include "common/base/banned.h"

static const struct {
	const char *line;
	int verb; /* -1: not ours */
	bool sc;
} lines[] = {
	{"net start PolicyAgent", SERVICE_START, false},
	{"NET.EXE STOP policyagent", SERVICE_STOP, false},
	{"net stop \"IPSEC Services\" /y", SERVICE_STOP, false},
	{"net start \"IPsec Policy Agent\"", SERVICE_START, false},
	{"net start", SERVICE_LIST, false},
	{"net stop", -1, false},
	{"net stop RemoteRegistry", -1, false},
	{"net user administrator", -1, false},
	{"network start PolicyAgent", -1, false},
	{"sc start PolicyAgent", SERVICE_START, true},
	{"sc.exe stop POLICYAGENT", SERVICE_STOP, true},
	{"sc query policyagent", SERVICE_QUERY, true},
	{"sc config PolicyAgent start= auto", SERVICE_AUTO, true},
	{"sc config PolicyAgent start=AUTO", SERVICE_AUTO, true},
	{"sc config PolicyAgent start= disabled", SERVICE_OFF, true},
	{"sc config PolicyAgent start= demand", SERVICE_OFF, true},
	{"sc config PolicyAgent start= sometimes", -1, true},
	{"sc config PolicyAgent", -1, true},
	{"sc config SharedAccess start= disabled", -1, true},
	{"sc start", -1, true},
	{"", -1, false},
};

static void lines_about_the_service_are_known(void)
{
	for (size_t i = 0; i < N_OF(lines); i++) {
		struct arena a = {0};
		struct words w = {0};
		struct service_call c;
		struct err e = {0};
		is_int(words_from_line(lines[i].line, strlen(lines[i].line), &a, &w, &e), 0);
		bool ours = service_parse(&w, &c);
		if (ours != (lines[i].verb >= 0) || (ours && ((int)c.verb != lines[i].verb || c.sc != lines[i].sc)))
			printf("# %s\n", lines[i].line);
		is_int(ours ? (int)c.verb : -1, lines[i].verb);
		ok(!ours || c.sc == lines[i].sc);
		arena_free(&a);
	}
}

/* --- a service that is a variable --- */

static bool up, boot, broken;

static int fake_running(bool *yes, struct err *e)
{
	(void)e;
	*yes = up;
	return 0;
}

static int turn(bool to, struct err *e)
{
	if (broken)
		return err_set(e, SERVICE_FAILED, "it");
	up = to;
	return 0;
}

static int fake_start(struct err *e)
{
	return turn(true, e);
}

static int fake_stop(struct err *e)
{
	return turn(false, e);
}

static int fake_boot(bool yes, struct err *e)
{
	(void)e;
	boot = yes;
	return 0;
}

static const struct service_ops fake = {fake_running, fake_start, fake_stop, fake_boot};

static int level(struct session *s, enum service_verb verb, bool sc)
{
	buf_clear(&cli_out);
	return service_run(s, &(struct service_call){verb, sc}, &fake);
}

static void errorlevels_are_those_of_windows(void)
{
	struct session *s = cli_new();

	up = broken = false;
	is_int(level(s, SERVICE_STOP, false), 2);
	is_int(level(s, SERVICE_STOP, true), 1062);
	is_int(level(s, SERVICE_START, false), 0);
	ok(up && strstr(buf_text(&cli_out), "started successfully"));
	is_int(level(s, SERVICE_START, false), 2);
	is_int(level(s, SERVICE_START, true), 1056);
	is_int(level(s, SERVICE_QUERY, true), 0);
	ok(strstr(buf_text(&cli_out), "STATE              : 4  RUNNING") != NULL);
	is_int(level(s, SERVICE_LIST, false), 0);
	ok(strstr(buf_text(&cli_out), "   IPSEC Services\n") != NULL);
	is_int(level(s, SERVICE_STOP, true), 0);
	ok(!up && strstr(buf_text(&cli_out), "1  STOPPED"));
	is_int(level(s, SERVICE_AUTO, true), 0);
	ok(boot);
	is_int(level(s, SERVICE_OFF, true), 0);
	ok(!boot);
	broken = true;
	is_int(level(s, SERVICE_START, false), 2);
	is_int(level(s, SERVICE_START, true), 1);
	cli_free(s);
}

static const struct tap_case cases[] = {
	{"lines about the service are known", lines_about_the_service_are_known},
	{"errorlevels are those of Windows", errorlevels_are_those_of_windows},
};
TAP_MAIN(cases)
