#!/usr/bin/env bats
# bats file_tags=vm
# Tunnels that IKE negotiates: the nets of tunnel.bats, with a daemon at each gateway. Runs inside the guest (make check-vm).

load ike
load tunnel

setup_file() {
	local host
	hosts andy betty carol dave erin
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

# What betty sends to IKE's ports comes from these, and what is sent to these comes to her: a NAT without a memory. Its checksum is left out.
nat() { # FOR-500 FOR-4500
	lan_in betty nft -f - <<-END
		table ip nat { }
		delete table ip nat
		table ip nat {
			chain out {
				type filter hook postrouting priority 100
				udp sport 500 udp sport set $1 udp checksum set 0
				udp sport 4500 udp sport set $2 udp checksum set 0
			}
			chain in {
				type filter hook prerouting priority -300
				udp dport $1 udp dport set 500 udp checksum set 0
				udp dport $2 udp dport set 4500 udp checksum set 0
			}
		}
	END
}
# What andy's policies say beside the plan's, and the ports that its associations have for betty.
granted() { lan_in andy ip -s xfrm policy | grep -B1 -A12 ' uid [1-9]' | grep -E '^src|dir|tmpl|proto' || true; }
nat_ports() { lan_in andy ip xfrm state list | grep -o '[sd]port [12]4500' | sort | uniq -c | tr -s ' \n' ' '; }
in_udp() { grep -cE "$1: UDP-encap: ESP" "$LAN_DIR/capture" || true; } # FROM > TO, as tcpdump says it
crossed() { across open "$@" >/dev/null; }
# What came to carol from erin, who says that she is in betty's net.
forged() {
	lan_in erin "$PROBE" udp 10.1.0.3 7 -t 400 >/dev/null || true
	lan_in carol nft list chain ip seen in | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

@test "the far gateway's NAT gives it another port: the tunnel goes on to that, its FWD policy stands, and nothing clear is forwarded" {
	local spis policies before
	lan_ip "erin-$LAN_TAG" "address add 10.2.0.9/32 dev lo" "route add 10.1.0.0/24 via $(lan_address andy) src 10.2.0.9"
	lan_in carol nft 'table ip seen { chain in { type filter hook input priority 0; ip saddr 10.2.0.9 counter; }; }'
	nat 10500 14500
	anew "ESP[3DES,SHA1]"
	on andy set filteraction protect qmsecmethods="AH[SHA1] ESP[3DES,SHA1]" # so ESP needs policies beside the plan's
	capture_start andy
	across open dave 10.1.0.3
	is "$(nat_ports)" " 1 dport 14500 1 sport 14500 "
	spis=$(spis andy) policies=$(granted)
	[[ $policies == *"dir fwd"*"proto esp"* ]]
	[ "$(in_udp "192.0.2.2.14500 > 192.0.2.1.4500")" -ge 1 ]
	[ "$(in_udp "192.0.2.1.4500 > 192.0.2.2.14500")" -ge 1 ]
	is "$(forged)" 0

	nat 20500 24500
	lan_wait "an answer at the new port" crossed dave 10.1.0.3
	is "$(nat_ports)" " 1 dport 24500 1 sport 24500 "
	is "$(granted)" "$policies"
	is "$(spis andy)" "$spis"
	before=$(in_udp "192.0.2.1.4500 > 192.0.2.2.24500")
	across open carol 10.2.0.3
	[ "$(in_udp "192.0.2.1.4500 > 192.0.2.2.24500")" -gt "$before" ]
	[ "$(in_udp "192.0.2.2.24500 > 192.0.2.1.4500")" -ge 2 ]
	is "$(forged)" 0
	is "$(grep -v ' 10[.]2[.]0[.]9[.]' "$LAN_DIR/capture" | grep -v '(spi=' | grep -cE '10[.][12][.]0[.]' || true)" 0
	capture_end
	on andy set policy P assign=no
	[ "$(forged)" -ge 1 ] # it was the policy that kept her out
}
