#!/usr/bin/env bats
# bats file_tags=vm
# Real ESP and AH: what the compiler gives to nftables and XFRM, between two hosts with security associations. Runs
# inside the guest (make check-vm).

load sa

setup_file() {
	hosts andy betty
	serve andy tcp:23 tcp:80 udp:7
	enforcer_start andy
	enforcer_start betty
	hosts_keep
}
teardown_file() {
	hosts_again
	hosts_down
}
# The policies of a test are new, the hosts and their enforcers are those of the file.
setup() { hosts_again; }
teardown() {
	local host
	[ -z "${CAPTURE:-}" ] || capture_end 2>/dev/null || true # still running after a failure
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$LAN_DIR"/*/log
	for host in andy betty; do
		on $host delete all >/dev/null
		lan_in $host ip xfrm state flush
	done
}

telnet_protected() {
	run_bat andy telnet-andy-negotiate.bat 2>/dev/null
	run_bat betty telnet-betty-negotiate.bat 2>/dev/null
}
# everything METHODS [TAGS]: all traffic between andy and betty is to be protected that way.
everything() {
	local methods=$1 host
	shift
	for host in andy betty; do
		on $host add policy P activatedefaultrule=no assign=yes
		on $host add filteraction protect action=negotiate inpass=no qmsecmethods="$methods"
		on $host add filter filterlist=Everything srcaddr=me dstaddr=any
		on $host add rule R P Everything protect psk=secret
	done
}

@test "a telnet session passes in ESP, with every cipher, IPv4 and IPv6, and nothing of it in clear" {
	local name
	telnet_protected
	capture_start andy
	for name in esp-aes-sha1 esp-aes256-sha256 esp-3des-md5 esp-des-md5 esp-null-sha1 esp-gcm; do
		echo "$name"
		associate transport $name
		protected_sessions ESP
	done
	capture_end
}

@test "without associations nothing passes and nothing is in clear; with them at one end only neither" {
	telnet_protected
	capture_start andy
	both shut betty tcp 23
	associate transport esp-gcm
	lan_in andy ip xfrm state flush
	both shut betty tcp 23
	both open betty tcp 80
	capture_end
	is "$(captured_clear 23)" 0
	[ "$(captured ESP)" -gt 0 ]
}

@test "clear text that should have been protected is dropped and counted, also beside associations" {
	telnet_protected
	associate transport esp-gcm
	enforcer_end betty TERM
	lan_in betty ip xfrm state flush
	expect shut betty tcp 4 23
	[[ $(lan_in andy nft list chain inet ipsecsh neg_in) =~ counter\ packets\ ([0-9]+) ]]
	[ "${BASH_REMATCH[1]}" -gt 0 ]
	expect open betty tcp 4 80
	enforcer_start betty
	hosts_keep
}

@test "everything in ESP, both ways begun: TCP, datagrams and echo requests" {
	local family
	everything "ESP[AES128,SHA256]"
	associate transport esp-aes256-sha256
	capture_start andy
	for family in 4 6; do
		expect open betty tcp $family 80 -t 20000
		expect open betty udp $family 7 -t 20000
		expect open betty ping $family - -t 20000
		TARGET=betty expect open andy ping $family - -t 20000
	done
	capture_end
	[ "$(captured ESP)" -ge 20 ]
	is "$(captured_clear 80) $(captured_clear 7) $(grep -c 'echo re' "$LAN_DIR/capture")" "0 0 0"
}

# other_methods METHODS: the rules of everything() offer those now.
other_methods() {
	local host
	for host in andy betty; do
		on $host set filteraction protect qmsecmethods="$1"
	done
}

@test "everything in AH with every hash, then in AH around ESP, IPv4 and IPv6, and nothing of it in clear" {
	local name
	everything "AH[MD5] AH[SHA1]"
	capture_start andy
	for name in ah-md5 ah-sha1 ah-sha256; do
		echo $name
		associate transport $name
		protected_sessions AH
	done
	is "$(captured ESP)" 0
	other_methods "AH[SHA1]+ESP[3DES,None]"
	for name in esp-aes-sha1 esp-null-sha1; do
		echo $name
		associate transport $name ah-sha1
		protected_sessions "AH.*ESP"
	done
	capture_end
}

@test "half of what a rule demands is not enough, either direction" {
	everything "AH[SHA1]+ESP[3DES,None]"
	capture_start andy
	associate transport esp-aes-sha1
	expect shut betty tcp 4 80
	associate transport ah-sha1
	expect shut betty tcp 4 80
	is "$(captured ESP) $(captured AH)" "0 0"
	# betty is content with AH, and what she sends arrives. andy is not.
	on betty set filteraction protect qmsecmethods="AH[SHA1]"
	expect shut betty tcp 4 80
	[ "$(captured AH)" -gt 0 ]
	grep -q 'XfrmInTmplMismatch.*[1-9]' <(lan_in andy cat /proc/net/xfrm_stat)
	on andy set filteraction protect qmsecmethods="AH[SHA1]"
	expect open betty tcp 4 80 -t 20000
	capture_end
	is "$(captured_clear 80)" 0
}

agreed() { # HOST ITS-ADDRESS PEER: to ESP, between those two
	local template="tmpl proto esp reqid ${REQID[$1]} mode transport"
	lan_ip "$1-$LAN_TAG" "xfrm policy add src $2 dst $3 dir out priority 9 $template" \
		"xfrm policy add src $3 dst $2 dir in priority 9 $template"
}
# What the plan is to hold once the two ends agreed to an offer that is not the first (lower_xfrm.c), by hand.
@test "of a mixed list the first offer is demanded; a peer that agreed to another has a policy of its own" {
	everything "AH[MD5] ESP[3DES,SHA1]"
	associate transport ah-md5
	capture_start andy
	protected_sessions AH
	associate transport esp-3des-md5
	expect shut betty tcp 4 80
	REQID=([andy]=77 [betty]=77) # what has a reqid of ours and is not in the plan would be taken away
	agreed andy 192.0.2.1 192.0.2.2
	agreed betty 192.0.2.2 192.0.2.1
	associate transport esp-3des-md5
	expect open betty tcp 4 80 -t 20000
	expect shut betty tcp 6 80
	capture_end
	lan_in andy ip xfrm policy flush
	lan_in betty ip xfrm policy flush
	is "$(captured_clear 80)" 0
	[ "$(captured_now ESP)" -ge 4 ]
}

@test "a permit filter of higher rank passes in clear beside protected traffic" {
	local host
	everything "ESP[AES128,SHA256]"
	for host in andy betty; do
		on $host add filteraction permit action=permit
		on $host add filter filterlist=hole srcaddr=192.0.2.2 dstaddr=192.0.2.1 protocol=tcp dstport=23
		on $host add rule H P hole permit
	done
	associate transport esp-aes-sha1
	capture_start andy
	expect open betty tcp 4 23 -t 20000
	expect open betty tcp 4 80 -t 20000
	capture_end
	[ "$(captured_clear 23)" -ge 4 ]
	is "$(captured_clear 80)" 0
	[ "$(captured ESP)" -ge 4 ]
}

@test "associations survive another rule, and an enforcer that dies and comes back" {
	telnet_protected
	associate transport esp-gcm
	capture_start andy
	protected_sessions ESP
	on andy add filteraction other action=block
	on andy add filter other any me protocol=udp dstport=99
	on andy add rule Other "Telnet protected" other other
	protected_sessions ESP
	enforcer_end andy KILL
	protected_sessions ESP
	enforcer_start andy
	hosts_keep
	protected_sessions ESP
	capture_end
}
