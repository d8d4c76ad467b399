#!/usr/bin/env bats
# bats file_tags=netns
# Negotiate filters: held without keys, nothing in clear on the wire, IKE itself never held.

load hosts

setup() { hosts andy betty carol; }
teardown() { hosts_down; }

@test "nothing of a negotiate flow leaves in clear, from the first packet on" {
	serve andy tcp:23 tcp:80
	enforcer_start andy
	enforcer_start betty
	run_bat andy telnet-andy-negotiate.bat
	run_bat betty telnet-betty-negotiate.bat
	capture_start andy
	both shut betty tcp 23
	both shut betty tcp 23
	both open betty tcp 80
	capture_end
	is "$(captured_on_port 23)" 0
	[ "$(captured_on_port 80)" -gt 0 ]
}

@test "a packet that waits for keys is held by XFRM and not dropped by nftables" {
	enforcer_start andy
	policy
	says_both protect betty dstaddr=me
	lan_exec andy ip xfrm monitor acquire >"$LAN_DIR/acquires" 3>&- & # somebody who could make keys
	monitor=$!
	acquired() { [ "$(grep -c acquire "$LAN_DIR/acquires")" -ge "$1" ]; }
	probed() { lan_in andy "$PROBE" ping "$(lan_address betty "$1")" -t 300 || true; }
	lan_wait "the listener" lan_in andy sh -c 'grep -q " 6 .* 00000001 " /proc/net/netlink'
	is "$(probed 4)" silent
	is "$(probed 6)" silent
	lan_wait "two acquires" acquired 2
	[[ $(lan_in andy nft list chain inet ipsecsh neg_out) == *"counter packets 0 "* ]]
	kill "$monitor"
	# Without anybody to ask, the kernel sends nothing; nor does nftables, when XFRM's policies are gone.
	enforcer_end andy KILL
	lan_in andy ip xfrm policy flush
	is "$(probed 4)" unreachable
	[[ $(lan_in andy nft list chain inet ipsecsh neg_out) != *"counter packets 0 "* ]]
}

@test "permit, block and negotiate in one policy, with a capture" {
	serve andy tcp:23 tcp:80 tcp:7 udp:7
	enforcer_start andy
	run_bat andy telnet-andy.bat
	on andy add filteraction Protect action=negotiate
	on andy add filter Echo me 192.0.2.2 protocol=udp dstport=7
	on andy add filter Echo me 2001:db8::2 protocol=udp dstport=7
	on andy add rule Protected "Telnet for betty" Echo Protect psk=secret
	serve betty udp:7
	capture_start betty
	TARGET=betty both shut andy udp 7
	both open betty tcp 23
	both shut carol tcp 23
	capture_end
	is "$(captured_on_port 7)" 0
	[ "$(captured_on_port 23)" -gt 0 ]
}

@test "clear packets that should have been protected are dropped on arrival" {
	serve andy tcp:23 udp:7
	enforcer_start andy
	policy
	says protect srcaddr=any dstaddr=me protocol=tcp dstport=23
	says protect srcaddr=192.0.2.2 dstaddr=me protocol=udp dstport=7
	both shut betty tcp 23
	expect shut betty udp 4 7
	expect open carol udp 4 7
}

@test "a permit of higher rank is a hole in a negotiate selector" {
	serve andy tcp:23 tcp:80
	serve betty tcp:23
	enforcer_start andy
	policy
	says protect srcaddr=me dstaddr=any
	says permit srcaddr=me dstaddr=192.0.2.2 protocol=tcp dstport=23
	TARGET=betty expect open andy tcp 4 23
	TARGET=betty expect shut andy tcp 6 23
	expect shut betty tcp 4 80
	expect shut carol tcp 4 23
}

@test "IKE reaches its port whatever the policy says" {
	serve andy udp:500 udp:4500 tcp:80
	enforcer_start andy
	policy
	says protect srcaddr=me dstaddr=any
	says block srcaddr=any dstaddr=any
	both open betty udp 500 -s 500
	both open betty udp 4500 -s 4500
	both shut betty tcp 80
}

@test "kill -9 and restart: what is to be protected is never sent in clear" {
	serve betty udp:7
	enforcer_start andy
	policy
	says protect srcaddr=me dstaddr=192.0.2.2 protocol=udp dstport=7
	capture_start betty
	lan_exec andy "$PROBE" flood 192.0.2.2 7 -n 3000 -r 2000 -t 100 >"$LAN_DIR/flood" 3>&- &
	flood=$!
	enforcer_end andy KILL
	sleep 0.2
	enforcer_start andy
	sleep 0.2
	enforcer_end andy KILL
	enforcer_start andy
	wait "$flood"
	capture_end
	is "$(cat "$LAN_DIR/flood")" "sent 3000 answered 0"
	is "$(captured_on_port 7)" 0
}

@test "unassigning a negotiate policy frees the traffic" {
	serve andy tcp:23
	enforcer_start andy
	run_bat andy telnet-andy-negotiate.bat
	both shut betty tcp 23
	on andy set policy "Telnet protected" assign=no
	both open betty tcp 23
	is "$(lan_in andy ip xfrm policy list)" ""
}
