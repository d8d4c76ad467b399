#!/usr/bin/env bats
# The tools that judge must be able to say no.

load helpers

setup() {
	cd "$ROOT" || return
	unset CI
}

# producer TEXT [STATUS]: makes a program that prints that TAP.
producer() {
	N=$((${N:-0} + 1))
	printf '#!/bin/sh\ncat <<END\n%s\nEND\nexit %s\n' "$1" "${2:-0}" >"$BATS_TEST_TMPDIR/p$N"
	chmod +x "$BATS_TEST_TMPDIR/p$N"
	LIST+="p$N 5 $BATS_TEST_TMPDIR/p$N"$'\n'
}
run_list() { run tools/run-tests "$BATS_TEST_TMPDIR/log" <<<"$LIST"; }
last_line() { echo "${lines[${#lines[@]} - 1]}"; }

@test "run-tests adds up, and a skip is no failure outside CI" {
	producer $'1..2\nok 1 - a\nok 2 - b # SKIP why not'
	producer $'1..1\nok 1 - c'
	run_list
	[ "$status" -eq 0 ]
	is "$(last_line)" "2 passed, 0 failed, 1 skipped"
	CI=true run_list
	[ "$status" -eq 1 ]
}

@test "run-tests shows a failing test with what it said" {
	producer $'1..2\nok 1 - a\nnot ok 2 - b\n# the cause' 1
	run_list
	[ "$status" -eq 1 ]
	[[ $output == *"not ok 2 - b"*"the cause"* ]]
	is "$(last_line)" "1 passed, 1 failed, 0 skipped"
}

@test "run-tests fails what stops early, has no plan, or fails without a word" {
	producer $'1..3\nok 1 - a'
	producer $'ok 1 - a'
	producer $'1..1\nok 1 - a' 3
	producer '' 0
	run_list
	[ "$status" -eq 1 ]
	is "$(last_line)" "3 passed, 4 failed, 0 skipped"
}

@test "run-tests fails what does not end, and an empty list" {
	LIST="slow 1 sleep 20"
	run_list
	[ "$status" -eq 1 ]
	is "$(last_line)" "0 passed, 1 failed, 0 skipped"
	LIST=
	run_list
	[ "$status" -eq 1 ]
	is "$(last_line)" "0 passed, 1 failed, 0 skipped"
}

# edge FILE INCLUDE: the verdict of check-deps on a file of that path with that include.
edge() {
	mkdir -p "$BATS_TEST_TMPDIR/tree/tools" "$BATS_TEST_TMPDIR/tree/$(dirname "$1")"
	cp tools/check-deps "$BATS_TEST_TMPDIR/tree/tools/"
	echo "#include $2" >"$BATS_TEST_TMPDIR/tree/$1"
	"$BATS_TEST_TMPDIR/tree/tools/check-deps" "$1"
}

@test "check-deps allows the edges of the architecture" {
	edge cli/x.c '"store/store.h"'
	edge cli/x.c '"enforcer/compile/explain.h"'
	edge cli/shell.c '<readline/readline.h>'
	edge enforcer/kernel/x.c '"enforcer/diff/ops.h"'
	edge enforcer/kernel/x.c '<linux/xfrm.h>'
	edge enforcer/facts/facts_linux.c '<linux/rtnetlink.h>'
	edge store/x.c '<sqlite3.h>'
	edge common/model/x.c '"common/base/ip.h"'
}

@test "check-deps refuses every other one" {
	for pair in 'cli/x.c "enforcer/diff/ops.h"' 'enforcer/compile/x.c "store/store.h"' 'common/base/x.c "common/model/model.h"' \
		'store/x.c "cli/tag.h"' 'cli/bat/x.c "cli/tag.h"' 'enforcer/kernel/x.c "enforcer/compile/compile.h"' \
		'cli/x.c <sqlite3.h>' 'cli/main.c <readline/readline.h>' 'enforcer/daemon/loop.c <libmnl/libmnl.h>' \
		'store/x.c <openssl/evp.h>' 'enforcer/compile/x.c <time.h>' 'enforcer/diff/x.c <sys/socket.h>' 'cli/x.c "tag.h"' \
		'enforcer/daemon/x.c "store/internal.h"'; do
		run edge "${pair%% *}" "${pair#* }"
		[ "$status" -eq 1 ] || { echo "$pair was allowed"; return 1; }
		[[ $output == "${pair%% *}:1: "* ]]
	done
}

@test "deps: an unknown purpose is refused, a known one with everything there is silent" {
	fails_with 2 "'beer' is not one of" tools/deps beer
	quietly tools/deps check
}
