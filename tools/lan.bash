# shellcheck shell=bash
# Hosts on one machine: network namespaces joined by a bridge in a namespace of its own. For the demo, the
# namespace tests and the benchmark. Source it, then:
#   lan_up andy betty carol   makes the hosts; addresses 192.0.2.N and 2001:db8::N in the order given
#   lan_in HOST COMMAND...    runs a command there, with that host's own IPSECSH_STATE and IPSECSH_RUN
#   lan_address HOST [6]      prints its address
#   lan_wait WHAT COMMAND...  waits until it succeeds
#   lan_down                  ends what runs in them and removes everything; put it into a trap
# Names carry the pid of the script, so that runs do not meet; LAN_DIR is a private folder.

LAN_TAG=${LAN_TAG:-$$}
LAN_DIR=
declare -gA LAN_NUMBER=() # -g: bats loads this from inside a function

# Can this kernel, and this user, do it? Says why not.
lan_possible() {
	[ -z "${LAN_POSSIBLE:-}" ] || return 0 # somebody made sure
	local ns=probe-$LAN_TAG
	[ "$(id -u)" = 0 ] || { echo "needs root"; return 1; }
	ip netns add "$ns" 2>/dev/null || { echo "network namespaces cannot be made here"; return 1; }
	local why=
	ip -n "$ns" link add b0 type bridge 2>/dev/null || why="this kernel has no bridge"
	ip netns exec "$ns" nft 'add table inet t' 2>/dev/null || why="this kernel has no nf_tables"
	ip -n "$ns" xfrm policy list >/dev/null 2>&1 || why="this kernel has no XFRM"
	ip netns exec "$ns" true 2>/dev/null || why="ip netns exec does not work here (is / a mount point?)"
	ip netns delete "$ns"
	[ -z "$why" ] || { echo "$why"; return 1; }
}

lan_up() {
	local host n=0
	LAN_DIR=$(mktemp -d "${TMPDIR:-/tmp}/ipsecsh-lan.XXXXXX")
	ip netns add "lan-$LAN_TAG"
	lan_ip "lan-$LAN_TAG" 'link add br0 type bridge stp_state 0 forward_delay 0' 'link set br0 up'
	for host in "$@"; do
		n=$((n + 1))
		LAN_NUMBER[$host]=$n
		lan_add_host "$host" "$n"
	done
}

# Commands of ip(8) in a namespace, by one process: a guest is slow at starting them.
lan_ip() { # NAMESPACE COMMAND...
	local ns=$1
	shift
	printf '%s\n' "$@" | ip -n "$ns" -batch -
}

lan_add_host() { # HOST NUMBER
	local ns=$1-$LAN_TAG
	ip netns add "$ns"
	lan_ip "$ns" 'link set lo up' "link add eth0 type veth peer name $1 netns lan-$LAN_TAG" \
		"address add 192.0.2.$2/24 dev eth0" "address add 2001:db8::$2/64 dev eth0 nodad" 'link set eth0 up'
	lan_ip "lan-$LAN_TAG" "link set $1 master br0 up"
	mkdir -m 0700 "$LAN_DIR/$1"
	mkdir -m 0700 "$LAN_DIR/$1/state" "$LAN_DIR/$1/run"
}

lan_in() { (lan_exec "$@"); }
# The same in place of this shell; with & behind it, $! is the pid of the command itself.
lan_exec() { # HOST COMMAND...
	local host=$1
	shift
	exec env IPSECSH_STATE="$LAN_DIR/$host/state" IPSECSH_RUN="$LAN_DIR/$host/run" ip netns exec "$host-$LAN_TAG" "$@"
}

lan_address() { # HOST [6]
	if [ "${2:-}" = 6 ]; then echo "2001:db8::${LAN_NUMBER[$1]}"; else echo "192.0.2.${LAN_NUMBER[$1]}"; fi
}

# Starts a server in the background and waits until it says that it is ready.
lan_serve() { # HOST PROBE tcp:PORT|udp:PORT...
	local host=$1 probe=$2
	shift 2
	lan_exec "$host" "$probe" serve "$@" >"$LAN_DIR/$host/server" 2>&1 3>&- &
	lan_wait "the server on $host" grep -q ready "$LAN_DIR/$host/server"
}

# Starts the enforcer of that build in the background ($! is its pid); what the store holds is in force then.
lan_enforcer() { # HOST BUILD
	local log=$LAN_DIR/$1/log
	: >"$log"
	lan_exec "$1" "$2/ipsec-enforcerd" >>"$log" 2>&1 &
	lan_wait "the enforcer on $1" grep -q started "$log" || { cat "$log" >&2; return 1; }
}

# Starts the IKE daemon of that build in the background ($! is its pid); its enforcer's policy is in force there then.
lan_iked() { # HOST BUILD
	local log=$LAN_DIR/$1/iked
	: >"$log"
	lan_exec "$1" "$2/ipsec-iked" >>"$log" 2>&1 &
	lan_wait "the IKE daemon on $1" grep -q 'policy .* is in force' "$log" || { cat "$log" >&2; return 1; }
}

# Waits until a command succeeds, LAN_PATIENCE seconds at most, however long the command itself takes.
lan_wait() { # WHAT COMMAND...
	local what=$1 until=$((SECONDS + ${LAN_PATIENCE:-30}))
	shift
	while ! "$@"; do
		if ((SECONDS > until)); then
			echo "waited ${LAN_PATIENCE:-30} s for $what" >&2
			return 1
		fi
		sleep 0.01
	done
}

lan_down() {
	local host ns pids
	for host in "${!LAN_NUMBER[@]}"; do
		ns=$host-$LAN_TAG
		pids=$(ip netns pids "$ns" 2>/dev/null)
		# Waiting keeps the shell from reporting each of them; not all are our children.
		# shellcheck disable=SC2086 # a list of numbers
		[ -z "$pids" ] || { kill -9 $pids; wait $pids || true; } 2>/dev/null
		ip netns delete "$ns" 2>/dev/null
	done
	LAN_NUMBER=()
	ip netns delete "lan-$LAN_TAG" 2>/dev/null
	[ -z "$LAN_DIR" ] || rm -rf "$LAN_DIR"
	return 0
}
