#!/usr/bin/env bats
# bats file_tags=netns
# Permit and block on real connections, and when they begin and end.

load hosts

setup() { hosts andy betty carol; }
teardown() { hosts_down; }

telnet_policy_is_in_force() {
	both open betty tcp 23
	both shut carol tcp 23
	both open betty tcp 80
	both open carol tcp 80
}

@test "telnet-andy.bat: betty's telnet passes, carol's does not, nothing else is touched" {
	serve andy tcp:23 tcp:80
	enforcer_start andy
	both open carol tcp 23
	said=$(run_bat andy telnet-andy.bat)
	is "$said" "Telnet policy for andy"
	telnet_policy_is_in_force
}

@test "a policy assigned before the enforcer starts is in force when it has" {
	serve andy tcp:23 tcp:80
	run_bat andy telnet-andy.bat
	both open carol tcp 23
	enforcer_start andy
	telnet_policy_is_in_force
}

@test "unassigning opens, assigning again closes" {
	serve andy tcp:23 tcp:80
	enforcer_start andy
	run_bat andy telnet-andy.bat
	on andy set policy "Telnet for betty" assign=n
	both open carol tcp 23
	on andy set policy "Telnet for betty" assign=y
	telnet_policy_is_in_force
}

@test "an orderly stop removes enforcement and our table" {
	serve andy tcp:23
	enforcer_start andy
	run_bat andy telnet-andy.bat
	both shut carol tcp 23
	enforcer_end andy TERM
	both open carol tcp 23
	run lan_in andy nft list table inet ipsecsh
	[ "$status" -ne 0 ]
	is "$(lan_in andy ip xfrm policy list)" ""
}

@test "rules added after the assignment take effect" {
	serve andy tcp:445 udp:137 tcp:80
	enforcer_start andy
	run_bat andy block-smb.bat
	both shut carol tcp 445
	both shut carol udp 137
	both open carol tcp 80
}

@test "a change is in force when its command returns" {
	serve andy udp:7
	enforcer_start andy
	policy
	on andy add filterlist L
	on andy add rule R P filterlist=L filteraction=block
	for _ in 1 2 3 4 5 6 7 8; do
		on andy add filter L any me protocol=udp dstport=7
		expect shut betty udp 4 7 -t 60
		on andy delete filter L any me
		expect open betty udp 4 7
	done
}

@test "an inactive rule does nothing until it is activated" {
	serve andy tcp:23
	enforcer_start andy
	policy
	on andy add filter L any me protocol=tcp dstport=23
	on andy add rule R P L block activate=no
	both open betty tcp 23
	on andy set rule R P activate=yes
	both shut betty tcp 23
}

@test "somebody else's table stays as it is, through start, change and stop" {
	lan_in andy nft -f - <<-'END'
		table inet other {
			set s { type ipv4_addr; elements = { 198.51.100.1, 198.51.100.2 } }
			chain c { type filter hook input priority 5; ip saddr @s drop; }
		}
	END
	before=$(table_text andy other)
	serve andy tcp:23
	enforcer_start andy
	run_bat andy telnet-andy.bat
	is "$(table_text andy other)" "$before"
	enforcer_end andy TERM
	is "$(table_text andy other)" "$before"
}

@test "loopback is never filtered" {
	serve andy tcp:23
	enforcer_start andy
	policy
	says block srcaddr=any dstaddr=any
	is "$(lan_in andy "$PROBE" tcp 127.0.0.1 23)" open
	is "$(lan_in andy "$PROBE" tcp ::1 23)" open
	is "$(lan_in andy "$PROBE" tcp 192.0.2.1 23)" open
	both shut betty tcp 23
}

@test "a second enforcer on the same host is refused and harms nothing" {
	serve andy tcp:23 tcp:80
	enforcer_start andy
	run_bat andy telnet-andy.bat
	run lan_in andy "$BUILD/ipsec-enforcerd"
	[ "$status" -ne 0 ]
	telnet_policy_is_in_force
}
