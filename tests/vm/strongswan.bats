#!/usr/bin/env bats
# bats file_tags=vm
# Real ESP between ipsec-iked on andy and strongSwan's charon on betty: what either negotiates, both kernels use. Runs inside
# the guest; the same without a kernel, and much more of it, is tests/netns/strongswan.bats.

load ../netns/iked
load ../peer/peers
load sa

# shellcheck disable=SC2034 # peers.bash reads it
PEER_KERNEL=real
# Its ordinary patience: all is slow here.
# shellcheck disable=SC2034
SWAN_SETTINGS=
# Betty's kernel asks charon when a packet goes out; until then it lets nothing pass.
SWAN_TRAP=("${SWAN_DEFAULTS[@]}" child.start_action=trap)

# andy with enforcer and ipsec-iked, betty with charon; all traffic between them (IPv4) is to be protected.
setup_file() {
	peers_there charon-systemd
	hosts andy betty
	lan_in andy "$BUILD/ipsecsh" <<-END
		static add policy P activatedefaultrule=no mmsecmethods="AES256-SHA256-14"
		static add filteraction protect action=negotiate inpass=no soft=no qmpfs=yes qmsecmethods="ESP[AES128,SHA1]:20480k/3600s"
		static add filter Betty me $(lan_address betty)
		static add rule R P Betty protect kerberos=no psk="the same text"
		static set policy P assign=y
	END
	enforcer_start andy
	iked andy
	hears andy iked 'is in force'
	strongswan_up betty andy "the same text" "${SWAN_TRAP[@]}"
	serve andy tcp:23
	lan_serve betty "$PROBE" tcp:23
	hosts_keep
}
teardown_file() {
	hosts_again
	lan_down
}
setup() {
	hosts_again
	capture_start andy
}
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 40 "$LAN_DIR"/*/log "$LAN_DIR"/*/iked
	peer_words
	capture_end 2>/dev/null || true
}

installed() { lan_in "$1" ip xfrm state | grep -c '^src' || true; } # HOST: associations of its kernel
ups() { grep -c 'quick mode is up' "$LAN_DIR/andy/iked" || true; }
installed_at_both() { [ "$(installed andy)" = "$1" ] && [ "$(installed betty)" = "$1" ]; }
# What both kernels hold, without counters: SPI, keys.
same_associations() {
	keys() { lan_in "$1" ip xfrm state | sed -nE 's/.*(spi 0x[0-9a-f]+) .*/\1/p; s/.*(0x[0-9a-f]{16,}).*/\1/p'; }
	[ "$(keys andy | sort)" = "$(keys betty | sort)" ]
}
# A telnet session from one host to the other, in ESP, and not a packet of it in clear.
session() { # FROM TO
	local before
	before=$(captured ESP)
	TARGET=$2 expect open "$1" tcp 4 23 -t 90000
	[ "$(captured ESP)" -ge $((before + 3)) ]
	is "$(captured_clear 23)" 0
}

@test "whoever begins, the first packet waits for the association; either deletes, and the next packet begins anew" {
	session andy betty
	session betty andy
	same_associations
	swan betty --terminate --ike c
	lan_wait "the end of all" installed_at_both 0
	session betty andy
	session andy betty
	same_associations
	kill -TERM "${IKED[andy]}"
	lan_wait "the end of all" installed_at_both 0
	iked andy
	session betty andy
}

@test "new keys under traffic, asked for by either: no session is lost" {
	local before
	session betty andy
	before=$(ups)
	for _ in 1 2; do
		swan betty --rekey --child c &
		session betty andy
		wait $!
		session andy betty
	done
	# Ours: 17 MB are the soft limit of 20480 KB.
	wide_wire
	TARGET=betty expect open andy pump 4 23 -n 18432 -t 20000
	hears andy iked 'quick mode is up' $((before + 3))
	session andy betty
}

@test "a NAT between them: ESP in UDP" {
	swan betty --terminate --ike c
	lan_wait "the end of all" installed_at_both 0
	lan_in andy nft 'table ip nat { chain out { type nat hook postrouting priority 100; udp sport 500 masquerade to :10500; udp sport 4500 masquerade to :14500; }; }'
	TARGET=betty expect open andy tcp 4 23 -t 90000
	[ "$(grep -c 'UDP-encap: ESP' "$LAN_DIR/capture")" -ge 4 ]
	is "$(captured_clear 23)" 0
}
