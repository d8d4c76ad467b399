# shellcheck shell=bash
# Words of the guest tests of tunnels: nets behind two gateways, and what passes between them.

load sa

# HOST leaves the common wire and has the net behind GATEWAY, whose own traffic to the FAR net comes from that side.
behind() { # GATEWAY HOST NET FAR PEER
	local gate=$1-$LAN_TAG host=$2-$LAN_TAG
	lan_ip "$host" "link delete eth0" "link add eth0 type veth peer name eth1 netns $gate"
	lan_ip "$gate" "address add 10.$3.0.1/24 dev eth1" "address add 2001:db8:$3::1/64 dev eth1 nodad" "link set eth1 up" \
		"route add 10.$4.0.0/24 via $(lan_address "$5") src 10.$3.0.1" \
		"route add 2001:db8:$4::/64 via $(lan_address "$5" 6) src 2001:db8:$3::1"
	lan_ip "$host" "address add 10.$3.0.3/24 dev eth0" "address add 2001:db8:$3::3/64 dev eth0 nodad" "link set eth0 up" \
		"route add default via 10.$3.0.1" "route add default via 2001:db8:$3::1"
	lan_in "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
}
tunnel_rules() { # GATEWAY NET FAR PEER
	local bat=$LAN_DIR/$1/tunnel.bat
	{
		echo "netsh ipsec static add policy P activatedefaultrule=no"
		echo "netsh ipsec static add filteraction protect action=negotiate inpass=no qmsecmethods=\"ESP[3DES,SHA1]\""
		tunnel_rule out4 "10.$2.0.0" "10.$3.0.0" 24 "$(lan_address "$4")"
		tunnel_rule in4 "10.$3.0.0" "10.$2.0.0" 24 "$(lan_address "$1")"
		tunnel_rule out6 "2001:db8:$2::" "2001:db8:$3::" 64 "$(lan_address "$4" 6)"
		tunnel_rule in6 "2001:db8:$3::" "2001:db8:$2::" 64 "$(lan_address "$1" 6)"
		echo "netsh ipsec static set policy P assign=yes"
	} >"$bat"
	lan_in "$1" "$BUILD/ipsecsh" "$bat"
}
tunnel_rule() { # NAME FROM TO MASK END
	echo "netsh ipsec static add filter filterlist=$1 srcaddr=$2 srcmask=$4 dstaddr=$3 dstmask=$4 mirrored=no"
	echo "netsh ipsec static add rule $1 P filterlist=$1 filteraction=protect psk=secret tunnel=$5"
}
methods() { # METHODS
	on andy set filteraction protect qmsecmethods="$1"
	on betty set filteraction protect qmsecmethods="$1"
}
# across open|shut FROM ADDRESS: a datagram, and its answer.
across() {
	local want=$1 got ms=400
	[ "$want" = shut ] || ms=20000
	got=$(lan_in "$2" "$PROBE" udp "$3" 7 -t $ms) || true
	case $want:$got in
	open:open | shut:silent | shut:unreachable) return ;;
	esac
	echo "$2 to $3: $got, should be $want"
	return 1
}
# What the wire between the gateways shows of the two nets in clear.
captured_nets() { grep -v '(spi=' "$LAN_DIR/capture" | grep -cE '10[.][12][.]0[.]|2001:db8:[12]:' || true; }
