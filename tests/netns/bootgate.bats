#!/usr/bin/env bats
# bats file_tags=netns
# The boot gate before real packets: andy starts, betty and carol are his neighbours. What each mode lets through,
# what damaged copies do, and the hand-over to the enforcer under continuous traffic.

load hosts

EXEMPT=7 FORBIDDEN=9 RATE=2000
setup() {
	hosts andy betty carol
	serve andy tcp:7 udp:7 tcp:9 udp:9 udp:68 udp:546
	serve betty tcp:22 udp:53 tcp:80
}
teardown() { hosts_down; }

config() { lan_in andy "$BUILD/ipsecsh" dynamic set config "$@"; }
gate() { lan_in andy "$BUILD/ipsec-bootgate" "$@"; }
gate_stands() { lan_in andy nft list table inet ipsecsh_boot >/dev/null 2>&1; }
gate_is_gone() { ! gate_stands; }
# to_betty WANT KIND PORT: a connection that andy begins, both families.
to_betty() { TARGET=betty both "$1" andy "$2" "$3"; }
# Nobody remembers anybody's link address: what follows needs ARP and neighbour discovery.
forget_neighbours() {
	local host
	for host in andy betty carol; do
		lan_in $host ip neigh flush all
		lan_in $host ip -6 neigh flush all
	done
}
# What came through andy's gate is counted behind it.
count_arrivals() { # PORT
	lan_in andy nft "table inet watch { counter seen { }; chain input { type filter hook input priority 100; udp dport $1 counter name seen; }; }"
}
arrivals() { lan_in andy nft list counter inet watch seen | sed -n 's/.*packets \([0-9]*\).*/\1/p'; }

expect_nothing_comes_in() {
	both shut betty tcp 9
	both shut betty udp 9
	both shut betty ping -
	both shut betty udp 9 -s 53  # nor from a port that is often open
	both shut betty udp 9 -s 67  # nor from that of DHCP
	expect shut betty udp 4 68 -s 68
	expect shut betty udp 6 546 -s 546
}
expect_dhcp_passes() {
	expect open betty udp 4 68 -s 67
	expect open betty udp 6 546 -s 547
	expect shut betty udp 6 68 -s 67 # each in its own IP version
	expect shut betty udp 4 546 -s 547
}

@test "permit: there is no table at all" {
	gate
	gate_is_gone
	both open betty tcp 9
	config bootmode permit
	config bootexemptions TCP:0:7:inbound
	gate
	gate_is_gone
	both open betty udp 9
}

@test "stateful: out goes all, in come only replies, DHCP and what neighbours need" {
	on andy add policy P assign=y
	gate
	forget_neighbours
	expect_nothing_comes_in
	expect_dhcp_passes
	forget_neighbours
	to_betty open tcp 22
	to_betty open udp 53
	to_betty open ping -
	TARGET=andy both open andy tcp 9 # himself, by loopback
}

@test "stateful: an error about an own packet comes in, so path MTU and closed ports work" {
	on andy add policy P assign=y
	gate
	[ "$(lan_in andy "$PROBE" udp 192.0.2.2 999 -t 400)" = refused ]
	[ "$(lan_in andy "$PROBE" udp 2001:db8::2 999 -t 400)" = refused ]
}

@test "stateful and block: broadcast and multicast are dropped as unicast is" {
	local mode
	lan_in betty ip route add default dev eth0
	count_arrivals 9
	for addr in 192.0.2.255 255.255.255.255 224.0.0.1 ff02::1 192.0.2.1; do
		[ "$(lan_in betty "$PROBE" cast $addr 9)" = sent ]
	done
	is "$(arrivals)" 5
	for mode in stateful block; do
		config bootmode $mode
		gate
		for addr in 192.0.2.255 255.255.255.255 224.0.0.1 ff02::1 192.0.2.1; do
			[ "$(lan_in betty "$PROBE" cast $addr 9)" = sent ]
		done
		is "$(arrivals)" 5
	done
	config bootexemptions UDP:0:9:inbound
	gate
	for addr in 192.0.2.255 224.0.0.1 ff02::1; do lan_in betty "$PROBE" cast $addr 9; done
	is "$(arrivals)" 8
}

@test "a broadcast DHCP answer comes in" {
	config bootmode block
	gate
	lan_in betty ip route add default dev eth0
	count_arrivals 68
	lan_in betty "$PROBE" cast 255.255.255.255 68 -s 67
	lan_in betty "$PROBE" cast 255.255.255.255 68 -s 66
	is "$(arrivals)" 1
}

@test "stateful, put up while connections run: who began one is who sent first, and the other only answers" {
	lan_in andy nft "table inet other { chain c { type filter hook input priority 0; ct state new counter; }; }"
	on andy add policy P assign=y
	both open betty udp 9 -s 2000
	to_betty open udp 53 -s 3000
	gate
	both shut betty udp 9 -s 2000 # answered before, and still begun by betty
	to_betty open udp 53 -s 3000
}

