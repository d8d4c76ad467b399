# shellcheck shell=bash
# What the bats files share. `load helpers` (tests/bats) or `load ../bats/helpers` (tests/netns), then call
# private_store from setup. $BUILD is the build folder under test, $ROOT the top of the tree.
# shellcheck disable=SC2154 # status and output are set by run

ROOT=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
BUILD=${IPSECSH_BUILD:-$ROOT/build}
export ROOT BUILD
# Whoever runs the tests may do so over ssh, and the lock-out guard would notice.
export SSH_CONNECTION=

# A store and a run folder of this test's own. No test touches the machine's.
private_store() {
	export IPSECSH_STATE=$BATS_TEST_TMPDIR/state IPSECSH_RUN=$BATS_TEST_TMPDIR/run
	mkdir -m 0700 "$IPSECSH_STATE" "$IPSECSH_RUN"
}

ipsecsh() { "$BUILD/ipsecsh" "$@"; }
# static add policy X: one command of the static context
static() { "$BUILD/ipsecsh" static "$@"; }

# Runs a command that must succeed and print nothing.
quietly() {
	run "$@"
	[ "$status" -eq 0 ] && [ -z "$output" ] && return
	echo "exit status $status, output: $output"
	return 1
}

# fails_with STATUS TEXT COMMAND...: must fail with that status and print TEXT somewhere.
fails_with() {
	local want=$1 text=$2
	shift 2
	run "$@"
	[ "$status" -eq "$want" ] && [[ $output == *"$text"* ]] && return
	echo "wanted exit status $want and '$text'; got $status: $output"
	return 1
}

# is GOT WANT: equal texts, or both are shown.
is() {
	[ "$1" = "$2" ] && return
	printf 'got:  %s\nwant: %s\n' "$1" "$2"
	return 1
}

# The store's content as one text, for "nothing changed" checks: ids and times are left out by show.
store_text() {
	static show all format=list wide=yes 2>&1
	static show filterlist all level=verbose format=list wide=yes 2>&1
	static show filteraction all level=verbose format=list wide=yes 2>&1
}
