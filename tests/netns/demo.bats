#!/usr/bin/env bats
# bats file_tags=netns
# make demo's script, as a newcomer runs it: to its end, and interrupted in the middle.

load hosts

export BATS_TEST_TIMEOUT=200 # the third act may boot a guest

setup() {
	local why
	why=$(lan_possible) || skip "$why"
	export TMPDIR=$BATS_TEST_TMPDIR # where it keeps its hosts' folders
}

# No namespace and no folder of run $1 is left.
nothing_left() { # PID
	is "$(ip netns list | grep -c -- "-$1\b")" 0
	is "$(ls "$TMPDIR")" ''
}

@test "the demo succeeds, says what it found, and leaves nothing behind" {
	"$ROOT/tools/demo" "$BUILD" >"$BATS_TEST_TMPDIR.out" 2>&1 3>&- &
	demo=$!
	status=0
	wait "$demo" || status=$?
	cat "$BATS_TEST_TMPDIR.out"
	is "$status" 0
	grep -Eq '^  carol +IPv4 +23 +open +silent +silent$' "$BATS_TEST_TMPDIR.out"
	grep -Eq '^  betty +IPv6 +23 +open +open +open$' "$BATS_TEST_TMPDIR.out"
	grep -Eq "^  betty's telnet to andy, IPv6 +open +open$" "$BATS_TEST_TMPDIR.out"
	grep -Eq '^  packets on the wire: telnet in clear +0 +0$' "$BATS_TEST_TMPDIR.out"
	nothing_left "$demo"
}

@test "the demo interrupted leaves nothing behind either" {
	"$ROOT/tools/demo" "$BUILD" >"$BATS_TEST_TMPDIR.out" 2>&1 3>&- &
	demo=$!
	lan_wait "the first act" grep -q 'Act 1' "$BATS_TEST_TMPDIR.out"
	kill -TERM "$demo"
	status=0
	wait "$demo" || status=$?
	is "$status" 130
	nothing_left "$demo"
}