# As ipsec-bootgate(8) says. Nothing followed the connections of the open host: the first packet seen is the answer.
@test "stateful, put up on an open host: an answer that leaves behind the gate is the host's own traffic" {
	local server
	on andy add policy P assign=y
	serve andy udp:11
	server=$!
	kill -STOP $server
	both shut betty udp 11 -s 2000
	gate
	both shut betty udp 11 -s 2000
	kill -CONT $server
	lan_wait "the answers" both open betty udp 11 -s 2000
	both shut betty udp 11 -s 2001
	both shut carol udp 11 -s 2000
	both shut betty udp 9 -s 2000
}

@test "stateful: exemptions inbound" {
	on andy add policy P assign=y
	config bootexemptions "TCP:0:7:inbound UDP:2000:7:inbound ICMP:inbound"
	gate
	both open betty tcp 7
	both open betty udp 7 -s 2000
	both shut betty udp 7 -s 2001
	both open betty ping -
	both shut betty tcp 9
	both shut betty udp 9
}

@test "block: nothing passes in any direction but DHCP and neighbour discovery" {
	config bootmode block
	gate
	forget_neighbours
	expect_nothing_comes_in
	expect_dhcp_passes
	to_betty shut tcp 22
	to_betty shut udp 53
	to_betty shut ping -
	both open andy tcp 9 # himself
	lan_in andy ip -6 neigh show | grep -q '2001:db8::2 .*lladdr' # he answered, and asked
}

@test "block: exemptions let a connection in or out with its answers, and nobody in from an exempt port" {
	config bootmode block
	config bootexemptions "TCP:0:7:inbound UDP:0:7:inbound TCP:0:22:outbound UDP:0:53:outbound ICMP:outbound"
	gate
	both open betty tcp 7
	both open betty udp 7
	both shut betty tcp 9
	to_betty open tcp 22
	to_betty open udp 53
	to_betty open ping -
	to_betty shut tcp 80
	both shut betty ping -
	both shut betty udp 9 -s 53
	both shut carol tcp 9 -s 22
}

@test "stateful and block: a router forwards nothing while the gate stands" {
	local mode
	lan_in carol ip address add 198.51.100.3/32 dev eth0
	serve carol tcp:7
	lan_in andy sysctl -qw net.ipv4.ip_forward=1
	lan_in andy ip route add 198.51.100.3 via 192.0.2.3
	lan_in betty ip route add 198.51.100.3 via 192.0.2.1
	lan_in andy sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
	is "$(lan_in betty "$PROBE" tcp 198.51.100.3 7 -t 400)" open
	for mode in stateful block; do
		config bootmode $mode
		gate
		is "$(lan_in betty "$PROBE" tcp 198.51.100.3 7 -t 400 || true)" silent
	done
	gate --open
	is "$(lan_in betty "$PROBE" tcp 198.51.100.3 7 -t 400)" open
}

# The gate with the console and the kernel's log of the machine replaced by files.
gate_at_console() {
	: >"$LAN_DIR/console"
	: >"$LAN_DIR/kmsg"
	# shellcheck disable=SC2016 # of the inner shell
	lan_in andy unshare -m sh -c 'mount -t tmpfs dev /dev && touch /dev/console /dev/kmsg &&
		mount --bind "$1/console" /dev/console && mount --bind "$1/kmsg" /dev/kmsg && exec "$2"' \
		sh "$LAN_DIR" "$BUILD/ipsec-bootgate" 2>"$LAN_DIR/stderr"
}

@test "a copy that cannot be used is block, and the console, the kernel's log and standard error say why" {
	local copy=$LAN_DIR/andy/state/boot/gate how
	on andy add policy P assign=y
	config bootexemptions TCP:0:7:inbound
	cp "$copy" "$LAN_DIR/good"
	for how in "printf x >>$copy" "truncate -s 20 $copy" ": >$copy" "echo 'ipsecsh-boot 2' >$copy" "chmod 666 $copy" \
		"rm $copy; mkdir $copy"; do
		sh -c "$how"
		status=0
		gate_at_console || status=$?
		is "$status" 3
		grep -q "cannot be used\|newer version" "$LAN_DIR/console"
		grep -q '^<3>ipsec-bootgate: ' "$LAN_DIR/kmsg"
		grep -q '^<3>the copy for the boot' "$LAN_DIR/stderr"
		both shut betty tcp 7
		to_betty shut tcp 22
		gate --open
		rm -rf "$copy"
		install -m 600 "$LAN_DIR/good" "$copy"
	done
	gate_at_console
	[ ! -s "$LAN_DIR/console" ]
	both open betty tcp 7
	both shut betty tcp 9
}

@test "run again the gate is replaced, --status shows it, --open is the way out" {
	config bootmode block
	gate
	both shut betty tcp 9
	run gate --status
	is "$status" 0
	[[ $output == *'comment "dropped: block"'* ]]
	config bootmode stateful
	gate
	to_betty open tcp 22
	run gate --status
	[[ $output == *'comment "dropped: stateful"'* ]]
	gate --open
	gate --open # nothing to do is done
	both open betty tcp 9
	run gate --status
	is "$status $output" "1 no gate stands"
}

