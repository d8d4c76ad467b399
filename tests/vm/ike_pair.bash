# shellcheck shell=bash
# Andy and betty, each with enforcer and IKE daemon, for all tests of a file; each test begins with empty stores.

load ike

setup_file() {
	local host
	hosts andy betty
	serve andy tcp:23 tcp:80 udp:7
	for host in andy betty; do
		enforcer_start $host
		iked_start $host
	done
	hosts_keep
}
teardown_file() {
	hosts_again
	hosts_down
}
setup() { hosts_again; }
teardown() {
	local host
	[ -z "${CAPTURE:-}" ] || capture_end 2>/dev/null || true # still running after a failure
	[ -n "${BATS_TEST_COMPLETED:-}" ] || what_is
	for host in andy betty; do on $host delete all >/dev/null; done
}
