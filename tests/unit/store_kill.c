/*
 * kill -9 at any moment: a writer acknowledges each command through a pipe once the store said it is
 * durable; after the kill every acknowledged command is there, whole, and the file is sound.
 */
#include "tests/unit/store_util.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <time.h>

#include "common/base/banned.h"

enum { ROUNDS = 25, FILTERS_EACH = 3, GROUP = 5 };

static char *dir;

/* Command i: a list of its own with three filters. */
static int command(struct store *st, uint32_t i, struct err *e)
{
	struct filterlist l;
	char name[16];
	int rc = 0;

	snprintf(name, sizeof name, "%u", i);
	l = a_list(name);
	if (store_cmd_begin(st, e) < 0)
		return -1;
	rc = store_filterlist_add(st, &l, e);
	for (uint32_t j = 0; j < FILTERS_EACH && rc == 0; j++) {
		struct filter f = a_filter(i * FILTERS_EACH + j);
		bool added;
		rc = store_filter_add(st, l.id, &f, &added, e);
	}
	return store_cmd_end(st, rc == 0, e) < 0 ? -1 : rc;
}

/* Writes until killed. Acknowledges numbers of commands that are durable. */
static void writer(int ack, uint32_t from, bool group)
{
	struct err e = {0};
	struct store *st = open_or_die(dir, STORE_RW);

	if (group)
		store_group_begin(st, &e);
	for (uint32_t i = from;; i++) {
		if (command(st, i, &e) < 0)
			break;
		if (group && i % GROUP != 0)
			continue;
		if ((group && store_group_flush(st, &e) < 0) || write(ack, &i, sizeof i) != sizeof i)
			break;
	}
	printf("# writer: %s\n", e.text);
	fflush(stdout);
	_exit(1);
}

static bool is_sound(void)
{
	sqlite3 *db;
	sqlite3_stmt *s = NULL;
	bool good = false;

	if (sqlite3_open(in_dir(dir, "policy.db"), &db) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW)
		good = strcmp((const char *)sqlite3_column_text(s, 0), "ok") == 0;
	sqlite3_finalize(s);
	sqlite3_close(db);
	return good;
}

/* Lists 1..n without a gap, each whole, n at least what was acknowledged. Returns n. */
static uint32_t check(uint32_t acknowledged)
{
	struct err err = {0};
	struct store *st = open_or_die(dir, STORE_READ_ONLY);
	struct policyset *ps = store_snapshot(st, &err);
	uint32_t top = 0;

	ok(ps != NULL);
	for (size_t i = 0; ps && i < ps->nfilterlists; i++) {
		uint64_t n = 0;
		is_int(ps->filterlists[i].nfilters, FILTERS_EACH);
		ok(str_to_u64(ps->filterlists[i].name, UINT32_MAX, &n));
		top = n > top ? (uint32_t)n : top;
	}
	ok(ps && top == ps->nfilterlists && top >= acknowledged);
	policyset_free(ps);
	store_close(st);
	return top;
}

/* One life of a writer. Returns the last number that it acknowledged. */
static uint32_t live_and_die(uint32_t from, bool group, unsigned life_ms)
{
	struct timespec life = {.tv_nsec = (long)life_ms * 1000000};
	uint32_t last = 0, got;
	int ack[2], status;

	ok(pipe(ack) == 0);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		close(ack[0]);
		writer(ack[1], from, group);
	}
	close(ack[1]);
	nanosleep(&life, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status));
	while (read(ack[0], &got, sizeof got) == sizeof got)
		last = got;
	close(ack[0]);
	return last;
}

static void killed_writers_keep_their_word(bool group)
{
	uint32_t top = 0, acknowledged = 0;
	unsigned random = 12345 + group;

	dir = dir_new();
	store_close(open_or_die(dir, STORE_RW));
	for (int i = 0; i < ROUNDS; i++) {
		random = random * 1103515245 + 12345;
		uint32_t last = live_and_die(top + 1, group, 3 + (random >> 16) % 60);
		acknowledged = last > acknowledged ? last : acknowledged;
		ok(is_sound());
		top = check(acknowledged);
	}
	ok(acknowledged > 0);
	dir_free(dir);
}

static void every_acknowledged_command_survives_kill_9(void)
{
	killed_writers_keep_their_word(false);
}

static void every_flushed_group_survives_kill_9(void)
{
	killed_writers_keep_their_word(true);
}

static const struct tap_case cases[] = {
	{"every_acknowledged_command_survives_kill_9", every_acknowledged_command_survives_kill_9},
	{"every_flushed_group_survives_kill_9", every_flushed_group_survives_kill_9},
};

TAP_MAIN(cases)
