#!/usr/bin/env bats
# bats file_tags=netns
# The two processes of an enforcer: what each may, and what happens when one of them goes. Whatever happens to
# them, what is blocked stays blocked and what is permitted passes.

bats_require_minimum_version 1.5.0

load hosts

setup() {
	hosts andy betty carol
	serve andy udp:7
	enforcer_start andy
	policy
	says block srcaddr=any dstaddr=me protocol=udp dstport=7
	says permit srcaddr=192.0.2.2 dstaddr=me protocol=udp dstport=7
}
teardown() { hosts_down; }

kernel_process() { echo "${ENFORCER[andy]}"; }
policy_process() { pgrep -P "${ENFORCER[andy]}"; }
status_of() { awk -v name="$2:" '$1 == name { print $2 }' "/proc/$1/status"; }
gone() { ! kill -0 "$1" 2>/dev/null; }

traffic_start() { # PACKETS
	lan_exec betty "$PROBE" flood 192.0.2.1 7 -n "$1" -r 2000 >"$LAN_DIR/permitted" 3>&- &
	TRAFFIC=("$!")
	lan_exec carol "$PROBE" flood 192.0.2.1 7 -n "$1" -r 2000 >"$LAN_DIR/forbidden" 3>&- &
	TRAFFIC+=("$!")
}
traffic_ends_without_a_gap() { # PACKETS
	wait "${TRAFFIC[@]}"
	is "$(cat "$LAN_DIR/permitted")" "sent $1 answered $1"
	is "$(cat "$LAN_DIR/forbidden")" "sent $1 answered 0"
}

@test "policy has no capability, kernel has CAP_NET_ADMIN; both are under seccomp and leave no core" {
	local p
	for p in $(kernel_process) $(policy_process); do
		is "$(status_of "$p" Seccomp)" 2
		is "$(status_of "$p" NoNewPrivs)" 1
		no_core "$p"
		is "$(status_of "$p" CapInh) $(status_of "$p" CapAmb)" "0000000000000000 0000000000000000"
	done
	is "$(status_of "$(kernel_process)" CapEff)" 0000000000001000
	is "$(status_of "$(kernel_process)" CapPrm)" 0000000000001000
	is "$(status_of "$(kernel_process)" CapBnd)" 0000000000001000
	is "$(status_of "$(policy_process)" CapEff)" 0000000000000000
	is "$(status_of "$(policy_process)" CapPrm)" 0000000000000000
	is "$(status_of "$(policy_process)" CapBnd)" 0000000000000000
}

