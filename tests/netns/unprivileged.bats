#!/usr/bin/env bats
# bats file_tags=netns
# What needs no privilege: root's only part here is to become somebody who has none.

load hosts

setup() {
	[ "$(id -u)" = 0 ] || skip "needs root to drop it"
	LAN_DIR=$(mktemp -d "${TMPDIR:-/tmp}/ipsecsh-user.XXXXXX")
	chmod 0755 "$LAN_DIR"
	cp "$BUILD/ipsecsh" "$BUILD/ipsec-enforcerd" "$ROOT/batch-examples/telnet-andy.bat" "$LAN_DIR"
	install -d -o 65534 -g 65534 -m 0700 "$LAN_DIR/state" "$LAN_DIR/run"
}
teardown() { rm -rf "$LAN_DIR"; }

nobody() {
	IPSECSH_STATE=$LAN_DIR/state IPSECSH_RUN=$LAN_DIR/run \
		setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all "$@"
}

@test "ipsecsh writes a store and ipsec-enforcerd -n prints the plan, without any capability" {
	nobody "$LAN_DIR/ipsecsh" "$LAN_DIR/telnet-andy.bat"
	run nobody "$LAN_DIR/ipsec-enforcerd" -n
	[ "$status" -eq 0 ]
	[[ $output == *"Telnet for betty"* ]]
	[[ $output == *"Betty may"* ]]
}

@test "without -n, the enforcer without privilege says what it lacks and ends" {
	run timeout 5 env IPSECSH_STATE="$LAN_DIR/state" IPSECSH_RUN="$LAN_DIR/run" \
		setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all "$LAN_DIR/ipsec-enforcerd"
	[ "$status" -ne 0 ]
	[ "$status" -ne 124 ]
	[ -n "$output" ]
}

@test "a store of somebody else cannot be read" {
	install -d -m 0700 "$LAN_DIR/root"
	IPSECSH_STATE=$LAN_DIR/root "$BUILD/ipsecsh" static add policy Hidden
	run env IPSECSH_STATE="$LAN_DIR/root" setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$LAN_DIR/ipsecsh" static show policy all
	[ "$status" -ne 0 ]
	[[ $output != *Hidden* ]]
}
