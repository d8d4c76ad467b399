#!/usr/bin/env bats
# bats file_tags=vm
# What becomes of associations: renewed under traffic, deleted, lost with a daemon, fallen back from, and through a NAT.
# dave is behind carol, who translates. Runs inside the guest (make check-vm).

load ike

setup_file() {
	local host
	hosts andy betty carol dave
	behind_nat
	serve andy tcp:23 tcp:80 udp:7
	for host in andy betty dave; do
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
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$LAN_DIR"/*/log "$LAN_DIR"/*/iked
	for host in andy betty dave; do on $host delete all >/dev/null; done
	hosts_keep # tests start daemons anew
}

# dave's wire ends at carol, whose address the others see.
behind_nat() {
	local gate=carol-$LAN_TAG host=dave-$LAN_TAG
	lan_ip "$host" "link delete eth0" "link add eth0 type veth peer name eth1 netns $gate"
	lan_ip "$gate" "address add 10.9.0.1/24 dev eth1" "link set eth1 up"
	lan_ip "$host" "address add 10.9.0.4/24 dev eth0" "link set eth0 up" "route add default via 10.9.0.1"
	lan_in carol sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	lan_in carol nft 'table ip nat { chain out { type nat hook postrouting priority 100; oif eth0 masquerade; }; }'
}

# Ends all associations of a host, and tells its peers.
forget() { lan_in "$1" "$BUILD/ipsecsh" dynamic delete sa all >/dev/null; }
# Bytes to andy's echo server and back, 2 MB a time, until both ends hold associations that were not there before.
renewed() { # SPIS-OF-ANDY
	local i
	for ((i = 0; i < 24; i++)); do
		expect open betty pump 4 80 -n 2048 -t 10000
		[ "$(spis andy)" = "$1" ] || return 0
	done
	echo "the same after 48 MB: $1"
	return 1
}
@test "keys are renewed under traffic, by volume, and not a byte is lost" {
	local before
	wide_wire
	everything 3DES-SHA1-2 "ESP[None,SHA1]:20480k/3600s"
	session 4
	before=$(spis andy)
	renewed "$before"
	session 4
}

@test "associations deleted at one end are deleted at the other, and traffic makes new ones" {
	everything 3DES-SHA1-2 "ESP[3DES,SHA1]"
	session 4
	forget andy
	lan_wait "andy's end" holds_none andy
	lan_wait "betty's end" holds_none betty
	session 4
}

@test "an IKE daemon that stops says goodbye; one that is killed and comes again negotiates in seconds" {
	everything 3DES-SHA1-2 "ESP[3DES,SHA1]"
	session 4
	iked_end betty TERM
	lan_wait "andy's end" holds_none andy
	expect shut betty tcp 4 23 -t 2000
	iked_start betty
	session 4
	iked_end betty KILL
	iked_start betty
	session 4
	iked_end andy KILL
	iked_start andy
	session 4
}

@test "an enforcer that is killed and comes again: nothing in clear, and sessions go on" {
	everything 3DES-SHA1-2 "ESP[3DES,SHA1]"
	session 4
	capture_start andy
	enforcer_end andy KILL
	expect shut betty tcp 4 23 -t 1000 || true # the associations may still be there
	enforcer_start andy
	session 4
	enforcer_end betty KILL
	enforcer_start betty
	session 4
	capture_end
	is "$(captured_clear 23)" 0
}

# As if it was booted.
loses_all() { # HOST
	iked_end "$1" KILL
	enforcer_end "$1" KILL
	lan_in "$1" sh -c 'ip xfrm state flush; ip xfrm policy flush; nft flush ruleset'
	enforcer_start "$1"
	iked_start "$1"
}
@test "a host that has lost everything: it asks, or it is missed within half a minute" {
	local begun
	everything 3DES-SHA1-2 "ESP[3DES,SHA1]"
	session 4
	loses_all betty
	session 4
	loses_all betty
	begun=$SECONDS
	until TARGET=betty expect open andy ping 4 - -t 1000; do [ $((SECONDS - begun)) -lt 40 ]; done
}

