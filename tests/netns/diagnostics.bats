#!/usr/bin/env bats
# bats file_tags=netns
# ipsecdiagnostics and ipsecloginterval: dropped packets, and their sums, in a journal that the test plays.

load hosts

setup() {
	hosts andy betty carol
	serve andy udp:7 tcp:23
	JOURNAL=$LAN_DIR/journal
	: >"$JOURNAL"
	"$PROBE" journal "$LAN_DIR/journal.socket" >"$JOURNAL" 3>&- &
	PLAYER=$!
	lan_wait "the journal" grep -q ready "$JOURNAL"
	export IPSECSH_JOURNAL=$LAN_DIR/journal.socket
	enforcer_start andy
	policy
	says permit srcaddr="$(lan_address betty)" dstaddr=me protocol=udp dstport=7
	says block srcaddr="$(lan_address carol)" dstaddr=me protocol=udp dstport=7
}
teardown() {
	kill "$PLAYER"
	hosts_down
}

diagnostics() { # BITS
	lan_in andy "$BUILD/ipsecsh" dynamic set config property=ipsecdiagnostics value="$1"
}
floods() { # HOST COUNT RATE [FAMILY] [OPTIONS]
	local host=$1 n=$2 rate=$3 family=${4:-4}
	shift 3
	[ $# = 0 ] || shift
	lan_in "$host" "$PROBE" flood "$(lan_address andy "$family")" 7 -n "$n" -r "$rate" "$@"
}

# Journal lines with all of these NAME=value.
events() {
	local word lines
	lines=$(cat "$JOURNAL")
	for word in "$@"; do lines=$(grep -F -- "IPSECSH_$word"$'\t' <<<"$lines"); done
	[ -z "$lines" ] || echo "$lines"
}
field() { # NAME, of lines on standard input
	sed -n "s/.*\tIPSECSH_$1=\([^\t]*\)\t.*/\1/p"
}
told() { [ "$(events REASON="$1" | wc -l)" -ge "$2" ]; } # REASON AT-LEAST
lines() { wc -l <"$JOURNAL"; }

@test "a dropped packet is told with policy, rule, filter, direction, addresses, ports and reason" {
	diagnostics 2
	floods carol 1 1000 4 -s 4711 -t 1
	lan_wait "the event" told blocked 1
	run events POLICY=P RULE=L2 FILTERLIST=L2 DIRECTION=inbound PROTOCOL=UDP SOURCE="$(lan_address carol)" \
		SOURCE_PORT=4711 DESTINATION="$(lan_address andy)" DESTINATION_PORT=7 INTERFACE=eth0 REASON=blocked
	[ ${#lines[@]} = 1 ]
	[[ $output == *"MESSAGE=dropped inbound UDP 192.0.2.3 port 4711 > 192.0.2.1 port 7: blocked by rule 'L2' of policy 'P'"* ]]
	[[ $output == *$'\tPRIORITY=6\t'* && $output == *$'\tSYSLOG_IDENTIFIER=ipsec-enforcerd\t'* ]]
	[[ $output == *$'\tMESSAGE_ID='[0-9a-f]*$'\t'* ]]
	[[ $output == *"IPSECSH_FILTER_TEXT=ipv4 block 192.0.2.3 > me UDP dport 7"* ]]
	# The filter is that which explain names.
	run lan_in andy "$BUILD/ipsecsh" dynamic explain "$(lan_address carol)" me UDP 4711 7
	[[ $output == *"filter 2"* ]]
	is "$(events REASON=blocked | field FILTER)" 2
}

@test "a flood: few lines, exact sums, and permitted traffic goes on" {
	diagnostics 2
	floods carol 40000 20000 4 -t 1 >"$LAN_DIR/flood" &
	local flood=$!
	is "$(floods betty 2000 2000)" "sent 2000 answered 2000"
	wait "$flood"
	is "$(cat "$LAN_DIR/flood")" "sent 40000 answered 0"
	diagnostics 0
	is "$(events RULE=L2 PACKETS=40000 DIRECTION=both SECONDS="$(events PACKETS=40000 | field SECONDS)" | wc -l)" 1
	is "$(events PACKETS=40000 | field BYTES)" $((40000 * (20 + 8 + 8)))
	is "$(events REASON=blocked | wc -l)" 5
	[ "$(events OTHER_FILTERS=0 | field UNTOLD)" -ge 40 ]
	[ "$(lines)" -le 8 ]
	is "$(grep -c BAD "$JOURNAL")" 0
}

@test "only the direction that was asked for is told, and nothing with 0" {
	says block srcaddr=me dstaddr="$(lan_address betty)" protocol=tcp dstport=80 mirrored=no
	floods carol 10 1000 4 -t 1
	TARGET=betty expect shut andy tcp 4 80
	is "$(lines)" 1
	diagnostics 4
	floods carol 10 1000 4 -t 1
	TARGET=betty expect shut andy tcp 4 80
	lan_wait "the event" told blocked 1
	is "$(events REASON=blocked | field DIRECTION | sort -u)" outbound
	run events RULE=L3 SOURCE="$(lan_address andy)" DESTINATION="$(lan_address betty)" DESTINATION_PORT=80 PROTOCOL=TCP
	[ ${#lines[@]} -ge 1 ]
	diagnostics 0
	local said
	said=$(lines)
	is "$(events RULE=L2 | wc -l)" 1 # 10 packets: a mirrored filter judges both ways, and counts once
	floods carol 10 1000 4 -t 1
	is "$(lines)" "$said"
	lan_in andy nft list table inet ipsecsh >"$LAN_DIR/table"
	is "$(grep -c 'log prefix' "$LAN_DIR/table")" 0
}

@test "the totals name clear text that should have been protected; its packets are told with that reason" {
	says protect srcaddr="$(lan_address betty 6)" dstaddr=me protocol=udp dstport=7
	diagnostics 3
	floods betty 25 1000 6 -t 1
	lan_wait "the event" told not-protected 1
	is "$(events REASON=not-protected RULE=L3 SOURCE="$(lan_address betty 6)" | wc -l)" 5
	diagnostics 0
	is "$(events CLEAR_TEXT=25 BAD_SPI=0 | wc -l)" 1
	is "$(events RULE=L3 | field PACKETS)" "" # its counter holds protected packets too
}

@test "a filter without a key, and names that would break a line" {
	local name=$'it\'s \\ 100%s \xc3\xa4'
	on andy add filter filterlist=any srcaddr=any dstaddr=me
	on andy add rule "$name" P filterlist=any filteraction=block
	diagnostics 2
	lan_in carol "$PROBE" ping "$(lan_address andy)" -t 100 || true
	lan_wait "the event" told blocked 1
	is "$(events REASON=blocked PROTOCOL=ICMP ICMP_TYPE=8 | field RULE)" "$name"
	diagnostics 0
	is "$(events PACKETS=1 | field RULE)" "$name"
}

@test "without a journal the same stands in one line on standard error" {
	enforcer_end andy TERM
	unset IPSECSH_JOURNAL
	enforcer_start andy
	diagnostics 2
	floods carol 1 1000 4 -s 4711 -t 1
	lan_wait "the line" grep -q 'blocked by rule' "$LAN_DIR/andy/log"
	grep -q '^<6>dropped inbound UDP .* policy="P" rule="L2" .* source="192.0.2.3" source_port="4711" .* reason="blocked"$' \
		"$LAN_DIR/andy/log"
}

@test "changing the bits under traffic opens nothing and loses nothing" {
	floods carol 8000 2000 4 -t 50 >"$LAN_DIR/flood-carol" &
	local carol=$!
	floods betty 8000 2000 4 -t 50 >"$LAN_DIR/flood-betty" &
	local betty=$! i=0
	while kill -0 "$betty" 2>/dev/null && kill -0 "$carol" 2>/dev/null; do
		diagnostics $((i++ % 8))
	done
	[ "$i" -ge 20 ]
	wait "$carol" "$betty"
	is "$(cat "$LAN_DIR/flood-carol")" "sent 8000 answered 0"
	is "$(cat "$LAN_DIR/flood-betty")" "sent 8000 answered 8000"
}
