#!/usr/bin/env bats
# bats file_tags=netns
# What the enforcer's kernel process does for IKE, on the real kernel: requests of the kernel are passed on, policies stand
# beside those of the plan, and traffic in clear passes for exactly as long as it was granted. IKE is a double
# (ike_asker.c). Associations themselves need a kernel with ESP: the guest.

bats_require_minimum_version 1.5.0

load hosts
load asker

setup() {
	hosts andy betty
	serve betty udp:7 udp:9
	serve andy udp:8
	enforcer_start andy
	policy
	on andy add filteraction softly action=negotiate soft=yes
	says softly srcaddr=me dstaddr="$(lan_address betty)"
	says softly srcaddr=me dstaddr="$(lan_address betty 6)"
	says protect srcaddr=me dstaddr="$(lan_address betty)" protocol=udp dstport=9
	ANDY=$(lan_address andy) BETTY=$(lan_address betty)
}
teardown() {
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		cat "$LAN_DIR"/andy/asker || true
		lan_in andy ip xfrm policy || true
	fi
	hosts_down
}

# The reqid of the rule that holds what was sent last.
reqid() { sed -n "s/^acquire \([0-9a-f]*\) .*/\1/p" "$LAN_DIR/andy/asker" | tail -n 1; }
# Policies that were granted, and those of the plan.
granted() { lan_in andy ip -s xfrm policy | grep -c ' uid [1-9]' || true; }
planned() { lan_in andy ip xfrm policy | grep -c '^src' || true; }
granted_are() { [ "$(granted)" = "$1" ]; }
to_betty() { TARGET=betty expect "$1" andy udp "${3:-4}" "$2"; }
shut_to_betty() { to_betty shut 7; }
opened() { # asks for it with the rule's own reqid
	to_betty shut 7
	hears andy "^acquire 495[0-9a-f]* $ANDY > $BETTY"
	answers andy '^done' soft 1 "$ANDY" "$BETTY" "$(reqid)" "${1:-60}"
}

@test "a packet that is held is a request to IKE, once" {
	asker andy
	to_betty shut 7
	hears andy "^acquire 495[0-9a-f]* $ANDY > $BETTY"
	to_betty shut 7
	is "$(grep -c ^acquire "$LAN_DIR/andy/asker")" 1
}

@test "IKE got nothing: the kernel asks again after a pause, not before, and leaves nothing behind" {
	local began
	asker andy
	to_betty shut 7
	hears andy "^acquire 495[0-9a-f]* $ANDY > $BETTY"
	tell andy failed
	began=$(date +%s%N)
	to_betty shut 7
	is "$(grep -c ^acquire "$LAN_DIR/andy/asker")" 1
	asked_again() { to_betty shut 7 && heard andy ^acquire 2; }
	lan_wait "another request" asked_again
	local ms=$((($(date +%s%N) - began) / 1000000))
	echo "asked again after $ms ms"
	[ "$ms" -ge 4900 ] && [ "$ms" -lt 12000 ]
	is "$(lan_in andy ip xfrm state | grep -c '^src')" 1 # the new request itself
}

@test "IKE has keys: the policy by which packets wait is said again, as it is, and no other" {
	local before
	asker andy
	to_betty shut 7
	hears andy "^acquire 495[0-9a-f]* $ANDY > $BETTY"
	before=$(lan_in andy ip xfrm policy | sort)
	lan_exec andy ip xfrm monitor policy >"$LAN_DIR/said" 3>&- &
	local monitor=$!
	listeners() { [ "$(lan_in andy grep -c ' 6 .* 00000008 ' /proc/net/netlink)" -ge 2 ]; } # the enforcer is one
	lan_wait "the listener" listeners
	tell andy keyed
	said() { grep -q "^Updated src $ANDY/32 dst $BETTY/32" "$LAN_DIR/said"; }
	lan_wait "the policy" said
	tell andy keyed # once
	answers andy '^refused' passed 1
	kill "$monitor"
	is "$(grep -c '^Updated' "$LAN_DIR/said")" 1
	is "$(lan_in andy ip xfrm policy | sort)" "$before"
}

@test "traffic in clear: that pair, that rule, both ways; its policies stand beside the plan's of the same traffic" {
	asker andy
	opened
	is "$(granted)" 2
	to_betty open 7
	expect open betty udp 4 8
	to_betty shut 9   # another rule between the same two
	to_betty shut 7 6 # the same rule, another pair
	answers andy '^done packets [1-9][0-9]* used yes' passed 1
	tell andy unsoft 1
	lan_wait "the end of it" granted_are 0
	to_betty shut 7
	expect shut betty udp 4 8
	answers andy '^refused' passed 1
}

@test "what may be in clear ends by itself, in time" {
	asker andy
	opened 2
	to_betty open 7
	lan_wait "the end of it" granted_are 0
	to_betty shut 7
	answers andy '^refused' passed 1
}

@test "what the rules do not say is refused" {
	asker andy
	opened
	local id
	id=$(reqid)
	answers andy '^refused' soft 2 "$ANDY" 192.0.2.77 "$id" 60
	answers andy '^refused' soft 3 "$ANDY" "$BETTY" "$id" 999999
	answers andy '^refused' soft 4 "$ANDY" "$BETTY" 17 60
	answers andy '^refused' spi esp "$BETTY" "$ANDY" 17
	is "$(granted)" 2
	grep -q 'IKE asked for SOFT_ADD' "$LAN_DIR/andy/log"
}

@test "changes of the policy leave what still fits, and end what does not" {
	asker andy
	opened
	on andy add filter filterlist=L1 srcaddr=me dstaddr=192.0.2.99
	to_betty open 7
	is "$(granted)" 2
	on andy set filteraction softly soft=no
	is "$(granted)" 0
	to_betty shut 7
}

@test "somebody flushes policies and tables: both parts are put back" {
	local before
	asker andy
	opened
	before=$(planned)
	lan_in andy ip xfrm policy flush
	lan_wait "the policies" policies_are "$before"
	is "$(granted)" 2
	to_betty open 7
	lan_in andy nft flush ruleset
	lan_wait "the table" lan_in andy nft list table inet ipsecsh
	lan_wait "the pair" pair_is_there
	to_betty open 7
	to_betty shut 9
}
policies_are() { [ "$(planned)" = "$1" ]; }
pair_is_there() { lan_in andy nft list set inet ipsecsh soft4 | grep -q "$ANDY . $BETTY"; }

@test "IKE goes and comes: what was granted stays; who sends nonsense is disconnected" {
	asker andy
	opened
	kill "${ASKER[andy]}"
	wait "${ASKER[andy]}" || true
	lan_wait "the log" grep -q 'IKE is disconnected' "$LAN_DIR/andy/log"
	to_betty open 7
	asker andy
	answers andy '^done' passed 1
	tell andy garbage
	hears andy ^gone
	to_betty open 7
}

@test "an enforcer that was killed leaves nothing that nobody vouches for, once there is another" {
	asker andy
	opened
	to_betty open 7
	enforcer_end andy KILL
	to_betty open 7
	enforcer_start andy
	is "$(granted)" 0
	run ! pair_is_there
	to_betty shut 7
}

@test "an orderly stop takes along what was granted" {
	asker andy
	opened
	enforcer_end andy TERM
	is "$(planned)" 0
}

@test "the socket is root's" {
	is "$(stat -c '%a %u' "$LAN_DIR/andy/run/ike-kernel.sock")" "600 0"
	is "$(stat -c '%a %u' "$LAN_DIR/andy/run/ike-policy.sock")" "600 0"
}
