#!/usr/bin/env bats
# ipsec-enforcerd as a program, without privilege: its options, exit statuses, lock, dry run.

load helpers

setup() { private_store; }

enforcerd() { timeout 20 "$BUILD/ipsec-enforcerd" "$@"; }

# Without CAP_NET_ADMIN, whoever runs the test.
unprivileged() {
	if [ "$(id -u)" -eq 0 ]; then
		timeout 20 setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$BUILD/ipsec-enforcerd" "$@"
	else
		enforcerd "$@"
	fi
}

@test "--help and --version print and succeed" {
	run enforcerd --help
	[ "$status" -eq 0 ]
	[[ $output == usage:* ]]
	[[ $output == *IPSECSH_STATE* ]]
	run enforcerd --version
	[ "$status" -eq 0 ]
	[[ $output =~ ^ipsec-enforcerd\ [0-9]+\.[0-9]+$ ]]
}

@test "wrong use is status 2 and names the word" {
	fails_with 2 "'stray' is not expected" enforcerd stray
	fails_with 2 "--nonsense" enforcerd --nonsense
	fails_with 2 "--facts needs -n" enforcerd --facts /dev/null
	fails_with 2 "facts" enforcerd -n --facts
}

@test "-n without a store is an empty plan, and makes nothing" {
	rmdir "$IPSECSH_STATE" "$IPSECSH_RUN"
	run enforcerd -n
	[ "$status" -eq 0 ]
	[[ $output == *"no policy is assigned"* ]]
	[ ! -e "$IPSECSH_STATE" ]
	[ ! -e "$IPSECSH_RUN" ]
}

@test "-n prints the plan of another host's facts" {
	static add policy name=Telnet assign=yes
	static add filterlist name=In
	static add filter filterlist=In srcaddr=any dstaddr=me protocol=TCP dstport=23 mirrored=yes
	static add filteraction name=Block action=block
	static add rule name=NoTelnet policy=Telnet filterlist=In filteraction=Block
	printf '%s\n' 'interface eth9 9 lan' 'address eth9 192.0.2.9/24' >"$BATS_TEST_TMPDIR/host.facts"
	run enforcerd -n --facts "$BATS_TEST_TMPDIR/host.facts"
	[ "$status" -eq 0 ]
	[[ $output == *Telnet* ]]
	[[ $output == *NoTelnet* ]]
	[ ! -e "$IPSECSH_RUN/enforcerd.lock" ]
}

@test "-n names the bad line of a facts file, and a file that is not there" {
	printf 'interface eth9 9 lan\nadress eth9 192.0.2.9/24\n' >"$BATS_TEST_TMPDIR/host.facts"
	fails_with 1 "host.facts:2: " enforcerd -n --facts "$BATS_TEST_TMPDIR/host.facts"
	fails_with 1 "nothing.facts" enforcerd -n --facts "$BATS_TEST_TMPDIR/nothing.facts"
}

@test "-n refuses a store that others can write" {
	chmod 0777 "$IPSECSH_STATE"
	fails_with 1 "can be written by others" enforcerd -n
}

@test "only one enforcer a run folder" {
	exec 9>"$IPSECSH_RUN/enforcerd.lock"
	flock 9
	fails_with 1 "another enforcer is running" enforcerd
	fails_with 1 "$IPSECSH_RUN/enforcerd.lock" enforcerd
	[ ! -e "$IPSECSH_RUN/enforcerd.sock" ]
}

@test "without CAP_NET_ADMIN it says so and exits" {
	fails_with 1 "CAP_NET_ADMIN" unprivileged
	[ "${#lines[@]}" -eq 1 ]
	[ ! -e "$IPSECSH_RUN/enforcerd.sock" ]
}

@test "the run folder is made, closed to others; its parent is not" {
	rmdir "$IPSECSH_RUN"
	run unprivileged
	[ "$(stat -c %a "$IPSECSH_RUN")" = 750 ]
	export IPSECSH_RUN=$BATS_TEST_TMPDIR/no/such
	fails_with 1 "$IPSECSH_RUN" unprivileged
}
