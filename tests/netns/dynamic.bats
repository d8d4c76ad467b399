#!/usr/bin/env bats
# bats file_tags=netns
# Dynamic rules on real packets: in force when their command returns, in the direction they name, beside the
# assigned policy, and gone with the service. ipsecexempt too.

load hosts

setup() {
	hosts andy betty carol
	serve andy tcp:23 tcp:80 udp:7
	serve betty udp:7
}
teardown() { hosts_down; }

# dyn words of the dynamic context on andy...
dyn() { lan_in andy "$BUILD/ipsecsh" dynamic "$@"; }
# A rule for what arrives from betty at that TCP port.
betty_tcp() { # VERB PORT WORDS...
	local verb=$1 port=$2
	shift 2
	dyn "$verb" rule srcaddr="$(lan_address betty)" dstaddr=me protocol=tcp srcport=0 dstport="$port" \
		mirrored=yes conntype=all "$@"
}

@test "a block is in force when its command returns, its deletion too; others are not touched" {
	enforcer_start andy
	quietly dyn add mmpolicy M
	for _ in 1 2 3 4; do
		quietly betty_tcp add 23 mmpolicy=M actioninbound=block actionoutbound=block
		expect shut betty tcp 4 23
		expect open betty tcp 6 23
		expect open betty tcp 4 80
		expect open carol tcp 4 23
		quietly betty_tcp delete 23
		expect open betty tcp 4 23
	done
}

@test "set changes the rule in force" {
	enforcer_start andy
	dyn add mmpolicy M
	betty_tcp add 23 mmpolicy=M actioninbound=block actionoutbound=block
	expect shut betty tcp 4 23
	quietly betty_tcp set 23 actioninbound=permit actionoutbound=permit
	expect open betty tcp 4 23
}

@test "dynamic rules need no policy, end with the service, and leave nothing" {
	enforcer_start andy
	dyn add mmpolicy M
	betty_tcp add 23 mmpolicy=M actioninbound=block actionoutbound=block
	expect shut betty tcp 4 23
	enforcer_end andy TERM
	expect open betty tcp 4 23
	run lan_in andy nft list table inet ipsecsh
	[ "$status" -ne 0 ]
	enforcer_start andy
	expect open betty tcp 4 23
	fails_with 1 'ERR IPsec[06018]' dyn show rule
	fails_with 1 'ERR IPsec[06010]' dyn show mmpolicy all
}

@test "each direction has its own action" {
	enforcer_start andy
	dyn add mmpolicy M
	dyn add rule me "$(lan_address betty)" M protocol=udp dstport=7 actioninbound=permit actionoutbound=block
	capture_start betty
	is "$(lan_in andy "$PROBE" udp "$(lan_address betty)" 7 -t 300)" unreachable
	capture_end
	is "$(captured_on_port 7)" 0
	dyn set rule me "$(lan_address betty)" udp 0 7 yes all actioninbound=block actionoutbound=permit
	capture_start betty
	is "$(lan_in andy "$PROBE" udp "$(lan_address betty)" 7 -t 300)" silent
	capture_end
	[ "$(captured_on_port 7)" -ge 2 ] # it left, and the answer was on the wire
	dyn set rule me "$(lan_address betty)" udp 0 7 yes all actioninbound=permit
	is "$(lan_in andy "$PROBE" udp "$(lan_address betty)" 7 -t 300)" open
}

@test "beside the policy the more specific filter wins, whoever made it; on a tie the block" {
	enforcer_start andy
	policy
	says block srcaddr=any dstaddr=me protocol=tcp dstport=23
	dyn add mmpolicy M
	betty_tcp add 23 mmpolicy=M actioninbound=permit actionoutbound=permit
	expect open betty tcp 4 23
	expect shut carol tcp 4 23
	dyn add rule any me M protocol=tcp dstport=23 actioninbound=permit actionoutbound=permit
	expect shut carol tcp 4 23
	on andy set policy P assign=n
	expect open carol tcp 4 23
	betty_tcp set 23 actioninbound=block
	expect shut betty tcp 4 23
	on andy set policy P assign=y
	expect shut betty tcp 4 23
	[[ $(dyn show rule) == *'No. of Transport Rules : 3'* ]]
	quietly dyn delete all
	both shut carol tcp 23
	expect shut betty tcp 4 23
}

@test "show names what is in force, and no key" {
	enforcer_start andy
	dyn add mmpolicy M
	dyn add qmpolicy Q
	dyn add rule me "$(lan_address betty)" M Q psk='a secret key'
	run dyn show all
	[ "$status" -eq 0 ]
	[[ $output == *'No currently assigned Policy'*'Policy Name            : M'*'QM Negotiation Policy Name : Q'* ]]
	[[ $output == *'Quick Mode Filters(Transport): Specific'*"$(lan_address andy)"* ]]
	[[ $output != *'a secret key'* ]]
	! grep -rq 'a secret key' "$LAN_DIR"/andy 2>/dev/null || return 1
	[[ $(lan_in andy ip xfrm policy list) == *"dst $(lan_address betty)/32"* ]]
}

