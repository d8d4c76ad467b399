#!/usr/bin/env bats
# bats file_tags=netns
# The enforcer dies and comes back under traffic: what is blocked stays blocked for every single packet, what
# is permitted passes every one.

load hosts

setup() {
	hosts andy betty carol
	serve andy udp:7
	enforcer_start andy
	policy
	says block srcaddr=any dstaddr=me protocol=udp dstport=7
	says permit srcaddr=192.0.2.2 dstaddr=me protocol=udp dstport=7
	says permit srcaddr=2001:db8::2 dstaddr=me protocol=udp dstport=7
}
teardown() { hosts_down; }

# Continuous traffic from both neighbours while the rest of the test goes on.
traffic_start() { # PACKETS
	lan_exec betty "$PROBE" flood 192.0.2.1 7 -n "$1" -r 2000 >"$LAN_DIR/permitted4" 3>&- &
	TRAFFIC=("$!")
	lan_exec betty "$PROBE" flood 2001:db8::1 7 -n "$1" -r 2000 >"$LAN_DIR/permitted6" 3>&- &
	TRAFFIC+=("$!")
	lan_exec carol "$PROBE" flood 192.0.2.1 7 -n "$1" -r 2000 >"$LAN_DIR/forbidden4" 3>&- &
	TRAFFIC+=("$!")
	lan_exec carol "$PROBE" flood 2001:db8::1 7 -n "$1" -r 2000 >"$LAN_DIR/forbidden6" 3>&- &
	TRAFFIC+=("$!")
}
traffic_ends_without_a_gap() { # PACKETS
	wait "${TRAFFIC[@]}"
	is "$(cat "$LAN_DIR"/permitted4)" "sent $1 answered $1"
	is "$(cat "$LAN_DIR"/permitted6)" "sent $1 answered $1"
	is "$(cat "$LAN_DIR"/forbidden4)" "sent $1 answered 0"
	is "$(cat "$LAN_DIR"/forbidden6)" "sent $1 answered 0"
}

@test "kill -9 and restart under traffic: no forbidden packet passes, no permitted one is lost" {
	traffic_start 5000
	enforcer_end andy KILL
	sleep 0.3
	enforcer_start andy
	sleep 0.3
	enforcer_end andy KILL
	enforcer_start andy
	traffic_ends_without_a_gap 5000
}

@test "changes of the policy under traffic open nothing and lose nothing" {
	traffic_start 5000
	for i in 1 2 3 4 5 6; do
		says block srcaddr=198.51.100.$i dstaddr=me protocol=udp dstport=7
		says permit srcaddr=198.51.100.0 srcmask=$((24 + i)) dstaddr=me
	done
	on andy delete rule L4 P
	on andy delete rule L5 P
	traffic_ends_without_a_gap 5000
}

@test "kill -9 in the middle of changes under traffic, then restart" {
	traffic_start 5000
	for i in 1 2 3 4 5 6; do
		{
			for ((k = 0; k < 100; k++)); do echo "ipsec static add filter B$i 198.18.$i.$k me"; done
			echo "ipsec static add rule B$i P B$i block"
		} >"$LAN_DIR/more.netsh"
		lan_exec andy "$BUILD/ipsecsh" -f "$LAN_DIR/more.netsh" >/dev/null 2>&1 3>&- &
		writer=$!
		sleep "0.0$i"
		enforcer_end andy KILL
		enforcer_start andy
		wait "$writer" || true
	done
	traffic_ends_without_a_gap 5000
}

@test "killed, the enforcer leaves the kernel as it is; restarted, it changes nothing" {
	before=$(table_text andy)
	[ -n "$before" ]
	enforcer_end andy KILL
	is "$(table_text andy)" "$before"
	enforcer_start andy
	is "$(table_text andy)" "$before"
}

@test "what changed while the enforcer was dead is in force after its start" {
	enforcer_end andy KILL
	on andy delete rule L1 P
	expect shut carol udp 4 7
	enforcer_start andy
	both open carol udp 7
	enforcer_end andy KILL
	on andy set policy P assign=no
	enforcer_start andy
	both open betty udp 7
}
