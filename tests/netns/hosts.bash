# shellcheck shell=bash
# Words of the namespace tests: hosts with an enforcer each, and what a packet between them does.
# andy is the host whose policy is tried unless a test says otherwise.

load ../bats/helpers
# shellcheck source=tools/lan.bash
. "$ROOT/tools/lan.bash"
PROBE=$BUILD/tools/probe
declare -gA ENFORCER=() # host -> pid

# hosts andy betty ...: for setup. Skips the test, with the reason, where the kernel or the user cannot.
hosts() {
	local why
	why=$(lan_possible) || skip "$why"
	lan_up "$@"
}

# For teardown; shows what the enforcers said when the test failed.
hosts_down() {
	if [ -z "${BATS_TEST_COMPLETED:-}" ] && [ -n "$LAN_DIR" ]; then tail -n 20 "$LAN_DIR"/*/log "$LAN_DIR"/*/iked 2>/dev/null || true; fi
	lan_down
}

# One set of hosts for a whole file, where starting them is slow: hosts_keep at the end of setup_file, hosts_again in
# setup, and hosts_again with hosts_down in teardown_file.
hosts_keep() { declare -p LAN_TAG LAN_DIR LAN_NUMBER ENFORCER IKED >"$BATS_FILE_TMPDIR/hosts"; }
hosts_again() {
	# shellcheck source=/dev/null # sourced in a function, plain declare would make locals
	. <(sed 's/^declare -[-]*/declare -g/' "$BATS_FILE_TMPDIR/hosts")
}

enforcer_start() { # HOST
	lan_enforcer "$1" "$BUILD" 3>&-
	ENFORCER[$1]=$!
}
# enforcer_end HOST SIGNAL: until all its processes are gone, so that nobody listens any more
enforcer_end() {
	local pid children
	mapfile -t children < <(pgrep -P "${ENFORCER[$1]}")
	kill "-$2" "${ENFORCER[$1]}"
	wait "${ENFORCER[$1]}" 2>/dev/null || true
	for pid in "${children[@]}"; do lan_wait "the end of process $pid" process_gone "$pid"; done
}
process_gone() { case $(ps -o stat= -p "$1") in '' | Z*) ;; *) return 1 ;; esac; }

declare -gA IKED=() # host -> pid
iked_start() { # HOST
	lan_iked "$1" "$BUILD" 3>&-
	IKED[$1]=$!
}
iked_end() { # HOST SIGNAL
	kill "-$2" "${IKED[$1]}"
	wait "${IKED[$1]}" 2>/dev/null || true
}

# on HOST words of the static context...
on() {
	local host=$1
	shift
	lan_in "$host" "$BUILD/ipsecsh" static "$@"
}
run_bat() { lan_in "$1" "$BUILD/ipsecsh" "$ROOT/batch-examples/$2"; }
serve() { # HOST tcp:PORT|udp:PORT...
	local host=$1
	shift
	lan_serve "$host" "$PROBE" "$@"
}

# A policy P on andy, assigned, with the actions "permit", "block" and "protect".
policy() {
	on andy add policy P activatedefaultrule=no assign=yes
	on andy add filteraction permit action=permit
	on andy add filteraction block action=block
	on andy add filteraction protect action=negotiate
}
# says ACTION FILTER-TAGS...: one more list with one filter and a rule for it in P.
says() {
	local action=$1 name
	shift
	RULES=$((${RULES:-0} + 1))
	name=L$RULES
	on andy add filter filterlist=$name "$@"
	on andy add rule $name P filterlist=$name filteraction="$action" psk=secret
}

# expect WANT FROM KIND FAMILY PORT [OPTIONS]: KIND tcp, udp or ping (PORT is - then), to $TARGET (andy).
# WANT: open, or shut (no answer, or our own host would not send it).
expect() {
	local want=$1 from=$2 kind=$3 family=$4 port=$5 got
	shift 5
	[ "$port" != - ] || port=
	# shellcheck disable=SC2086 # no port, no word
	got=$(lan_in "$from" "$PROBE" "$kind" "$(lan_address "${TARGET:-andy}" "$family")" $port -t 400 "$@") || true
	case $want:$got in
	open:open | shut:silent | shut:unreachable) return ;;
	esac
	echo "$from $kind IPv$family $port $*: $got, should be $want"
	return 1
}
# The same for IPv4 and IPv6.
both() { # WANT FROM KIND PORT [OPTIONS]
	local want=$1 from=$2 kind=$3 port=$4
	shift 4
	expect "$want" "$from" "$kind" 4 "$port" "$@"
	expect "$want" "$from" "$kind" 6 "$port" "$@"
}
# Address tags of a host in both families, one filter each.
says_both() { # ACTION FROM-HOST TAGS...: srcaddr is that host
	local action=$1 host=$2
	shift 2
	says "$action" srcaddr="$(lan_address "$host")" "$@"
	says "$action" srcaddr="$(lan_address "$host" 6)" "$@"
}

# Everything on a host's wire into a file, until capture_end. At the other end of the wire: on the host's own device
# shows up once more, in clear, what came out of a tunnel.
capture_start() { # HOST
	ip netns exec "lan-$LAN_TAG" tcpdump -n -l -i "$1" --immediate-mode 'ip or ip6' >"$LAN_DIR/capture" 2>"$LAN_DIR/tcpdump" 3>&- &
	CAPTURE=$!
	lan_wait tcpdump grep -q 'listening on' "$LAN_DIR/tcpdump"
}
capture_end() {
	kill "$CAPTURE"
	wait "$CAPTURE" 2>/dev/null || true
	CAPTURE=
}
captured_on_port() { grep -cE "[.]$1[: ]" "$LAN_DIR/capture" || true; }

# From now on what programs that start tell a service manager is in $LAN_DIR/notified, until COUNT messages have come.
manager() { # COUNT
	export NOTIFY_SOCKET=$LAN_DIR/notify
	"$PROBE" notified "$NOTIFY_SOCKET" "$1" >"$LAN_DIR/notified" 3>&- &
	# shellcheck disable=SC2034 # for the tests
	MANAGER=$!
	lan_wait "the manager's socket" test -S "$NOTIFY_SOCKET"
}
# How often its watchdog heard of a process.
beats() { grep -c "^WATCHDOG=1 from $1$" "$LAN_DIR/notified" || true; } # PID
beats_exceed() { [ "$(beats "$2")" -gt "$1" ]; }                        # TIMES PID

# no_core PID: it leaves none, whatever becomes of it.
no_core() { grep -qE '^Max core file size +0 +0 ' "/proc/$1/limits"; }

# The kernel's copy of our table without counters and in an order of its own, for comparing; either name of a set is the same.
table_text() { # HOST [TABLE]
	lan_in "$1" nft -s list table inet "${2:-ipsecsh}" 2>&1 | tr ',' '\n' | sed 's/_g1\b//; s/^[[:space:]]*//; s/[[:space:]]*$//' | sort
}