@test "ipsecexempt takes effect at once: Kerberos by port, multicast and broadcast" {
	enforcer_start andy
	policy
	says block srcaddr=any dstaddr=any
	serve andy tcp:88
	expect shut betty tcp 4 88
	quietly dyn set config ipsecexempt 0
	both open betty tcp 88
	both shut betty tcp 23
	[[ $(lan_in andy nft list chain inet ipsecsh in4) == *'224.0.0.0/4 accept'* ]]
	quietly dyn set config ipsecexempt 1
	expect shut betty tcp 4 88
	quietly dyn set config ipsecexempt 2
	expect open betty tcp 4 88
	quietly dyn set config ipsecexempt 3
	expect shut betty tcp 4 88
}

@test "a stranger who reaches the socket is refused" {
	enforcer_start andy
	cp "$BUILD/ipsecsh" "$LAN_DIR/ipsecsh"
	stranger() { lan_in andy setpriv --reuid=65534 --regid=65534 --clear-groups "$LAN_DIR/ipsecsh" dynamic "$@"; }
	fails_with 1 'ERR IPsec[08014]' stranger show stats
	find "$LAN_DIR" -maxdepth 2 -type d -exec chmod a+rx {} +
	find "$LAN_DIR" -name enforcerd.sock -exec chmod 0666 {} + -execdir chmod a+rx . \;
	fails_with 1 "only root and members of the group 'ipsecsh'" stranger show stats
	fails_with 1 'ERR IPsec[08015]' stranger delete all
	quietly dyn delete all
}

@test "a member of the group ipsecsh may use the dynamic context, and nothing of the store" {
	{ cat /etc/group; echo 'ipsecsh:x:4242:'; } >"$LAN_DIR/group"
	# The host's own list of groups stays as it is: the enforcer sees another one.
	# shellcheck disable=SC2016 # for the inner shell
	lan_exec andy unshare -m sh -c 'mount --bind "$1" /etc/group && exec "$2"' sh "$LAN_DIR/group" \
		"$BUILD/ipsec-enforcerd" >>"$LAN_DIR/andy/log" 2>&1 3>&- &
	lan_wait "the enforcer" grep -q started "$LAN_DIR/andy/log"
	cp "$BUILD/ipsecsh" "$LAN_DIR/ipsecsh"
	find "$LAN_DIR" -maxdepth 1 -type d -exec chmod a+rx {} +
	chmod a+x "$LAN_DIR/andy"
	chmod 0750 "$LAN_DIR/andy/run" # as the enforcer makes it
	member() { lan_in andy setpriv --reuid=65534 --regid=65534 --groups=4242 "$LAN_DIR/ipsecsh" "$@"; }
	quietly member dynamic add mmpolicy M
	quietly member dynamic add rule any me M protocol=tcp dstport=23 actioninbound=block actionoutbound=block
	both shut betty tcp 23
	quietly member dynamic delete all
	both open betty tcp 23
	run member static add policy P
	[ "$status" -eq 1 ]
}

@test "explain says of policy and dynamic rules together what then happens" {
	enforcer_start andy
	policy
	says_both block betty dstaddr=me protocol=tcp dstport=80
	dyn add mmpolicy M
	quietly betty_tcp add 23 mmpolicy=M actioninbound=block actionoutbound=permit
	local from=192.0.2.2
	run dyn explain srcaddr=$from dstaddr=me dstport=23
	[[ $output == *"Verdict                : block"*"dynamic rule"* ]]
	expect shut betty tcp 4 23
	run dyn explain srcaddr=me dstaddr=$from srcport=23
	[[ $output == *"Packet                 : outbound"*"Verdict                : permit"* ]]
	run dyn explain srcaddr=$from dstaddr=me dstport=80
	[[ $output == *"Verdict                : block"*'rule "L1"'* ]]
	expect shut betty tcp 4 80
	run dyn explain srcaddr=2001:db8::3 dstaddr=me dstport=80 format=json
	[[ $output == *'"verdict": "permit"'*'"winner": null'* ]]
	expect open carol tcp 6 80
	run dyn explain srcaddr=$from dstaddr=me dstport=23 format=json
	[[ $output == *'"verdict": "block"'*'"dynamic": true, "rule": null'* ]]
	run dyn explain srcaddr=$from dstaddr=me protocol=udp dstport=500
	[[ $output == *"IKE is always exempt"* ]]
	enforcer_end andy KILL
	fails_with 1 'ERR Win32[01062]' dyn explain srcaddr=$from dstaddr=me
}

# A number that is given out but not yet used is an association to the kernel, also to one without ESP.
allocate() { # FROM TO REQID
	lan_in andy ip xfrm state allocspi src "$1" dst "$2" proto esp mode transport reqid "$3" min 0x1000 max 0xFFFF >/dev/null
}
associations() { lan_in andy ip xfrm state list | grep -c '^src' || true; }
@test "delete sa ends associations of our rules with that peer, or all of them, and nobody else's" {
	enforcer_start andy
	local ours=$((0x49500000 + 3))
	allocate 192.0.2.2 192.0.2.1 $ours || skip "this kernel gives out no SPI"
	allocate 2001:db8::3 2001:db8::1 $ours
	allocate 192.0.2.3 192.0.2.1 $ours
	allocate 192.0.2.2 192.0.2.1 77
	is "$(associations)" 4
	dyn delete sa 192.0.2.2
	is "$(associations)" 3
	fails_with 1 'ERR IPsec[06017]' dyn delete sa 192.0.2.2
	dyn delete sa dstaddr=2001:db8::3
	is "$(associations)" 2
	dyn delete sa all
	is "$(lan_in andy ip xfrm state list | grep -c 'reqid 77')" 1
	is "$(associations)" 1
}