@test "another policy: what it still allows stays, what it does not is torn down at both ends" {
	local before
	everything 3DES-SHA1-2 "ESP[3DES,SHA1]"
	session 4
	before=$(spis andy)
	shell andy <<-END
		static add filter Else me 192.0.2.77 protocol=tcp dstport=9
		static add rule Else P Else protect psk="a key of both"
	END
	session 4
	is "$(spis andy)" "$before"
	on andy set policy P assign=no
	lan_wait "andy's end" holds_none andy
	lan_wait "betty's end" holds_none betty
}

@test "a state flushed by somebody else is negotiated anew" {
	everything 3DES-SHA1-2 "ESP[3DES,SHA1]"
	session 4
	lan_in andy ip xfrm state flush
	session 4
	lan_in betty ip xfrm state flush
	session 4
}

@test "soft: in clear with a host that never answers, protected with one that does, never in clear with one that refuses" {
	everything 3DES-SHA1-2 "ESP[3DES,SHA1]"
	on andy set filteraction protect soft=yes
	iked_end betty TERM
	on betty set policy P assign=no
	capture_start andy
	TARGET=betty expect open andy ping 4 - -t 20000
	capture_end
	[ "$(grep -c 'echo reply' "$LAN_DIR/capture")" -ge 1 ]
	iked_start betty
	on betty set policy P assign=yes
	capture_start andy
	session 4 # she asks; that ends it
	TARGET=betty expect open andy ping 4 - -t 20000
	capture_end
	is "$(grep -v '(spi=' "$LAN_DIR/capture" | grep -cE 'echo re|[.]23[: ]' || true)" 0
	shell betty <<<'static set rule name=R policy=P psk="another key"'
	forget andy
	capture_start andy
	TARGET=betty expect shut andy ping 4 - -t 6000
	capture_end
	is "$(grep -c 'echo re' "$LAN_DIR/capture" || true)" 0
}

@test "inpass: a clear packet comes in, and the answer goes out protected" {
	everything 3DES-SHA1-2 "ESP[3DES,SHA1]"
	on andy set filteraction protect inpass=yes
	on betty set policy P assign=no
	capture_start andy
	lan_in betty "$PROBE" tcp "$(lan_address andy)" 23 -t 500 || true
	on betty set policy P assign=yes
	session 4
	capture_end
	# betty's SYN was in clear; andy's answer never was.
	is "$(grep -v '(spi=' "$LAN_DIR/capture" | grep -c "$(lan_address andy)[.]23 >" || true)" 0
}

@test "the default response rule answers a peer that asks, though no filter names it" {
	shell andy <<-END
		static add policy D activatedefaultrule=yes mmsecmethods="3DES-SHA1-2"
		static set defaultrule policy=D kerberos=no psk="a key of both" qmsecmethods="ESP[3DES,SHA1]"
		static set policy D assign=yes
	END
	shell betty <<-END
		static add policy P activatedefaultrule=no mmsecmethods="3DES-SHA1-2"
		static add filteraction protect action=negotiate inpass=no soft=no qmsecmethods="ESP[3DES,SHA1]"
		static add filter ToAndy me $(lan_address andy)
		static add rule R P ToAndy protect psk="a key of both"
		static set policy P assign=yes
	END
	capture_start andy
	session 4
	capture_end
	is "$(captured_clear 23)" 0
	[ "$(captured ESP)" -ge 6 ]
}

@test "through a NAT: transport mode in UDP, and nothing in clear" {
	local host
	shell andy <<-END
		static add policy P activatedefaultrule=no mmsecmethods="3DES-SHA1-2"
		static add filteraction protect action=negotiate inpass=no soft=no qmsecmethods="ESP[3DES,SHA1]"
		static add filter In any me protocol=tcp dstport=23
		static add rule R P In protect psk="a key of both"
		static set policy P assign=yes
	END
	shell dave <<-END
		static add policy P activatedefaultrule=no mmsecmethods="3DES-SHA1-2"
		static add filteraction protect action=negotiate inpass=no soft=no qmsecmethods="ESP[3DES,SHA1]"
		static add filter Out me $(lan_address andy) protocol=tcp dstport=23
		static add rule R P Out protect psk="a key of both"
		static set policy P assign=yes
	END
	capture_start andy
	expect open dave tcp 4 23 -t 20000
	capture_end
	is "$(captured_clear 23)" 0
	[ "$(grep -c 'UDP-encap: ESP' "$LAN_DIR/capture")" -ge 4 ]
	[[ $(lan_in andy ip xfrm state list) == *"encap type espinudp"* ]]
}
