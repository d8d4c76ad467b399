#include "cli/host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/progress.h"
#include "common/base/banned.h"

/* --- output ------------------------------------------------------------------------------------- */

/* 0, or the errno that ended the writing. */
static int write_all(int fd, const char *text, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, text, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return errno;
		text += w;
		n -= (size_t)w;
	}
	return 0;
}

/* --- progress, on a terminal -------------------------------------------------------------------- */

static struct {
	struct progress when;
	bool shown;
	bool inside_line; /* standard output waits in the middle of a line: a question */
	char file[PATH_MAX];
	size_t total; /* lines of that file */
} progress;

static void hide_progress(void)
{
	static const char clear[] = "\r\033[K";

	if (progress.shown)
		write_all(STDERR_FILENO, clear, sizeof clear - 1);
	progress.shown = false;
}

/* 0 for what is no plain file. */
static size_t count_lines(const char *path)
{
	static char chunk[64 * 1024];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat sb;
	size_t lines = 0;
	ssize_t n;
	char last = '\n';

	if (fd >= 0 && fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode)) {
		while ((n = read(fd, chunk, sizeof chunk)) > 0) {
			for (const char *at = chunk; (at = memchr(at, '\n', (size_t)(chunk + n - at))); at++)
				lines++;
			last = chunk[n - 1];
		}
		lines += last != '\n';
	}
	if (fd >= 0)
		close(fd);
	return lines;
}

static void show_progress(const char *file, size_t number)
{
	struct buf b = {0};

	if (strcmp(file, progress.file) != 0) {
		snprintf(progress.file, sizeof progress.file, "%s", file);
		progress.total = count_lines(file);
	}
	hide_progress();
	progress_text(file, number, progress.total, &b);
	write_all(STDERR_FILENO, b.data, b.len);
	buf_free(&b);
	progress.shown = true;
}

static void at_line(const char *file, size_t number)
{
	struct timespec t;

	if (!file) {
		hide_progress();
		progress.when = (struct progress){0};
		progress.file[0] = '\0';
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &t);
	if (progress_is_due(&progress.when, (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000) && !progress.inside_line)
		show_progress(file, number);
}

/* --- standard output and error ------------------------------------------------------------------ */

static int lost_output;

/* What nobody reads any more is dropped: a script does not stop because its reader did. */
static void to_stdout(void *ctx, const char *text, size_t n)
{
	int failed;

	(void)ctx;
	hide_progress();
	failed = write_all(STDOUT_FILENO, text, n);
	progress.inside_line = n > 0 && text[n - 1] != '\n';
	if (failed && failed != EPIPE)
		lost_output = failed;
}

int host_lost_output(void)
{
	return lost_output;
}

static void to_stderr(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	hide_progress();
	write_all(STDERR_FILENO, text, n);
}

/* --- names -------------------------------------------------------------------------------------- */

static bool from_sockaddr(const struct sockaddr *sa, struct ip *out)
{
	*out = (struct ip){.family = IP_NONE};
	if (sa->sa_family == AF_INET) {
		out->family = IP_V4;
		memcpy(out->b, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		out->family = IP_V6;
		memcpy(out->b, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
	}
	return out->family != IP_NONE;
}

static size_t resolve(const char *name, struct ip *out, size_t max)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list, *at;
	size_t n = 0;

	if (getaddrinfo(name, NULL, &hints, &list) != 0)
		return 0;
	for (at = list; at && n < max; at = at->ai_next) {
		struct ip ip;
		size_t seen = 0;
		if (!from_sockaddr(at->ai_addr, &ip))
			continue;
		while (seen < n && !ip_eq(&out[seen], &ip))
			seen++;
		if (seen == n)
			out[n++] = ip;
	}
	freeaddrinfo(list);
	return n;
}

static bool reverse(const struct ip *ip, char *name, size_t size)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	const struct sockaddr *sa = (const void *)&v4;
	socklen_t len = sizeof v4;

	memcpy(&v4.sin_addr, ip->b, 4);
	if (ip->family == IP_V6) {
		memcpy(&v6.sin6_addr, ip->b, 16);
		sa = (const void *)&v6;
		len = sizeof v6;
	}
	return getnameinfo(sa, len, name, (socklen_t)size, NULL, 0, NI_NAMEREQD) == 0;
}

/* --- questions ---------------------------------------------------------------------------------- */

/* No answer, and anything that does not begin with y, is a no. */
static bool confirm(const char *question)
{
	static const char ask[] = ". Continue? [y/N] ";
	char c = '\n', first = '\0';
	ssize_t n;

	hide_progress();
	write_all(STDERR_FILENO, question, strlen(question));
	write_all(STDERR_FILENO, ask, sizeof ask - 1);
	while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n')
		if (!first && c != ' ')
			first = c;
	if (n != 1)
		write_all(STDERR_FILENO, "\n", 1); /* ^C or ^D leaves the cursor behind the question */
	return n == 1 && (first == 'y' || first == 'Y');
}

void host_session(struct session *s)
{
	if (gethostname(s->host, sizeof s->host - 1) < 0)
		snprintf(s->host, sizeof s->host, "localhost");
	s->out = to_stdout;
	s->err = to_stderr;
	s->resolve = resolve;
	s->reverse = reverse;
	s->person = isatty(STDERR_FILENO);
	s->progress = s->person ? at_line : NULL;
	s->confirm = s->person && isatty(STDIN_FILENO) ? confirm : NULL;
	s->context = "";
}

/* --- signals ------------------------------------------------------------------------------------ */

static volatile sig_atomic_t caught;

static void on_signal(int signum)
{
	caught = signum;
}

int host_signal(void)
{
	return caught;
}

void host_forget_signal(void)
{
	caught = 0;
}

void host_catch_interrupt(void)
{
	struct sigaction sa = {.sa_handler = on_signal};

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
}

void host_catch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction sa = {.sa_handler = on_signal}; /* no SA_RESTART: reads shall end */

	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		sigaction(signals[i], &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
}
