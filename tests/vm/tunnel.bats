#!/usr/bin/env bats
# bats file_tags=vm
# Real tunnels. andy and betty are gateways, carol is behind andy (10.1.0.0/24, 2001:db8:1::/64), dave behind betty
# (10.2.0.0/24, 2001:db8:2::/64). Each gateway has a rule for each direction, as Windows wants them. Runs inside the
# guest (make check-vm).

load tunnel

setup_file() {
	hosts andy betty carol dave
	behind andy carol 1 2 betty
	behind betty dave 2 1 andy
	serve carol udp:7
	serve dave udp:7
	serve andy udp:7
	enforcer_start andy
	enforcer_start betty
	tunnel_rules andy 1 2 betty
	tunnel_rules betty 2 1 andy
	hosts_keep
}
teardown_file() {
	hosts_again
	hosts_down
}
setup() { hosts_again; }
teardown() {
	[ -z "${CAPTURE:-}" ] || capture_end 2>/dev/null || true # still running after a failure
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$LAN_DIR"/*/log
}

# Everything passes both ways, begun from both sides, also what the gateways themselves say, in packets of that KIND.
all_across() { # KIND
	across open carol 10.2.0.3
	across open carol 2001:db8:2::3
	across open dave 10.1.0.3
	across open andy 10.2.0.3
	across open andy 2001:db8:2::3
	across open dave 2001:db8:1::1
	[ "$(captured_now "$1")" -ge 12 ] && is "$(captured_nets)" 0 && return
	cat "$LAN_DIR/capture"
	return 1
}

@test "two nets, a tunnel each way: what is forwarded and what the gateways say, in ESP, in AH, and in AH around ESP" {
	capture_start andy
	associate tunnel esp-aes256-sha256
	all_across ESP
	methods "AH[SHA1]"
	associate tunnel ah-sha1
	all_across AH
	methods "AH[SHA1]+ESP[3DES,None]"
	associate tunnel esp-gcm ah-md5
	all_across "AH.*ESP"
	capture_end
}

@test "without associations nothing is forwarded; a clear packet of the far net is not taken, with or without them" {
	methods "ESP[3DES,SHA1]"
	associate tunnel esp-gcm
	on betty set policy P assign=no
	capture_start andy
	across shut dave 10.1.0.3
	across shut dave 2001:db8:1::3
	across shut dave 10.1.0.1
	[ "$(captured_nets)" -ge 3 ]
	capture_end
	on betty set policy P assign=yes
	capture_start andy
	across open dave 10.1.0.3
	lan_in betty ip xfrm state flush
	across shut dave 10.1.0.3
	across shut carol 10.2.0.3
	lan_in andy ip xfrm state flush
	across shut carol 10.2.0.3
	across shut andy 2001:db8:2::3
	is "$(captured_nets)" 0
	capture_end
}
