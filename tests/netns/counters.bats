#!/usr/bin/env bats
# bats file_tags=netns
# What met a rule and a filter is counted, packet by packet, and shown; the counters go on when other things
# change, and when the enforcer dies and comes back.

load hosts

setup() {
	hosts andy betty
	serve andy udp:7
	enforcer_start andy
	policy
	says permit srcaddr="$(lan_address betty)" dstaddr=me protocol=udp dstport=7
	says block srcaddr="$(lan_address betty 6)" dstaddr=me protocol=udp dstport=7
}
teardown() { hosts_down; }

betty_sends() { # PACKETS FAMILY
	lan_in betty "$PROBE" flood "$(lan_address andy "$2")" 7 -n "$1" -r 2000 >/dev/null
}
# The packets that rule RULE counted, "null" when nobody knows.
packets_of() {
	on andy show rule "$1" P format=json | sed -n 's/^ *"packets": \([0-9a-z]*\),*$/\1/p'
}
packets_of_filter() {
	on andy show filterlist "$1" level=verbose format=json | grep -o '"packets": [0-9a-z]*' | sed 's/.* //'
}

@test "permitted packets count both ways, blocked ones as they arrive, IPv4 and IPv6" {
	is "$(packets_of L1) $(packets_of L2)" "0 0"
	betty_sends 10 4
	is "$(packets_of L1) $(packets_of L2)" "20 0"
	betty_sends 7 6
	is "$(packets_of L1) $(packets_of L2)" "20 7"
	is "$(packets_of_filter L1) $(packets_of_filter L2)" "20 7"
	run on andy show rule L2 P level=verbose
	[[ $output == *"Traffic                : 7 packets, "* ]]
	run on andy show rule L2 P
	[[ $output != *Traffic* ]]
}

@test "counters go on when other filters come and go, and when the enforcer comes back" {
	betty_sends 5 6
	says block srcaddr=198.51.100.7 dstaddr=me
	betty_sends 5 6
	is "$(packets_of L2) $(packets_of L3)" "10 0"
	on andy add filter filterlist=L2 srcaddr=198.51.100.8 dstaddr=me protocol=udp dstport=7
	betty_sends 5 6
	is "$(packets_of L2)" 15
	is "$(packets_of_filter L2)" $'15\n0'
	enforcer_end andy KILL
	betty_sends 5 6
	is "$(packets_of L2)" null
	enforcer_start andy
	is "$(packets_of L2)" 20
	on andy delete rule L3 P
	is "$(packets_of L2)" 20
}

@test "what a negotiate filter holds back is counted" {
	says protect srcaddr="$(lan_address betty)" dstaddr=me protocol=udp dstport=9
	lan_in betty "$PROBE" flood "$(lan_address andy)" 9 -n 4 -r 2000 >/dev/null
	is "$(packets_of L3)" 4
}

@test "without an enforcer, and of a policy that is not assigned, nothing is claimed" {
	on andy set policy P assign=no
	is "$(packets_of L1)" null
	enforcer_end andy TERM
	is "$(packets_of L1)" null
	run on andy show rule L1 P level=verbose
	[ "$status" -eq 0 ]
	[[ $output != *Traffic* ]]
}
