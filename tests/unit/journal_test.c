/* common/base: the journal's native protocol, and events with and without a journal. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/journal.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static void fields_are_written_as_the_protocol_says(void)
{
	static const char lengthy[] = "TEXT\n\7\0\0\0\0\0\0\0one\ntwo\n";
	struct buf b = {0};

	journal_put(&b, "MESSAGE", "a = b");
	is_str(buf_text(&b), "MESSAGE=a = b\n");
	buf_clear(&b);
	journal_put(&b, "EMPTY", "");
	is_str(buf_text(&b), "EMPTY=\n");
	buf_clear(&b);
	journal_put(&b, "TEXT", "one\ntwo");
	is_int(b.len, sizeof lengthy - 1);
	ok(memcmp(b.data, lengthy, sizeof lengthy - 1) == 0);
	buf_free(&b);
}

/* `n` bytes of `unit` again and again. */
static char *repeated(const char *unit, size_t n)
{
	char *s = xcalloc(n + 1, 1);

	for (size_t i = 0; i < n; i++)
		s[i] = unit[i % strlen(unit)];
	return s;
}

static void long_values_are_cut_between_characters(void)
{
	static const struct {
		const char *unit;
		size_t n, kept;
	} rows[] = {
		{"x", JOURNAL_VALUE_MAX, JOURNAL_VALUE_MAX},
		{"x", JOURNAL_VALUE_MAX + 1, JOURNAL_VALUE_MAX},
		{"\xE2\x82\xAC", 3000, JOURNAL_VALUE_MAX / 3 * 3}, /* the euro sign */
		{"\x80", 3000, 0},                                 /* no UTF-8 at all */
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		char *value = repeated(rows[i].unit, rows[i].n);
		struct buf b = {0};
		journal_put(&b, "V", value);
		is_int(b.len, rows[i].kept + 3);
		buf_free(&b);
		free(value);
	}
}

static void the_stream_tells_whether_it_is_the_journal(void)
{
	char stream[64];
	struct stat st;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	is_int(fstat(fd, &st), 0);
	snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	ok(journal_is(fd, stream));
	ok(!journal_is(fd, "1:2"));
	ok(!journal_is(fd, "nonsense"));
	ok(!journal_is(fd, NULL));
	close(fd);
	ok(journal_is(fd, NULL)); /* closed: nobody else can be told */
}

/* --- a journal in a folder of ours ---------------------------------------------------------------- */

static char dir[] = "/tmp/ipsecsh-journal.XXXXXX", path[sizeof dir + 8];

static int play_journal(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	unlink(path);
	is_int(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

static const struct log_field fields[] = {{"IPSECSH_RULE", "say \"hi\" \\ it's\tme"}, {"IPSECSH_POLICY", NULL},
	{"IPSECSH_SOURCE_PORT", "23"}};

static void an_event_is_one_datagram(void)
{
	static const char want[] = "MESSAGE=dropped\nMESSAGE_ID=0123\nPRIORITY=6\nSYSLOG_IDENTIFIER=tester\n"
				   "IPSECSH_RULE=say \"hi\" \\ it's\tme\nIPSECSH_SOURCE_PORT=23\n";
	int fd = play_journal();
	char got[1024];

	log_open("tester", LOG_L_INFO);
	log_journal(path, true);
	log_event(LOG_L_INFO, "0123", "dropped", fields, N_OF(fields));
	is_int(recv(fd, got, sizeof got, 0), sizeof want - 1);
	ok(memcmp(got, want, sizeof want - 1) == 0);
	log_event(LOG_L_DEBUG, "0123", "not of interest", fields, N_OF(fields));
	is_int(recv(fd, got, sizeof got, 0), -1);
	close(fd);
}

static void a_journal_that_does_not_read_is_not_waited_for(void)
{
	int fd = play_journal();
	uint64_t kept = 0, lost = 0;
	char got[8192], *text = repeated("x", JOURNAL_VALUE_MAX);

	log_journal(path, true);
	log_lost();
	for (int i = 0; i < 5000; i++) /* would take for ever if it waited */
		log_event(LOG_L_INFO, "0123", text, fields, N_OF(fields));
	lost = log_lost();
	ok(lost > 0);
	while (recv(fd, got, sizeof got, 0) > 0)
		kept++;
	is_int(kept + lost, 5000);
	is_int(log_lost(), 0);
	log_event(LOG_L_INFO, "0123", "it reads again", fields, N_OF(fields));
	ok(recv(fd, got, sizeof got, 0) > 0);
	close(fd);
	log_event(LOG_L_INFO, "0123", "it is gone", fields, N_OF(fields));
	is_int(log_lost(), 1);
	free(text);
}

/* Runs `write` with standard error in a file; what it wrote, freed by the caller. */
static char *on_stderr(void (*write_it)(void))
{
	char *text = xcalloc(4096, 1);
	int old = dup(STDERR_FILENO), fd;

	snprintf(path, sizeof path, "%s/text", dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	fflush(stderr);
	dup2(fd, STDERR_FILENO);
	write_it();
	fflush(stderr);
	dup2(old, STDERR_FILENO);
	if (pread(fd, text, 4095, 0) < 0)
		text[0] = '\0';
	close(fd);
	close(old);
	unlink(path);
	return text;
}

static void write_event(void)
{
	log_event(LOG_L_NOTICE, "0123", "a\nb", fields, N_OF(fields));
}

static void without_a_journal_an_event_is_one_line(void)
{
	log_journal("/nonexistent/socket", true);
	char *got = on_stderr(write_event);
	is_str(got, "<5>a?b rule=\"say \\\"hi\\\" \\\\ it's?me\" source_port=\"23\"\n");
	free(got);
}

static const struct tap_case cases[] = {
	{"fields are written as the protocol says", fields_are_written_as_the_protocol_says},
	{"long values are cut between characters", long_values_are_cut_between_characters},
	{"$JOURNAL_STREAM tells whether standard error is the journal", the_stream_tells_whether_it_is_the_journal},
	{"an event is one datagram", an_event_is_one_datagram},
	{"a journal that does not read is not waited for", a_journal_that_does_not_read_is_not_waited_for},
	{"without a journal an event is one line", without_a_journal_an_event_is_one_line},
};

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof path, "%s/socket", dir);
	int rc = tap_run(cases, N_OF(cases));
	snprintf(path, sizeof path, "%s/socket", dir);
	unlink(path);
	rmdir(dir);
	return rc;
}
