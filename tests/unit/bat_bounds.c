/* Hostile and large batch files: every one ends, in bounded memory and stack, with an answer. */
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cli/bat/interp.h"
#include "tests/unit/bat_host.h"
#include "tests/unit/tap.h"
#include "common/base/banned.h"

static struct fake fake;

static int run_bytes(const char *bytes, size_t n, unsigned long steps)
{
	char path[] = "/tmp/bat-bounds-XXXXXX.bat";
	char *argv[] = {path};
	struct err e = {0};

	buf_free(&fake.text);
	fake = (struct fake){.steps = steps};
	struct bat_host host = fake_host(&fake);
	int fd = mkstemps(path, 4);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	ok(f && fwrite(bytes, 1, n, f) == n);
	if (f)
		fclose(f);
	int status = bat_run(&host, path, 1, argv, &e);
	unlink(path);
	return status;
}

static int run(const char *text, unsigned long steps)
{
	return run_bytes(text, strlen(text), steps);
}

static char *repeat(const char *head, const char *piece, size_t n, const char *tail)
{
	struct buf b = {0};

	buf_adds(&b, head);
	for (size_t i = 0; i < n; i++)
		buf_adds(&b, piece);
	buf_adds(&b, tail);
	return buf_take(&b);
}

static void is_run(char *text, unsigned long steps, int status, const char *holds)
{
	int got = run(text, steps);
	if (got != status || !strstr(buf_text(&fake.text), holds)) {
		tap_fail(__FILE__, __LINE__, holds);
		printf("#   got %d, want %d: %.60s\n#   %.200s\n", got, status, text,
		       buf_text(&fake.text));
	}
	free(text);
}

static void nested_parentheses(void)
{
	is_run(repeat("@", "(", 10000, "echo x"), 0, 255, "levels of parentheses");
	is_run(repeat("@", "(\n", 10000, "echo x"), 0, 255, "levels of parentheses");
	is_run(repeat("@", "if 1==1 ", 100000, "echo x"), 0, 255, "levels of parentheses");
	is_run(repeat("@echo off\n(if 2==1 (x)", " else if 2==1 (x)", 300, " else echo end)\n"), 0,
	       0, "end");
	is_run(repeat("@set /a x=", "(", 100000, ""), 0, 1073750987 & 0xFF,
	       "parentheses do not match");
	is_run(repeat("@set /a x=", "-", 100000, "1"), 0, 1073750987 & 0xFF,
	       "parentheses do not match");
}

static void long_lines(void)
{
	is_run(repeat("@echo ", "x", 1000000, ""), 0, 0, "xxxx");
	is_run(repeat("@echo ", "x", 3000000, "\n@echo never"), 0, 255, "line is too long");
	is_run(repeat("@echo a", "&echo b", 100000, ""), 0, 0, "b\nb\n");
	is_run(repeat("@netsh FAIL", "||netsh FAIL", 50000, ""), 0, 1, "FAIL");
	is_run(repeat("@echo a", "|more", 20000, ""), 0, 0, "a");
	is_run(repeat("@echo ", " ^\n", 100000, "end"), 0, 0, "end");
	is_run(repeat("@echo x", ">nul", 100000, ""), 0, 0, "");
}

static void endless_loops_stop(void)
{
	is_run(xstrdup(":a\n@goto a"), 10000, 1, "");
	is_run(xstrdup("@for /l %%i in (1,0,2) do @set x=%%i"), 10000, 1, "");
	is_run(xstrdup("@for /l %%i in (1,1,2147483647) do @rem"), 10000, 1, "");
	is_run(xstrdup("@%0"), 2000, 1, "");
}

static void endless_calls_stop(void)
{
	is_run(xstrdup("@call %0"), 0, 255, "too deeply");
	is_run(xstrdup(":a\n@call :a"), 0, 255, "too deeply");
	is_run(xstrdup(":a\n@setlocal & call :a"), 0, 255, "too deeply");
	is_run(xstrdup("@call call call call call %0 & call %0"), 0, 255, "too deeply");
	is_run(xstrdup("@for /f %%i in ('%0') do @rem"), 0, 255, "too deeply");
	is_run(xstrdup("@cmd /c %0"), 0, 255, "too deeply");
	is_run(repeat(":a\n@", "if 1==1 ", 390, "call :a"), 0, 255, "too deeply");
	is_run(repeat("@", "cmd /c ", 100000, "echo x"), 0, 255, "too deeply");
	is_run(repeat("@", "call ", 100000, "echo x"), 0, 255, "too deeply");
	is_run(repeat("@call %0 ", "argument ", 100000, ""), 0, 255, "too deeply");
	is_run(repeat("@call %0\n", "rem a file of ten megabytes\n", 400000, ""), 0, 255,
	       "too deeply");
}

static void variables_stay_bounded(void)
{
	is_run(xstrdup("@set x=12345678\n:a\n@set x=%x%%x%\n@goto a"), 1000, 1, "cannot be set");
	is_run(xstrdup("@for /l %%i in (1,1,20000) do @set v%%i=x"), 0, 1, "cannot be set");
	is_run(xstrdup(":a\n@setlocal\n@goto a"), 5000, 1, "too many setlocal");
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	ok(u.ru_maxrss < 1024 * 1024); /* KiB; sanitizers included */
}

