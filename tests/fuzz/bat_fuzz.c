// FOLDERS: bat base
/*
 * Reaches all of cli/bat: the input is a batch file, run against a telling host with a bound on
 * steps. Nothing is written (read_only). The first byte chooses a code page and whether a person is
 * at the terminal. Build: clang -fsanitize=fuzzer,address,undefined, dictionary
 * tests/fuzz/bat.dict, corpus tests/fuzz/corpus/bat.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/bat/bat.h"
#include "tests/unit/bat_host.h"
#include "common/base/banned.h"

enum { STEPS = 500 };

static char input_path[64], folder[] = "/tmp/bat-fuzz-XXXXXX";
static int home;

/* Scripts run in an empty folder: what is in the current one must not decide about speed. */
static void begin(void)
{
	home = open(".", O_RDONLY | O_DIRECTORY);
	if (home < 0 || !mkdtemp(folder))
		abort();
	snprintf(input_path, sizeof input_path, "%s.bat", folder);
}

static void forget(void)
{
	unlink(input_path);
	rmdir(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const codepages[] = {NULL, "936", "437", "utf-8"};
	struct fake f = {.steps = STEPS, .in = "y\nanswer\n"};
	struct bat_host host = fake_host(&f);
	struct err e = {0};
	char *argv[] = {input_path, (char[]){"one"}, (char[]){"two words"}};

	if (!*input_path) {
		begin();
		atexit(forget);
	}
	if (size < 1)
		return 0;
	FILE *to = fopen(input_path, "w");
	if (!to || fwrite(data + 1, 1, size - 1, to) != size - 1 || fclose(to) != 0)
		abort();
	host.codepage = codepages[data[0] & 3];
	host.interactive = data[0] >> 2 & 1;
	host.read_only = 1;
	if (chdir(folder) < 0)
		abort();
	int status = bat_run(&host, input_path, (int)N_OF(argv), argv, &e);
	if (fchdir(home) < 0)
		abort();
	if (status < -1 || status > 255 || (status == -1) != (e.kind != ERR_NONE))
		abort();
	buf_free(&f.text);
	return 0;
}
