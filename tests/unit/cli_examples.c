/*
 * Every command's example, run: it must succeed on a host where what it names is there. An example that shows
 * how not to do it is worse than none.
 */
#include "tests/unit/cli_enforcer.h"

#include <fcntl.h>

#include "common/base/banned.h"

/* What must be there first, as lines from the top. The last row that begins the path's words counts. */
static const struct {
	const char *path, *lines;
} needs[] = {
	{"", ""},
	{"exec", "!file policies.txt"},
	{"unalias", "alias lists static show filterlist all"},
	{"static", "static add policy Policy1\nstatic add filter FilterList1 me 192.0.2.0 dstmask=24\n"
	           "static add filteraction Action1\nstatic add rule Rule1 Policy1 FilterList1 Action1"},
	{"static add", ""},
	{"static add rule", "static add policy Policy1\nstatic add filter FilterList1 me any\nstatic add filteraction Action1"},
	{"static delete filteraction", "static add filteraction Action1"},
	{"static delete filterlist", "static add filterlist FilterList1"},
	{"static delete filter", "static add filter FilterList1 me 192.0.2.0"},
	{"static importpolicy", "static add policy P\nstatic exportpolicy policy1.ipsec"},
	{"dynamic", "dynamic add mmpolicy MM1\ndynamic add qmpolicy QM1\n"
	            "dynamic add rule me 192.0.2.7 MM1 QM1 TCP dstport=80 mirrored=yes\n"
	            "dynamic add rule any me MM1 QM1 TCP dstport=23 mirrored=yes"},
	{"dynamic add", ""},
	{"dynamic add rule", "dynamic add mmpolicy MM1\ndynamic add qmpolicy QM1"},
	{"dynamic delete mmpolicy", "dynamic add mmpolicy MM1"},
	{"dynamic delete qmpolicy", "dynamic add qmpolicy QM1"},
};

/* Nothing is negotiated before there is an IKE daemon: the right answer is that there is none. */
static bool has_none(const char *path)
{
	return strcmp(path, "dynamic show mmsas") == 0 || strcmp(path, "dynamic show qmsas") == 0;
}

static const char *lines_for(const char *path)
{
	const char *found = "";

	for (size_t i = 0; i < N_OF(needs); i++) {
		size_t n = strlen(needs[i].path);
		if (strncmp(path, needs[i].path, n) == 0 && (n == 0 || path[n] == ' ' || !path[n]))
			found = needs[i].lines;
	}
	return found;
}

static void prepare(struct session *s, const char *lines)
{
	while (*lines) {
		size_t n = strcspn(lines, "\n");
		char *line = xstrndup(lines, n);
		if (strncmp(line, "!file ", 6) == 0)
			close(open(line + 6, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
		else
			does(s, line);
		free(line);
		lines += n + (lines[n] == '\n');
	}
}

static void run_example(const struct cmd *cmd)
{
	struct session *s = connected();
	struct err e = {0};
	const char *parent = s->state_dir;
	char *folder = xstrndup(parent, (size_t)(strrchr(parent, '/') - parent));
	int status;

	is_int(chdir(folder), 0); /* files that examples name */
	s->context = "";
	ok(session_store(s, STORE_RW, &e) != NULL);
	prepare(s, lines_for(cmd->path));
	s->context = path_context(cmd->path);
	buf_clear(&cli_out);
	status = session_line(s, cmd->example, strlen(cmd->example));
	is_int(status, has_none(cmd->path));
	ok(has_none(cmd->path) == (strstr(buf_text(&cli_out), "ERR ") != NULL));
	if (tap_failed)
		printf("# %s: '%s' says: %s\n", cmd->path, cmd->example, buf_text(&cli_out));
	is_int(chdir("/"), 0);
	free(folder);
	disconnect(s);
}

static void every_example_succeeds(void)
{
	size_t n = 0;

	for (; cmd_table[n] && !tap_failed; n++)
		run_example(cmd_table[n]);
	ok(n > 70);
}

/* "?" behind each beginning of each example, and behind all of it, prints help and changes nothing. */
static void help_comes_behind_any_beginning(void)
{
	struct session *s = connected();

	s->context = "";
	for (size_t i = 0; cmd_table[i] && !tap_failed; i++) {
		char *line = xstrdup(cmd_table[i]->path);
		struct buf b = {0};
		for (size_t n = 0; n <= strlen(line); n++) {
			if (line[n] != ' ' && line[n])
				continue;
			buf_clear(&b);
			buf_add(&b, line, n);
			buf_adds(&b, " ?");
			ok(strstr(says(s, buf_text(&b)), "Usage:") || strstr(buf_text(&cli_out), "commands are available"));
		}
		buf_clear(&b);
		buf_printf(&b, "%s %s ?", path_context(cmd_table[i]->path), cmd_table[i]->example);
		if (cmd_table[i]->ntags)
			ok(strstr(says(s, buf_text(&b)), "\nParameters:\n"));
		if (tap_failed)
			printf("# %s says: %s\n", buf_text(&b), buf_text(&cli_out));
		buf_free(&b);
		free(line);
	}
	ok(s->store == NULL || !s->writable);
	disconnect(s);
}

static const struct tap_case cases[] = {
	{"every example succeeds", every_example_succeeds},
	{"help comes behind any beginning of a command", help_comes_behind_any_beginning},
};
TAP_MAIN(cases)
