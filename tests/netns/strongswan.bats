#!/usr/bin/env bats
# ipsec-iked on andy against strongSwan's charon on betty, in both roles, with real UDP and crypto. Both kernels are fakes
# that take every association and tell its key: the double of the enforcer, tests/peer/fake_xfrm.c. What becomes of
# associations later is in strongswan_life.bats.
#
# AH+ESP cannot be agreed on with it: "AH+ESP bundles are not supported" (ipsec.conf(5) of strongSwan 5.9.8), and it skips what
# it gets of them (get_proposals() of its sa_payload.c: "AH+ESP bundles are not supported in RFC4301 anymore"); its log says
# "received proposals: " and no more. So that is what is tried here: a refusal with a reason, and an offer behind it that is taken.

load iked
load ../peer/peers

# shellcheck disable=SC2034 # peers.bash reads it
DAEMON=strongswan
setup() { peer_hosts charon-systemd; }
teardown() { peer_hosts_down; }

@test "main mode and quick mode, begun by either, IPv4 and IPv6: both kernels hold the same keys" {
	begun_by_either "${SWAN_DEFAULTS[@]}"
}

@test "ciphers, hashes and groups, in both roles" {
	both_ways <<-'END'
		mm=3des-sha1-2;qm=3des-md5;pfs=0 proposals=3des-sha1-modp1024;child.esp_proposals=3des-md5
		mm=des-md5-1;qm=des-md5;pfs=0 proposals=des-md5-modp768;child.esp_proposals=des-md5
		mm=3des-md5-1;qm=null-sha1;pfs=1 proposals=3des-md5-modp768;child.esp_proposals=null-sha1-modp768
		mm=aes128-sha1-5;qm=aes192-sha256;pfs=2 proposals=aes128-sha1-modp1536;child.esp_proposals=aes192-sha256-modp1024
		mm=aes192-sha384-15;qm=aes256-sha384;pfs=0 proposals=aes192-sha384-modp3072;child.esp_proposals=aes256-sha384
		mm=aes256-sha512-16;qm=aes256-sha512;pfs=0 proposals=aes256-sha512-modp4096;child.esp_proposals=aes256-sha512
		mm=aes256-sha256-19;qm=aesgcm128;pfs=19 proposals=aes256-sha256-ecp256;child.esp_proposals=aes128gcm16-ecp256
		mm=aes256-sha384-20;qm=aesgcm256;pfs=20 proposals=aes256-sha384-ecp384;child.esp_proposals=aes256gcm16-ecp384
		mm=aes256-sha512-21;qm=aes128-sha1;pfs=21 proposals=aes256-sha512-ecp521;child.esp_proposals=aes128-sha1-ecp521
	END
}

@test "NULL encryption, PFS with another group, AH, and what stands behind AH+ESP, in both roles" {
	both_ways <<-'END'
		mm=aes128-sha256-14;qm=null-sha256;pfs=19 proposals=aes128-sha256-modp2048;child.esp_proposals=null-sha256-ecp256
		mm=aes128-sha256-14;qm=ah:md5;pfs=0 proposals=aes128-sha256-modp2048;child.ah_proposals=md5
		mm=aes128-sha256-14;qm=ah:sha1;pfs=0 proposals=aes128-sha256-modp2048;child.ah_proposals=sha1
		mm=aes128-sha256-14;qm=ah:sha256;pfs=14 proposals=aes128-sha256-modp2048;child.ah_proposals=sha256-modp2048
		qm=ah:sha1+aes128-sha1,aes128-sha1;pfs=0 proposals=aes256-sha256-modp2048;child.esp_proposals=aes128-sha1
	END
}

@test "tunnels, and IPv6, in both roles: ESP, NULL encryption, AH, PFS with another group" {
	local four='tunnel=10.1.0.0/24,10.2.0.0/16' six='tunnel=2001:db8:1::/64,2001:db8:2::/48'
	local four_there='proposals=aes256-sha256-modp2048;child.mode=tunnel;child.local_ts=10.2.0.0/16;child.remote_ts=10.1.0.0/24'
	local six_there='proposals=aes256-sha256-modp2048;child.mode=tunnel;child.local_ts=2001:db8:2::/48;child.remote_ts=2001:db8:1::/64'
	both_ways <<-END
		$four $four_there;child.esp_proposals=aes128-sha1-modp2048
		$four;qm=ah:sha256;pfs=0 $four_there;child.ah_proposals=sha256
	END
	FAMILY=6 both_ways <<-END
		qm=ah:sha1;pfs=19 proposals=aes256-sha256-modp2048;child.ah_proposals=sha1-ecp256
		qm=null-sha1;pfs=0 proposals=aes256-sha256-modp2048;child.esp_proposals=null-sha1
		$six;qm=aesgcm128;pfs=20 $six_there;child.esp_proposals=aes128gcm16-ecp384
		$six;qm=ah:sha1;pfs=0 $six_there;child.ah_proposals=sha1
	END
}