@test "the gate is replaced again and again under packets as fast as they come: none gets through" {
	local times=0 flood
	config bootmode block
	config bootexemptions UDP:0:7:inbound
	gate
	count_arrivals 9
	lan_exec betty "$PROBE" flood "$(lan_address andy)" 9 -n 600000 -r 1000000 >"$LAN_DIR/flood" 3>&- &
	flood=$!
	while kill -0 $flood 2>/dev/null; do
		gate 2>/dev/null
		times=$((times + 1))
	done
	wait $flood
	echo "# $times times" >&3
	is "$(arrivals)" 0
	[ "$times" -ge 20 ]
}

@test "the gate takes some milliseconds" {
	local start end
	on andy add policy P assign=y
	lan_in andy true
	start=$(date +%s%N)
	gate
	end=$(date +%s%N)
	echo "# $(((end - start) / 1000)) us with ip netns exec" >&3
	[ $(((end - start) / 1000000)) -lt 500 ]
}

# --- the enforcer behind it

policy_of_handover() {
	policy
	says block srcaddr=any dstaddr=me protocol=udp dstport=$FORBIDDEN
	says permit srcaddr=any dstaddr=me protocol=udp dstport=$EXEMPT
	config bootmode "$1"
	config bootexemptions UDP:0:$EXEMPT:inbound
	gate
}
probe_all_the_time() { # PACKETS
	local family port
	PROBERS=()
	for family in 4 6; do
		for port in $EXEMPT $FORBIDDEN; do
			lan_exec betty "$PROBE" flood "$(lan_address andy $family)" "$port" -n "$1" -r $RATE >"$LAN_DIR/$port.$family" 3>&- &
			PROBERS+=("$!")
		done
	done
}
nothing_forbidden_passed_and_all_exempt_did() { # PACKETS
	local family
	wait "${PROBERS[@]}"
	for family in 4 6; do
		is "$(cat "$LAN_DIR/$EXEMPT.$family")" "sent $1 answered $1"
		is "$(cat "$LAN_DIR/$FORBIDDEN.$family")" "sent $1 answered 0"
	done
}

@test "hand-over: in stateful and block not one forbidden packet passes, every exempt one does" {
	local mode
	for mode in stateful block; do
		policy_of_handover $mode
		probe_all_the_time 5000
		sleep 0.5
		enforcer_start andy
		lan_wait "the end of the gate" gate_is_gone
		grep -q 'the boot gate is gone' "$LAN_DIR/andy/log"
		sleep 0.5
		enforcer_end andy KILL
		enforcer_start andy
		nothing_forbidden_passed_and_all_exempt_did 5000
		enforcer_end andy KILL
		lan_in andy nft delete table inet ipsecsh
		on andy delete all
	done
}

@test "hand-over with the enforcer killed at any moment" {
	policy_of_handover stateful
	probe_all_the_time 8000
	for i in 1 2 3 4 5 6 7 8 9; do
		gate
		lan_exec andy "$BUILD/ipsec-enforcerd" >>"$LAN_DIR/andy/log" 2>&1 3>&- &
		sleep "0.0$i"
		kill -9 $!
		wait $! || true
	done
	enforcer_start andy
	lan_wait "the end of the gate" gate_is_gone
	nothing_forbidden_passed_and_all_exempt_did 8000
}

@test "a gate that somebody puts up again stays, and the log says so once" {
	policy_of_handover block
	enforcer_start andy
	lan_wait "the end of the gate" gate_is_gone
	gate
	lan_wait "the log" grep -q 'put up the boot gate again' "$LAN_DIR/andy/log"
	gate_stands
	says block srcaddr=192.0.2.77 dstaddr=me
	gate_stands
	is "$(grep -c 'put up the boot gate again' "$LAN_DIR/andy/log")" 1
	gate --open
	both open betty udp $EXEMPT
}

@test "the store is gone or damaged at start: the gate stays until it is back" {
	local store=$LAN_DIR/andy/state
	policy_of_handover block
	mkdir "$LAN_DIR/away"
	mv "$store"/policy.db* "$LAN_DIR/away"
	enforcer_start andy
	grep -q 'is gone while a policy of it is assigned' "$LAN_DIR/andy/log"
	gate_stands
	both shut betty udp $FORBIDDEN
	both open betty udp $EXEMPT
	enforcer_end andy KILL
	echo "no database at all, but long enough to look at" >"$store/policy.db"
	chmod 600 "$store/policy.db"
	enforcer_start andy
	gate_stands
	rm "$store/policy.db"
	mv "$LAN_DIR"/away/* "$store"
	lan_wait "the end of the gate" gate_is_gone
	both shut betty udp $FORBIDDEN
	both open betty udp $EXEMPT
}

@test "a store that vanishes while its policy is in force opens nothing" {
	policy_of_handover stateful
	enforcer_start andy
	lan_wait "the end of the gate" gate_is_gone
	rm "$LAN_DIR"/andy/state/policy.db*
	lan_wait "the log" grep -q 'is gone while a policy of it is assigned' "$LAN_DIR/andy/log"
	both shut betty udp $FORBIDDEN
	enforcer_end andy KILL
	enforcer_start andy
	both shut betty udp $FORBIDDEN
}
