#!/usr/bin/env bats
# bats file_tags=vm
# However a guest ends, its test ends with it and says how.

load ../../bats/helpers

guest() { # SECONDS COMMAND...
	local limit=$1
	shift
	"$ROOT/tools/vm-run" -t "$limit" "${IPSECSH_VM_CACHE:-$BUILD/vm}" "$@"
}

@test "a panic ends the guest and shows the console" {
	run guest 200 sh -c 'echo before; sleep 1; echo c >/proc/sysrq-trigger'
	is "$status" 125
	[[ $output == before*"# the guest failed: it ended without a result"*"# "*"Kernel panic"* ]]
}

@test "a guest that hangs is ended at its limit" {
	run guest 15 sleep 1000
	is "$status" 124
	[[ $output == *"# the guest failed: it ran into the limit of 15 s"* ]]
}

@test "two guests at once get one kernel and do not meet" {
	cd "$BATS_TEST_TMPDIR"
	guest 200 sh -c 'echo one >/etc/mark; sleep 2; cat /etc/mark; pwd' >one 3>&- &
	guest 200 sh -c 'echo two >/etc/mark; sleep 2; cat /etc/mark; pwd' >two
	wait $!
	is "$(cat one two)" "one"$'\n'"$PWD"$'\n'"two"$'\n'"$PWD"
	[ ! -e /etc/mark ]
}

guest_of() { local t; t=$(pgrep -P "$1" -f 'timeout --foreground') && pgrep -P "$t" -f qemu-system; }
gone() { case $(ps -o stat= -p "$1") in '' | Z*) ;; *) return 1 ;; esac; }
@test "killed outright, what runs a guest leaves none behind" {
	local runner machine
	"$ROOT/tools/vm-run" -t 60 "${IPSECSH_VM_CACHE:-$BUILD/vm}" sleep 1000 >/dev/null 2>&1 3>&- &
	runner=$!
	for ((i = 0; i < 300; i++)); do machine=$(guest_of "$runner") && break || sleep 0.1; done
	[ -n "$machine" ]
	kill -9 "$runner"
	for ((i = 0; i < 50; i++)); do gone "$machine" && break || sleep 0.1; done
	gone "$machine"
}
