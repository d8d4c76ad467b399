#!/usr/bin/env bats
# ipsec-bootgate without privilege: which gate each copy for the boot asks for, and why. Goldens: `make golden`
# rewrites them (GOLDEN_WRITE).

load helpers

setup() {
	private_store
	GATE=$BUILD/ipsec-bootgate
	COPY=$IPSECSH_STATE/boot/gate
}

# golden NAME STATUS
golden() {
	local want="$ROOT/tests/golden/boot/$1.nft" got=$BATS_TEST_TMPDIR/got status=0
	"$GATE" --check | sed "s|$BATS_TEST_TMPDIR|DIR|" >"$got" || true
	"$GATE" --check >"$BATS_TEST_TMPDIR/again" || status=$?
	is "$status" "$2"
	if [ -n "${GOLDEN_WRITE:-}" ]; then cp "$got" "$want"; fi
	diff -u "$want" "$got"
}
config() { quietly ipsecsh dynamic set config "$1" "$2"; }
assigned() { quietly static add policy P assign=y; }

@test "no copy: permit, and nothing is loaded" { golden permit 0; }
@test "assigned: stateful, and every packet class that passes has its line" {
	assigned
	golden stateful 0
}
@test "stateful stays when the policy is unassigned, deleted, and the store with it" {
	assigned
	static set policy P assign=n
	golden stateful 0
	static delete policy P
	rm -r "$IPSECSH_STATE"/policy.db*
	golden stateful 0
}
@test "stateful with exemptions: those inbound" {
	assigned
	config bootexemptions "ICMP:inbound TCP:0:22:inbound UDP:53:0:inbound TCP:80:80:outbound 47:inbound"
	golden stateful_exemptions 0
}
@test "block asks nothing of connection tracking" {
	config bootmode block
	golden block 0
	is "$(grep -c '\bct\b' "$ROOT/tests/golden/boot/block.nft")" 0
}
@test "block with exemptions in both directions: answers pass, and no mirrored rule" {
	config bootmode block
	config bootexemptions "TCP:0:22:inbound UDP:0:53:outbound ICMP:outbound"
	golden block_exemptions 0
}
@test "block with inbound exemptions only: nothing comes in as an answer" {
	config bootmode block
	config bootexemptions TCP:0:22:inbound
	golden block_inbound 0
}
@test "permit as it was set, whatever is assigned" {
	assigned
	config bootmode permit
	golden permit_set 0
}
@test "a damaged copy is block, with the reason" {
	assigned
	printf x >>"$COPY"
	golden damaged 3
	: >"$COPY"
	golden empty 3
}
@test "a copy of a newer version is block" {
	assigned
	echo 'ipsecsh-boot 7' >"$COPY"
	golden newer 3
}
@test "a copy that others could have written, or that is none, is block" {
	assigned
	chmod g+w "$COPY"
	golden others 3
	rm "$COPY"
	mkdir "$COPY"
	golden no_file 3
}
@test "wrong use is said and does nothing" {
	fails_with 2 "usage: ipsec-bootgate" "$GATE" --shut
	fails_with 2 "usage: ipsec-bootgate" "$GATE" now
	run "$GATE" --version
	[[ $output == ipsec-bootgate* ]]
	run "$GATE" --help
	[[ $output == *--open* ]]
}
@test "--check of a script writes no copy" {
	echo "ipsec dynamic set config bootmode block" >"$BATS_TEST_TMPDIR/a.netsh"
	run ipsecsh --check -f "$BATS_TEST_TMPDIR/a.netsh"
	is "$status" 0
	[ ! -e "$COPY" ]
}
@test "IPSECSH_BOOT names another folder" {
	export IPSECSH_BOOT=$BATS_TEST_TMPDIR/elsewhere
	config bootmode block
	[ -e "$IPSECSH_BOOT/gate" ]
	[ ! -e "$COPY" ]
	"$GATE" --check | grep -q '^# block: bootmode is set so'
}