static void strange_bytes(void)
{
	static const char nul[] = "@echo a\0b\r\n@netsh \0\0x\r\n";
	static const char controls[] = "@echo \x01\x02\x7f\x1b[31m\n@set \x01=2\n@echo %\x01%\n";

	is_int(run_bytes(nul, sizeof nul - 1, 0), 0);
	ok(strstr(buf_text(&fake.text), "ab\nRUN netsh x\n") != NULL);
	is_int(run_bytes(controls, sizeof controls - 1, 0), 0);
	is_int(run("%~%%~1%~f9%~dp%%%%%*%0:~1,2%", 0), BAT_NOT_FOUND & 0xFF);
}

static void file_that_is_not_there(void)
{
	struct bat_host host = fake_host(&fake);
	struct err e = {0};
	char *argv[] = {(char[]){"/nosuch/file.bat"}};

	is_int(bat_run(&host, argv[0], 1, argv, &e), -1);
	is_int(e.id, FILE_OPEN);
}

static void exit_statuses(void)
{
	is_int(run("@exit 256", 0), 1);
	is_int(run("@exit -1", 0), 255);
	is_int(run("@exit /b 3", 0), 3);
	is_int(run("@nosuchprogram", 0), BAT_NOT_FOUND & 0xFF);
}

/* What waits or ends must find the earlier commands in force; the end of the run settles once more. */
static void waiting_settles(void)
{
	static const char *const waits[] = {"pause", "timeout 1", "choice", "ping -n 2 x", "exit /b",
	                                    "exit 1", "set /p x="};

	for (size_t i = 0; i < N_OF(waits); i++) {
		struct buf text = {0};
		buf_printf(&text, "@netsh x\n@%s", waits[i]);
		run(text.data, 0);
		if (fake.settled < 2)
			tap_fail(__FILE__, __LINE__, waits[i]);
		buf_free(&text);
	}
	run("@netsh x\n@set x=1", 0);
	is_int(fake.settled, 1);
}

static void missing_programs(void)
{
	char path[] = "/tmp/bat-missing-XXXXXX.bat";
	static const char text[] = "@reg add x\n@reg add y\n@netsh after";
	char *argv[] = {path};
	int fd = mkstemps(path, 4);
	ok(fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1);
	close(fd);
	for (int how = BAT_MISSING_SAY; how <= BAT_MISSING_FATAL; how++) {
		struct err e = {0};
		buf_free(&fake.text);
		fake = (struct fake){0};
		struct bat_host host = fake_host(&fake);
		host.missing = (enum bat_missing)how;
		is_int(bat_run(&host, path, 1, argv, &e),
		       how == BAT_MISSING_FATAL ? BAT_NOT_FOUND & 0xFF : 0);
		const char *said = strstr(buf_text(&fake.text), "'reg'");
		ok((said != NULL) == (how != BAT_MISSING_SILENT));
		ok(!said || !strstr(said + 1, "'reg'"));
		ok((strstr(buf_text(&fake.text), "after") != NULL) == (how != BAT_MISSING_FATAL));
	}
	unlink(path);
}

static void read_only_changes_nothing(void)
{
	char dir[] = "/tmp/bat-ro-XXXXXX";
	struct bat_host host = fake_host(&fake);
	struct err e = {0};

	ok(mkdtemp(dir) && chdir(dir) == 0);
	host.read_only = 1;
	FILE *f = fopen("t.bat", "w");
	ok(f &&
	   fputs("@echo x > new.txt\n@del t.bat\n@md d\n@copy t.bat c.bat\n@move t.bat m.bat\n",
	         f) >= 0);
	if (f)
		fclose(f);
	is_int(bat_run(&host, "t.bat", 0, NULL, &e), 0);
	is_int(access("t.bat", F_OK), 0);
	ok(access("new.txt", F_OK) && access("d", F_OK) && access("c.bat", F_OK) &&
	   access("m.bat", F_OK));
	unlink("t.bat");
	ok(chdir("/") == 0 && rmdir(dir) == 0);
}

/*
 * 100,000 plain lines: the bound is generous, for sanitizers and busy machines; `make bench` has
 * the figure.
 */
static void many_lines(void)
{
	struct timespec from, to;
	char *text =
	    repeat("", "@netsh ipsec static add filter filterlist=\"%X%\" srcaddr=10.1.2.3\r\n",
	           100000, "");

	clock_gettime(CLOCK_MONOTONIC, &from);
	is_int(run(text, 0), 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ok(to.tv_sec - from.tv_sec < 10);
	free(text);
}

static void done(void)
{
	buf_free(&fake.text);
	ok(fake.text.len == 0);
}

static const struct tap_case cases[] = {
	{"nested_parentheses", nested_parentheses},
	{"long_lines", long_lines},
	{"endless_loops_stop", endless_loops_stop},
	{"endless_calls_stop", endless_calls_stop},
	{"variables_stay_bounded", variables_stay_bounded},
	{"strange_bytes", strange_bytes},
	{"file_that_is_not_there", file_that_is_not_there},
	{"exit_statuses", exit_statuses},
	{"waiting_settles", waiting_settles},
	{"missing_programs", missing_programs},
	{"read_only_changes_nothing", read_only_changes_nothing},
	{"many_lines", many_lines},
	{"done", done},
};
TAP_MAIN(cases)