@test "AH+ESP, which it does not know: refused, and the reason is named" {
	no_bundles proposals=aes256-sha256-modp2048 child.esp_proposals=aes128-sha1 child.ah_proposals=sha1
}

@test "of several offers the first that both have is taken, whoever begins" {
	local who
	for who in andy betty; do
		meet 'mm=aes256-sha512-14,aes128-sha1-14,3des-sha1-2 qm=aesgcm256,aes128-sha1,3des-sha1 pfs=0' \
			proposals=aes192-sha256-modp2048,3des-sha1-modp1024 child.esp_proposals=aes192-sha256,3des-sha1
		begins $who
		same_keys 1
		tell andy list
		hears andy double '^mmsa up group 2'
		grep -q '^sa .* des3_ede sha1 key' "$LAN_DIR/betty/sad"
		part
	done
}

@test "new keys for quick mode, asked for by either" {
	meet '' "${SWAN_DEFAULTS[@]}"
	tell andy acquire
	same_keys 1
	tell andy renew
	same_keys 2
	swan betty --rekey --child c
	same_keys 3
	absent 'event [0-9]+ [A-Z]+_' "$LAN_DIR/andy/double" # nothing failed
}

@test "a new main mode before the old one ends, begun by either: quick modes stay" {
	meet 'mmlife=10' "${SWAN_DEFAULTS[@]}"
	begins andy
	same_keys 1
	hears andy iked 'main mode is up' 2
	main_modes 1 # the old one has ended
	absent "^del " "$LAN_DIR/andy/double"
	part

	meet '' "${SWAN_DEFAULTS[@]}"
	begins betty
	same_keys 1
	swan betty --rekey --ike c
	hears andy iked 'main mode is up' 2
	swan betty --rekey --child c
	same_keys 2
	tell andy renew
	same_keys 3
	absent "^del " "$LAN_DIR/andy/double"
}

@test "a NAT before us, and one before it: ESP goes in UDP, both kernels hold the same keys" {
	local host who
	for host in andy betty; do
		lan_in $host nft 'table ip nat { chain out { type nat hook postrouting priority 100; udp sport 500 masquerade to :10500; udp sport 4500 masquerade to :14500; }; }'
		meet 'pfs=0' proposals=aes256-sha256-modp2048 child.esp_proposals=aes128-sha1
		begins $host
		same_keys 1
		[ "$(grep -c '^sa .* in UDP key' "$LAN_DIR/andy/double")" -eq 2 ]
		[ "$(grep -c '^sa .* in UDP key' "$LAN_DIR/betty/sad")" -eq 2 ]
		if [ $host = andy ]; then swan betty --rekey --child c; else tell andy renew; fi
		same_keys 2
		part
		lan_in $host nft delete table ip nat
	done
}

@test "messages in fragments, from it and from us" {
	SWAN_SETTINGS='fragment_size = 500' meet 'mm=aes256-sha256-14 pfs=16' proposals=aes256-sha256-modp2048 \
		child.esp_proposals=aes128-sha1-modp4096 fragmentation=force
	begins betty
	same_keys 1
	hears betty charon 'splitting IKE message'
	part
	SWAN_SETTINGS='fragment_size = 500' meet 'mm=aes256-sha256-14 pfs=16' proposals=aes256-sha256-modp2048 \
		child.esp_proposals=aes128-sha1-modp4096 fragmentation=force
	begins andy
	same_keys 1
	tell andy renew # its fragments have shown us that they pass here
	same_keys 2
	hears betty charon 'received fragment #'
}

@test "another key: no association, and the reason is named" {
	local who
	for who in andy betty; do
		BETTYS_KEY="another text" meet '' "${SWAN_DEFAULTS[@]}"
		if [ $who = andy ]; then tell andy acquire; else ! swan betty --initiate --child c --timeout 1 >/dev/null; fi
		hears andy double '^event 7 .*AUTH_FAIL'
		absent '^sa ' "$LAN_DIR/andy/double" "$LAN_DIR/betty/sad"
		absent 'the same text|another text' "$LAN_DIR/andy/iked"
		part
	done
}

@test "nothing in common, in either phase: the reason is named" {
	local who ours theirs
	while read -r ours theirs; do
		for who in andy betty; do
			echo "$who begins: $ours $theirs"
			# shellcheck disable=SC2086 # words by intent
			meet "$ours" ${theirs//;/ }
			if [ $who = andy ]; then tell andy acquire; else ! swan betty --initiate --child c --timeout 1 >/dev/null; fi
			hears andy double '^event 7 POLICY_MATCH'
			absent '^sa ' "$LAN_DIR/andy/double" "$LAN_DIR/betty/sad"
			part
		done
	done <<-'END'
		mm=aes128-sha1-2 proposals=aes256-sha256-modp2048
		qm=aes128-sha1 proposals=aes256-sha256-modp2048;child.esp_proposals=aes256-sha256-modp2048
		pfs=14 proposals=aes256-sha256-modp2048;child.esp_proposals=aes128-sha1-modp1024
	END
}
