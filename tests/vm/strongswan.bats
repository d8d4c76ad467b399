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

setup() {
	peers_there charon-systemd
	hosts andy betty
}
teardown() {
	[ -z "${CAPTURE:-}" ] || capture_end 2>/dev/null || true
	peer_words
	iked_hosts_down
}

# andy with enforcer and ipsec-iked, betty with charon; all traffic between them (IPv4) is to be protected.
ours_and_charon() {
	on andy add policy P activatedefaultrule=no mmsecmethods="AES256-SHA256-14"
	on andy add filteraction protect action=negotiate inpass=no soft=no qmpfs=yes qmsecmethods="${METHODS:-ESP[AES128,SHA1]}"
	on andy add filter filterlist=Betty srcaddr=me dstaddr="$(lan_address betty)"
	on andy add rule R P Betty protect kerberos=no psk="the same text"
	on andy set policy P assign=y
	enforcer_start andy
	iked andy
	hears andy iked 'is in force'
	strongswan_up betty andy "the same text" "${SWAN_TRAP[@]}"
	serve andy tcp:23
	lan_serve betty "$PROBE" tcp:23
}
installed() { lan_in "$1" ip xfrm state | grep -c '^src' || true; } # HOST: associations of its kernel
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
	[ "$(captured ESP)" -ge $((before + 4)) ]
	is "$(captured_clear 23)" 0
}

@test "charon with charon: the words of these tests, and that this kernel has what they need" {
	strongswan_up andy betty "the same text" "${SWAN_TRAP[@]}"
	strongswan_up betty andy "the same text" "${SWAN_TRAP[@]}"
	serve andy tcp:23
	capture_start andy
	session betty andy
	lan_wait "a pair each" installed_at_both 2
	same_associations
	swan betty --rekey --child c
	session betty andy
	swan betty --terminate --ike c
	lan_wait "their end" installed_at_both 0
	session betty andy
	capture_end
}

@test "we begin: the first packet waits for the association, the session is in ESP" {
	ours_and_charon
	capture_start andy
	session andy betty
	session betty andy
	same_associations
	capture_end
}

@test "it begins: the same" {
	ours_and_charon
	capture_start andy
	session betty andy
	session andy betty
	same_associations
	capture_end
}

@test "new keys under traffic, asked for by either: no session is lost" {
	METHODS="ESP[AES128,SHA1]:20480k/3600s" ours_and_charon
	capture_start andy
	session betty andy
	for _ in 1 2 3; do
		swan betty --rekey --child c &
		session betty andy
		wait $!
		session andy betty
	done
	# Ours: 17 MB are the soft limit of 20480 KB.
	wide_wire
	TARGET=betty expect open andy pump 4 23 -n 18432 -t 20000
	hears andy iked 'quick mode is up' 5
	session andy betty
	capture_end
}

@test "either deletes: nothing is left in both kernels, and the next packet begins anew" {
	ours_and_charon
	capture_start andy
	session betty andy
	swan betty --terminate --ike c
	lan_wait "the end of all" installed_at_both 0
	session andy betty
	kill -TERM "${IKED[andy]}"
	ends_with andy 0
	lan_wait "the end of all" installed_at_both 0
	iked andy
	session betty andy
	capture_end
}

@test "a NAT between them: ESP in UDP" {
	lan_in andy nft 'table ip nat { chain out { type nat hook postrouting priority 100; udp sport 500 masquerade to :10500; udp sport 4500 masquerade to :14500; }; }'
	METHODS="ESP[AES128,SHA1]" ours_and_charon
	capture_start andy
	TARGET=betty expect open andy tcp 4 23 -t 90000
	capture_end
	[ "$(grep -c 'UDP-encap: ESP' "$LAN_DIR/capture")" -ge 4 ]
	is "$(captured_clear 23)" 0
}
