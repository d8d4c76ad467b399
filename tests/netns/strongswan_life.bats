#!/usr/bin/env bats
# How associations between ipsec-iked on andy and strongSwan's charon on betty end, and what comes after them. The first
# part, how they begin, is strongswan.bats.

load iked
load ../peer/peers

# shellcheck disable=SC2034 # peers.bash reads it
DAEMON=strongswan
setup() { peer_hosts charon-systemd; }
teardown() { peer_hosts_down; }

@test "either deletes: nothing is left at the other" {
	meet '' "${SWAN_DEFAULTS[@]}"
	begins andy
	same_keys 1
	tell andy delete
	lan_wait "its end at betty" strongswan_none
	part

	meet '' "${SWAN_DEFAULTS[@]}"
	begins betty
	same_keys 1
	swan betty --terminate --child c
	hears andy double '^del ' 2
	main_modes 1
	swan betty --terminate --ike c
	main_modes 0
	part

	meet '' "${SWAN_DEFAULTS[@]}" # an orderly end of either daemon
	begins betty
	same_keys 1
	kill -TERM "${IKED[andy]}"
	ends_with andy 0
	lan_wait "its end at betty" strongswan_none
	part

	meet '' "${SWAN_DEFAULTS[@]}"
	begins andy
	same_keys 1
	kill -TERM "${PEER[betty]}"
	hears andy double '^del ' 2
	main_modes 0
}

@test "dead peer detection: it asks and we answer; when we are gone it notices" {
	SWAN_SETTINGS=$'retransmit_timeout = 1.0\nretransmit_tries = 1' meet '' "${SWAN_DEFAULTS[@]}" dpd_delay=1s dpd_timeout=2s child.dpd_action=clear
	begins andy
	same_keys 1
	lan_wait "answers" acks 2
	[ -n "$(swan betty --list-sas)" ]
	part_of_us
	lan_wait "its end at betty" strongswan_none
}

@test "dead peer detection: what we send gets no answer, so we ask; it is there" {
	meet '' "${SWAN_DEFAULTS[@]}"
	begins andy
	same_keys 1
	tell andy vain
	sleep 10 # it looks after fifteen seconds
	hears betty charon 'parsed INFORMATIONAL_V1 .* N\(DPD\)'
	hears betty charon 'generating INFORMATIONAL_V1 .* N\(DPD_ACK\)'
	sleep 6 # would be the next question
	is "$(grep -c 'parsed INFORMATIONAL_V1 .* N(DPD)' "$LAN_DIR/betty/charon")" 1
	main_modes 1
}

@test "the peer's machine ends without a word and comes again: what it forgot goes at our side too" {
	meet '' "${SWAN_DEFAULTS[@]}"
	begins andy
	same_keys 1
	kill -9 "${PEER[betty]}"
	wait "${PEER[betty]}" || true
	rm "$LAN_DIR/betty/vici"
	strongswan_up betty andy "the same text" "${SWAN_DEFAULTS[@]}" unique=replace # it says INITIAL-CONTACT then
	begins betty
	hears andy double '^sa ' 4
	hears andy double '^del ' 2
	main_modes 1
}