@test "kernel has no file open but the lock, which it cannot write; policy has no netfilter socket" {
	local fd what kinds=
	for fd in "/proc/$(kernel_process)/fd"/*; do
		[ "${fd##*/}" -gt 2 ] || continue # where its log goes is not its choice
		what=$(readlink "$fd")
		case $what in
		socket:* | anon_inode:*) ;;
		"$LAN_DIR/andy/run/enforcerd.lock")
			[[ $(awk '/^flags:/ { print $2 }' "/proc/$(kernel_process)/fdinfo/${fd##*/}") == *0 ]] # O_RDONLY
			kinds+=lock
			;;
		*) echo "kernel holds $what" && return 1 ;;
		esac
	done
	is "$kinds" lock
	# A netlink socket's inode stands in /proc/net/netlink with its protocol: 0 route, 6 XFRM, 12 netfilter.
	for fd in "/proc/$(policy_process)/fd"/*; do
		what=$(readlink "$fd" | sed -n 's/^socket:\[\(.*\)\]$/\1/p')
		[ -n "$what" ] || continue
		# shellcheck disable=SC2016 # awk expands
		[[ " 6 12 " != *" $(lan_in andy awk -v i="$what" '$NF == i { print $2 }' /proc/net/netlink) "* ]]
	done
}

@test "policy killed under traffic: kernel says so and fails, nothing opens, a new one takes over" {
	local child status=0
	traffic_start 4000
	child=$(policy_process)
	sleep 0.2
	kill -9 "$child"
	wait "$(kernel_process)" || status=$?
	is "$status" 1
	grep -q 'policy process was ended by signal 9' "$LAN_DIR/andy/log"
	lan_in andy nft list table inet ipsecsh >/dev/null
	enforcer_start andy
	traffic_ends_without_a_gap 4000
}

@test "kernel killed under traffic: policy goes at once, a new enforcer starts without waiting, nothing opens" {
	local child i
	traffic_start 6000
	for i in 1 2 3 4 5; do
		child=$(policy_process)
		enforcer_end andy KILL
		# No pause, no second try: lan_enforcer fails when the lock or the socket is taken.
		enforcer_start andy
		lan_wait "policy $child to go" gone "$child"
		[ -S "$LAN_DIR/andy/run/enforcerd.sock" ]
		lan_in andy "$BUILD/ipsecsh" dynamic show all >/dev/null
	done
	run ! grep -q 'another enforcer' "$LAN_DIR/andy/log"
	traffic_ends_without_a_gap 6000
}

@test "SIGTERM to kernel: enforcement is removed and both end well" {
	local child status=0
	child=$(policy_process)
	kill -TERM "$(kernel_process)"
	wait "$(kernel_process)" || status=$?
	is "$status" 0
	gone "$child"
	run ! lan_in andy nft list table inet ipsecsh
	[ ! -e "$LAN_DIR/andy/run/enforcerd.sock" ]
	expect open carol udp 4 7
}

@test "SIGTERM to both at once, as a terminal's ^C or a service manager sends it, ends well too" {
	local child status=0
	child=$(policy_process)
	kill -TERM "$(kernel_process)" "$child"
	wait "$(kernel_process)" || status=$?
	is "$status" 0
	gone "$child"
	run ! lan_in andy nft list table inet ipsecsh
}

@test "SIGHUP reaches policy, and both live on" {
	local child
	child=$(policy_process)
	kill -HUP "$(kernel_process)"
	on andy add filter filterlist=L1 srcaddr=any dstaddr=me protocol=udp dstport=8
	is "$(policy_process)" "$child"
}

@test "the service manager hears what is in force, READY and STOPPING from kernel, the process it knows" {
	local pid
	enforcer_end andy TERM
	manager 4
	enforcer_start andy
	pid=${ENFORCER[andy]}
	on andy set policy P newname=Q
	enforcer_end andy TERM
	wait "$MANAGER"
	is "$(cat "$LAN_DIR/notified")" "STATUS=Secure, policy 'P' from $pid
READY=1 from $pid
STATUS=Secure, policy 'Q' from $pid
STOPPING=1 from $pid"
}

@test "the watchdog hears of policy, from kernel, until policy hangs" {
	local n
	enforcer_end andy TERM
	manager 100000
	export WATCHDOG_USEC=100000
	enforcer_start andy
	lan_wait "three beats" beats_exceed 2 "${ENFORCER[andy]}"
	kill -STOP "$(policy_process)"
	sleep 0.2 # what is on its way arrives
	n=$(beats "${ENFORCER[andy]}")
	sleep 0.5
	is "$(beats "${ENFORCER[andy]}")" "$n"
	kill -CONT "$(policy_process)"
	lan_wait "more beats" beats_exceed "$n" "${ENFORCER[andy]}"
	kill "$MANAGER"
}

@test "clients that stop in the middle stall nobody" {
	local i clients=()
	for ((i = 0; i < 8; i++)); do
		lan_exec andy "$BUILD/ipsecsh" dynamic show all >/dev/null 2>&1 3>&- &
		clients+=("$!")
		sleep "0.00$i"
		kill -STOP "$!" 2>/dev/null || true
	done
	lan_exec andy timeout 5 "$BUILD/ipsecsh" static add filter filterlist=L1 srcaddr=any dstaddr=me protocol=udp dstport=9 3>&- &
	wait $!
	lan_in andy nft list table inet ipsecsh | grep -q 'udp . 9'
	kill -CONT "${clients[@]}" 2>/dev/null || true
	wait "${clients[@]}" || true
}

@test "the second process is nobody's to start" {
	run lan_in andy timeout 5 "$BUILD/ipsec-enforcerd" --policy-process
	[ "$status" -ne 0 ]
}
