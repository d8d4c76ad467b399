#!/usr/bin/env bats
# bats file_tags=vm
# Tunnels that IKE negotiates: the nets of tunnel.bats, with a daemon at each gateway. Runs inside the guest (make check-vm).

load ike
load tunnel

setup_file() {
	local host
	hosts andy betty carol dave
	behind andy carol 1 2 betty
	behind betty dave 2 1 andy
	serve carol udp:7
	serve dave udp:7
	serve andy udp:7
	for host in andy betty; do
		enforcer_start $host
		iked_start $host
	done
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
	[ -n "${BATS_TEST_COMPLETED:-}" ] || what_is
}

# Nothing of before is left, and these are the methods from now on.
anew() { # METHODS
	local host
	methods "$1"
	for host in andy betty; do lan_in $host "$BUILD/ipsecsh" dynamic delete sa all >/dev/null || true; done # or there are none
}
# What is held is held for the first packet: each address family has its tunnels.
crossing() { # KIND STATES
	local before
	before=$(captured "$1")
	across open carol 10.2.0.3
	across open carol 2001:db8:2::3
	across open dave 10.1.0.3
	across open andy 10.2.0.3
	is "$(captured_nets)" 0
	[ $(($(captured "$1") - before)) -ge 8 ]
	is "$(states andy)" "$2 "
	is "$(states betty)" "$2 "
}

@test "two nets, one tunnel of IKE each way and family: ESP, AH, and both, forwarded packets and the gateways' own" {
	local methods kind want
	capture_start andy
	while read -r methods kind want; do
		echo "$methods"
		anew "$methods"
		crossing "$kind" "$want"
	done <<-'END'
		ESP[3DES,SHA1] ESP esp/cbc(des3_ede)/192/hmac(sha1)
		ESP[AESGCM128] ESP esp/rfc4106(gcm(aes))/160
		AH[SHA1] AH ah/hmac(sha1)
		AH[SHA1]+ESP[AES128,None] AH.*ESP ah/hmac(sha1) esp/cbc(aes)/128
	END
	capture_end
	[ "$(lan_in andy ip xfrm state list | grep -c 'mode tunnel')" -ge 4 ]
}

@test "the far gateway's daemon ends: nothing crosses in clear; it comes again, and all does" {
	anew "ESP[3DES,SHA1]"
	capture_start andy
	across open carol 10.2.0.3
	iked_end betty TERM
	across shut carol 10.2.0.3
	across shut dave 10.1.0.3
	iked_start betty
	across open carol 10.2.0.3
	across open dave 2001:db8:1::3
	is "$(captured_nets)" 0
	capture_end
}
