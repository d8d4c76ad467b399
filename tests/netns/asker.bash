# shellcheck shell=bash
# Words of tests with the double of IKE that asks an enforcer's kernel process for things (ike_asker.c).

declare -gA ASKER=() # host -> pid

asker() { # HOST
	local dir=$LAN_DIR/$1
	[ -p "$dir/in" ] || mkfifo "$dir/in"
	: >"$dir/asker"
	lan_exec "$1" "$BUILD/tests/netns/ike_asker" "$dir/run" <>"$dir/in" >>"$dir/asker" 2>&1 3>&- &
	# shellcheck disable=SC2034 # for the tests
	ASKER[$1]=$!
	hears "$1" '^connected'
}
tell() { # HOST COMMAND
	local host=$1
	shift
	echo "$*" >"$LAN_DIR/$host/in"
}
heard() { [ "$(grep -cE "$2" "$LAN_DIR/$1/asker")" -ge "$3" ]; }
hears() { lan_wait "'$2' on $1" heard "$1" "$2" "${3:-1}"; } # HOST PATTERN [TIMES]
# answers HOST PATTERN COMMAND...: the next answer is that. It is in $ANSWER.
answers() {
	local host=$1 pattern=$2 n
	shift 2
	n=$(grep -cE '^(done|refused)' "$LAN_DIR/$host/asker" || true)
	tell "$host" "$@"
	hears "$host" '^(done|refused)' $((n + 1))
	ANSWER=$(grep -E '^(done|refused)' "$LAN_DIR/$host/asker" | tail -n 1)
	[[ $ANSWER =~ $pattern ]] || { echo "$host: $*: $ANSWER"; return 1; }
}
