#!/usr/bin/env bats
# bats file_tags=netns
# andy routes between betty's network and one behind him, where carol lives. What he forwards meets tunnel
# rules only (windows-ipsec-semantics §3.9).

load hosts

setup() {
	hosts andy betty carol
	lan_behind_andy
	enforcer_start andy
	policy
	serve carol udp:7 udp:9 udp:500
	lan_wait "the way to carol" through open 6 7 >/dev/null # duplicate address detection takes a second
}
teardown() { hosts_down; }

# carol moves behind andy: 198.51.100.0/24 and 2001:db8:1::/64, .1 is andy, .3 is carol.
lan_behind_andy() {
	local a=andy-$LAN_TAG b=betty-$LAN_TAG c=carol-$LAN_TAG
	ip -n "$c" link delete eth0
	ip -n "$c" link add eth0 type veth peer name eth1 netns "$a"
	ip -n "$a" address add 198.51.100.1/24 dev eth1
	ip -n "$a" address add 2001:db8:1::1/64 dev eth1 nodad
	ip -n "$a" link set eth1 up
	ip -n "$c" address add 198.51.100.3/24 dev eth0
	ip -n "$c" address add 2001:db8:1::3/64 dev eth0 nodad
	ip -n "$c" link set eth0 up
	ip -n "$c" route add default via 198.51.100.1
	ip -n "$c" route add default via 2001:db8:1::1
	ip -n "$b" route add 198.51.100.0/24 via 192.0.2.1
	ip -n "$b" route add 2001:db8:1::/64 via 2001:db8::1
	lan_in andy sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
}
# through open|shut FAMILY PORT [OPTIONS]: betty asks carol
through() {
	local want=$1 address=198.51.100.3 got
	[ "$2" = 4 ] || address=2001:db8:1::3
	got=$(lan_in betty "$PROBE" udp $address "$3" "${@:4}" -t 400) || true
	case $want:$got in
	open:open | shut:silent | shut:unreachable) return ;;
	esac
	echo "betty to carol through andy, IPv$2, port $3: $got, should be $want"
	return 1
}

@test "block everything: this host is shut, what it forwards passes" {
	through open 4 7
	through open 6 7
	says block srcaddr=any dstaddr=any
	both shut betty ping -
	through open 4 7
	through open 6 7
}

@test "negotiate everything: this host is shut, what it forwards passes" {
	says protect srcaddr=me dstaddr=any
	both shut betty ping -
	through open 4 7
	through open 6 7
}

@test "a tunnel rule takes what is forwarded: nothing leaves in clear, either direction" {
	on andy add filter filterlist=T srcaddr=192.0.2.0 srcmask=24 dstaddr=198.51.100.0 dstmask=24 mirrored=no
	on andy add rule T P filterlist=T filteraction=protect psk=secret tunnel=198.51.100.3
	through shut 4 7
	through open 6 7
	on andy delete rule T P
	through open 4 7
	# The other end is ours: clear packets of that selector that we should forward are dropped.
	on andy add rule T P filterlist=T filteraction=protect psk=secret tunnel=192.0.2.1
	through shut 4 7
	on andy set rule T P activate=no
	through open 4 7
}

@test "the IKE of others is forwarded through a tunnel rule like anything else" {
	through open 4 500
	on andy add filter filterlist=T srcaddr=192.0.2.0 srcmask=24 dstaddr=198.51.100.0 dstmask=24 mirrored=no
	on andy add rule T P filterlist=T filteraction=protect psk=secret tunnel=198.51.100.3
	through shut 4 500 -s 500
	through shut 4 9 -s 4500
}

@test "a tunnel rule that blocks stops what is forwarded" {
	on andy add filter filterlist=T srcaddr=192.0.2.0 srcmask=24 dstaddr=198.51.100.0 dstmask=24 mirrored=no
	on andy add rule T P filterlist=T filteraction=block tunnel=198.51.100.3
	through shut 4 7
	through shut 4 9
	through open 6 7
	# A more specific tunnel rule cuts a hole.
	on andy add filter filterlist=H srcaddr=192.0.2.2 dstaddr=198.51.100.3 protocol=udp dstport=7 mirrored=no
	on andy add rule H P filterlist=H filteraction=permit tunnel=198.51.100.3
	through open 4 7
	through shut 4 9
}
