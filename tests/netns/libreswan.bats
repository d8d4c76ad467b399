#!/usr/bin/env bats
# ipsec-iked on andy against libreswan's pluto on betty, in both roles, as strongswan.bats has it with charon.
#
# AH+ESP cannot be agreed on with it either: "The old mode of ah+esp is no longer supported in compliance with RFC 8221 Section 4"
# (ipsec.conf(5) of libreswan 4.10, phase2=), and phase2=ah+esp it refuses to read ("keyword phase2, invalid value: ah+esp"). As
# responder it says "no acceptable Proposal in IPsec SA": a connection of its is of one kind.

load iked
load ../peer/peers

# shellcheck disable=SC2034 # peers.bash reads it
DAEMON=libreswan
setup() { peer_hosts libreswan/pluto; }
teardown() { peer_hosts_down; }

DEFAULTS=(type=transport ike=aes256-sha2_256-modp2048 esp=aes128-sha1-modp2048)
@test "main mode and quick mode, begun by either, IPv4 and IPv6: both kernels hold the same keys" {
	begun_by_either "${DEFAULTS[@]}"
}

@test "other offers, in both roles: ciphers, NULL encryption, AH, PFS with another group" {
	both_ways <<-'END'
		mm=3des-sha1-5;qm=3des-md5;pfs=0 ike=3des-sha1-modp1536;esp=3des-md5;pfs=no;type=transport
		mm=aes128-sha1-14;qm=aesgcm256;pfs=14 ike=aes128-sha1-modp2048;esp=aes_gcm256-null-modp2048;type=transport
		mm=aes256-sha512-16;qm=aes256-sha256;pfs=0 ike=aes256-sha2_512-modp4096;esp=aes256-sha2_256;pfs=no;type=transport
		mm=aes256-sha256-19;qm=aes128-sha1;pfs=0 ike=aes256-sha2_256-dh19;esp=aes128-sha1;pfs=no;type=transport
		mm=aes256-sha256-21;qm=null-sha1;pfs=0 ike=aes256-sha2_256-dh21;esp=null-sha1;pfs=no;type=transport
		mm=aes128-sha256-14;qm=aes128-sha1;pfs=16 ike=aes128-sha2_256-modp2048;esp=aes128-sha1-modp4096;type=transport
		mm=aes128-sha256-14;qm=ah:sha1;pfs=0 ike=aes128-sha2_256-modp2048;phase2=ah;phase2alg=sha1;pfs=no;type=transport
		mm=aes128-sha256-14;qm=ah:sha256;pfs=14 ike=aes128-sha2_256-modp2048;phase2=ah;phase2alg=sha2_256-modp2048;type=transport
		qm=ah:sha1+aes128-sha1,aes128-sha1;pfs=0 ike=aes256-sha2_256-modp2048;esp=aes128-sha1;pfs=no;type=transport
	END
}

@test "tunnels, and IPv6, in both roles: ESP, NULL encryption, AH" {
	local four='tunnel=10.1.0.0/24,10.2.0.0/16' six='tunnel=2001:db8:1::/64,2001:db8:2::/48'
	local four_there='ike=aes256-sha2_256-modp2048;type=tunnel;leftsubnet=10.2.0.0/16;rightsubnet=10.1.0.0/24'
	local six_there='ike=aes256-sha2_256-modp2048;type=tunnel;leftsubnet=2001:db8:2::/48;rightsubnet=2001:db8:1::/64'
	both_ways <<-END
		$four $four_there;esp=aes128-sha1-modp2048
		$four;qm=ah:sha256;pfs=0 $four_there;phase2=ah;phase2alg=sha2_256;pfs=no
	END
	FAMILY=6 both_ways <<-END
		qm=ah:sha1;pfs=14 ike=aes256-sha2_256-modp2048;phase2=ah;phase2alg=sha1-modp2048;type=transport
		qm=null-sha1;pfs=0 ike=aes256-sha2_256-modp2048;esp=null-sha1;pfs=no;type=transport
		$six;qm=aesgcm128;pfs=14 $six_there;esp=aes_gcm128-null-modp2048
		$six;qm=ah:sha1;pfs=0 $six_there;phase2=ah;phase2alg=sha1;pfs=no
	END
}

@test "AH+ESP, which it does not know: refused, and the reason is named" {
	no_bundles ike=aes256-sha2_256-modp2048 esp=aes128-sha1 pfs=no type=transport
}

@test "new keys for quick mode and a new main mode, asked for by either" {
	meet '' "${DEFAULTS[@]}"
	begins andy
	same_keys 1
	tell andy renew
	same_keys 2
	part

	# It renews both 25 s before their end, so after five.
	meet '' "${DEFAULTS[@]}" ikelifetime=30s salifetime=30s rekeymargin=25s rekeyfuzz=0%
	begins betty
	same_keys 1
	hears andy iked 'main mode is up' 2
	same_keys 2
	tell andy renew
	same_keys 3
}

@test "either deletes: nothing is left at the other" {
	meet '' "${DEFAULTS[@]}"
	begins andy
	same_keys 1
	tell andy delete
	lan_wait "its end at betty" libreswan_none
	part

	meet '' "${DEFAULTS[@]}"
	begins betty
	same_keys 1
	whack betty --terminate --name c
	hears andy double '^del ' 2
	main_modes 0
}

@test "a NAT before us, and one before it" {
	local host
	for host in andy betty; do
		lan_in $host nft 'table ip nat { chain out { type nat hook postrouting priority 100; udp sport 500 masquerade to :10500; udp sport 4500 masquerade to :14500; }; }'
		meet '' "${DEFAULTS[@]}"
		begins $host
		same_keys 1
		[ "$(grep -c '^sa .* in UDP key' "$LAN_DIR/andy/double")" -eq 2 ]
		[ "$(grep -c '^sa .* in UDP key' "$LAN_DIR/betty/sad")" -eq 2 ]
		part
		lan_in $host nft delete table ip nat
	done
}

@test "another key, or nothing in common: no association, and the reason is named" {
	BETTYS_KEY="another text" meet '' "${DEFAULTS[@]}"
	begins betty # as responder pluto says nothing to a wrong key
	hears andy double '^event 7 .*AUTH_FAIL'
	part
	meet '' type=transport ike=aes256-sha2_256-modp2048 esp=aes256-sha2_512-modp2048
	begins andy
	hears andy double '^event 7 POLICY_MATCH'
	part
	meet '' type=transport ike=aes128-sha1-modp2048 esp=aes128-sha1-modp2048
	begins betty
	hears andy double '^event 7 POLICY_MATCH'
	absent '^sa ' "$LAN_DIR/andy/double" "$LAN_DIR/betty/sad"
}
