# shellcheck shell=bash
# Words of the tests of ipsec-iked: the daemon with a double of its enforcer (ike_enforcer.c) on hosts of hosts.bash.
# FAMILY=6 makes them speak IPv6.

load ../netns/hosts
declare -gA DOUBLE=() IKED=() # host -> pid

# For teardown; shows what was said when the test failed.
iked_hosts_down() {
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then tail -n 30 "$LAN_DIR"/*/iked "$LAN_DIR"/*/double 2>/dev/null || true; fi
	hosts_down
}

# key HOST TEXT: a policy with that preshared key in its store
key() {
	on "$1" add policy P
	on "$1" add filterlist L
	on "$1" add filter L any me
	on "$1" add filteraction protect action=negotiate
	on "$1" add rule R P filterlist=L filteraction=protect psk="$2"
}

# double HOST PEER [WORD...]: its enforcer, for the words see ike_enforcer.c. tell HOST COMMAND talks to it.
double() {
	local host=$1 peer=$2 dir=$LAN_DIR/$1
	shift 2
	[ -p "$dir/in" ] || mkfifo "$dir/in"
	lan_exec "$host" "$BUILD/tests/netns/ike_enforcer" "$dir/run" "$dir/state" "$(lan_address "$host" "${FAMILY:-}")" \
		"$(lan_address "$peer" "${FAMILY:-}")" "$@" <>"$dir/in" >>"$dir/double" 2>&1 3>&- &
	# shellcheck disable=SC2034 # the tests read it
	DOUBLE[$host]=$!
}
tell() { echo "$2" >"$LAN_DIR/$1/in"; }

iked() { # HOST [OPTION...]
	local host=$1
	shift
	lan_exec "$host" "$BUILD/ipsec-iked" "$@" >>"$LAN_DIR/$host/iked" 2>&1 3>&- &
	IKED[$host]=$!
}
# hears HOST FILE PATTERN [TIMES]: waits for so many such lines
heard() { [ "$(grep -cE "$1" "$2")" -ge "$3" ]; }
hears() { lan_wait "'$3' of $1" heard "$3" "$LAN_DIR/$1/$2" "${4:-1}"; }
# absent PATTERN FILE...: no such line anywhere
absent() {
	if grep -E "$@"; then return 1; fi
}
ready() { hears "$1" double '^PROFILE_DONE' "${2:-1}"; }
process() { pgrep -f "ipsec-iked --$2-process" --ns "${IKED[$1]}" --nslist net; } # HOST net|keys
alone() { [ -z "$(ip netns pids "$1-$LAN_TAG")" ]; } # HOST: nothing runs there
ends_with() { # HOST STATUS
	local status=0
	wait "${IKED[$1]}" || status=$?
	[ "$status" -eq "$2" ]
}
