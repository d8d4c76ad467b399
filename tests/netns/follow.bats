#!/usr/bin/env bats
# bats file_tags=netns
# What a rule's words stand for changes under the enforcer: addresses, gateways, name servers, leases. It follows
# by itself, and touches nothing else.

load hosts

setup() {
	hosts andy betty
	mkdir -p "$LAN_DIR/etc" "$LAN_DIR/slashrun/systemd/netif/leases" "$LAN_DIR/varlib/dhcp" "$LAN_DIR/nm"
	cp /etc/passwd /etc/group "$LAN_DIR/etc"
	echo "nameserver 192.0.2.60" >"$LAN_DIR/nm/resolv.conf"
	ln -s "$LAN_DIR/nm/resolv.conf" "$LAN_DIR/etc/resolv.conf"
	start_with_private_folders
	policy
}
teardown() { hosts_down; }

# The enforcer with an /etc, a /run and a /var/lib of its own.
start_with_private_folders() {
	local log=$LAN_DIR/andy/log
	# shellcheck disable=SC2016 # the inner shell expands
	lan_exec andy unshare -m sh -c 'mount --bind "$1/etc" /etc && mount --bind "$1/slashrun" /run &&
		mount --bind "$1/varlib" /var/lib && exec "$2/ipsec-enforcerd"' sh "$LAN_DIR" "$BUILD" >"$log" 2>&1 3>&- &
	# shellcheck disable=SC2034,SC2154 # as in hosts.bash
	ENFORCER[andy]=$!
	lan_wait "the enforcer" grep -q started "$log"
}
in_table() { lan_in andy nft list table inet ipsecsh | grep -q "$1"; }
in_xfrm() { lan_in andy ip xfrm policy list | grep -q "$1"; }
not() { ! "$@"; }

@test "name servers, through a symbolic link, also when it is turned elsewhere" {
	says block srcaddr=me dstaddr=dns
	in_table 192.0.2.60
	echo "nameserver 192.0.2.61" >"$LAN_DIR/nm/resolv.conf"
	lan_wait "another server" in_table 192.0.2.61
	not in_table 192.0.2.60
	printf 'nameserver 192.0.2.62\nnameserver 2001:db8::62\n' >"$LAN_DIR/nm/new"
	mv "$LAN_DIR/nm/new" "$LAN_DIR/nm/resolv.conf"
	lan_wait "a new file" in_table 192.0.2.62
	in_table 2001:db8::62
	mkdir "$LAN_DIR/slashrun/other" # where the sandbox lets the enforcer read
	echo "nameserver 192.0.2.63" >"$LAN_DIR/slashrun/other/conf"
	ln -sfn /run/other/conf "$LAN_DIR/etc/resolv.conf"
	lan_wait "another file" in_table 192.0.2.63
	echo "nameserver 192.0.2.64" >"$LAN_DIR/slashrun/other/conf"
	lan_wait "a change of that" in_table 192.0.2.64
	mkdir -p "$LAN_DIR/slashrun/systemd/resolve"
	echo "nameserver 192.0.2.65" >"$LAN_DIR/slashrun/systemd/resolve/resolv.conf"
	echo "nameserver 127.0.0.53" >"$LAN_DIR/slashrun/other/conf"
	lan_wait "what stands behind resolved" in_table 192.0.2.65
	echo "nameserver 192.0.2.66" >"$LAN_DIR/slashrun/systemd/resolve/resolv.conf"
	lan_wait "a change of that" in_table 192.0.2.66
}

@test "a resolv.conf that leads out of the sandbox leaves the old plan in force, and the log says so" {
	! grep -q 'has no Landlock' "$LAN_DIR/andy/log" || skip "this kernel has no Landlock"
	says block srcaddr=me dstaddr=dns
	in_table 192.0.2.60
	mkdir "$LAN_DIR/other"
	echo "nameserver 192.0.2.63" >"$LAN_DIR/other/conf"
	ln -sfn "$LAN_DIR/other/conf" "$LAN_DIR/etc/resolv.conf"
	lan_wait "the log" grep -q 'resolv.conf.*stays in force' "$LAN_DIR/andy/log"
	in_table 192.0.2.60
	ln -sfn /run/conf "$LAN_DIR/etc/resolv.conf"
	echo "nameserver 192.0.2.64" >"$LAN_DIR/slashrun/conf"
	lan_wait "one within it" in_table 192.0.2.64
}

@test "DHCP and WINS servers of leases" {
	says block srcaddr=me dstaddr=dhcp
	says block srcaddr=me dstaddr=wins
	printf 'ADDRESS=192.0.2.1\nSERVER_ADDRESS=192.0.2.70\n' >"$LAN_DIR/slashrun/systemd/netif/leases/2"
	lan_wait "a lease of networkd" in_table 192.0.2.70
	printf 'lease {\n  interface "eth0";\n  option dhcp-server-identifier 192.0.2.71;\n  option netbios-name-servers 192.0.2.72;\n}\n' \
		>"$LAN_DIR/varlib/dhcp/dhclient.eth0.leases"
	lan_wait "a lease of dhclient" in_table 192.0.2.71
	in_table 192.0.2.72
	rm "$LAN_DIR/slashrun/systemd/netif/leases/2"
	lan_wait "the lease's end" not in_table 192.0.2.70
}

@test "gateways of both families, several next hops" {
	says block srcaddr=me dstaddr=gateway
	lan_in andy ip route add default via 192.0.2.80
	lan_wait "a gateway" in_table 192.0.2.80
	lan_in andy ip -6 route add default via 2001:db8::80
	lan_wait "an IPv6 gateway" in_table 2001:db8::80
	lan_in andy ip route replace default nexthop via 192.0.2.81 nexthop via 192.0.2.82
	lan_wait "two gateways" in_table 192.0.2.82
	in_table 192.0.2.81
	not in_table 192.0.2.80
	lan_in andy ip route delete default
	lan_wait "no gateway" not in_table 192.0.2.81
}

@test "this host's addresses: only the one that changes is touched" {
	says protect srcaddr=me dstaddr=192.0.2.99
	in_xfrm '192.0.2.1/32 dst 192.0.2.99'
	lan_in andy ip xfrm monitor policy >"$LAN_DIR/xfrm" 3>&- &
	lan_in andy nft monitor >"$LAN_DIR/nft" 3>&- &
	sleep 0.3
	lan_in andy ip address add 192.0.2.111/24 dev eth0
	lan_wait "the new address" in_xfrm '192.0.2.111/32 dst 192.0.2.99'
	lan_in andy ip address delete 192.0.2.111/24 dev eth0
	lan_wait "its end" not in_xfrm 192.0.2.111
	sleep 0.2
	grep -q 192.0.2.111 "$LAN_DIR/xfrm"
	is "$(grep -E '^(Deleted |Updated )?src' "$LAN_DIR/xfrm" | grep -v 192.0.2.111 || true)" ""
	is "$(cat "$LAN_DIR/nft")" ""
	# An address on lo that is no loopback address is this host's too.
	lan_in andy ip address add 198.51.100.9/32 dev lo
	lan_wait "an address on lo" in_xfrm '198.51.100.9/32 dst 192.0.2.99'
}

@test "a dial-up interface by its kind, whatever its name; a renamed one stays what it is" {
	says block srcaddr=any dstaddr=me protocol=udp dstport=7
	on andy set rule L1 P conntype=dialup
	not in_table '"vpn0"'
	lan_in andy ip tuntap add dev vpn0 mode tun || skip "this kernel has no tun"
	lan_wait "a tun interface" in_table '"vpn0"'
	lan_in andy ip link set vpn0 name office
	lan_wait "its new name" in_table '"office"'
	lan_in andy ip tuntap add dev tun7 mode tap
	lan_in andy ip link delete office
	lan_wait "its end" not in_table '"office"'
	not in_table '"tun7"' # an Ethernet, for all its name
}

@test "another host, and a user without privilege, come to the same plan from a file of facts" {
	local there=$BATS_TEST_TMPDIR/there
	says block srcaddr=me dstaddr=dns
	says protect srcaddr=me dstaddr=gateway
	lan_in andy ip route add default via 192.0.2.80
	says permit srcaddr=192.0.2.2 dstaddr=me protocol=tcp dstport=80
	chmod 0755 "$BATS_TEST_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_RUN_TMPDIR"
	install -d -m 0755 "$there"
	cp "$BUILD/ipsec-enforcerd" "$there"
	cp -r "$LAN_DIR/andy/state" "$there/state"
	chown -R 65534:65534 "$there/state"
	lan_in andy "$BUILD/ipsec-enforcerd" --show-facts >"$there/andy.facts"
	grep -q 'server gateway 192.0.2.80' "$there/andy.facts"
	lan_in andy "$BUILD/ipsec-enforcerd" -n >"$LAN_DIR/plan"
	grep -q 'protect 192.0.2.1 > 192.0.2.80' "$LAN_DIR/plan"
	run lan_in betty env IPSECSH_STATE="$there/state" setpriv --reuid=65534 --regid=65534 --clear-groups \
		--inh-caps=-all --bounding-set=-all "$there/ipsec-enforcerd" -n --facts "$there/andy.facts"
	is "$output" "$(cat "$LAN_DIR/plan")"
}

@test "assigning again what is assigned writes nothing to the kernel" {
	says block srcaddr=any dstaddr=me protocol=tcp dstport=23
	says protect srcaddr=192.0.2.2 dstaddr=me
	lan_in andy ip xfrm monitor policy >"$LAN_DIR/xfrm" 3>&- &
	lan_in andy nft monitor >"$LAN_DIR/nft" 3>&- &
	sleep 0.3
	on andy set policy P assign=yes
	kill -HUP "${ENFORCER[andy]}"
	on andy set policy P description=other
	sleep 0.3
	is "$(cat "$LAN_DIR/xfrm" "$LAN_DIR/nft")" ""
	# The monitors do see what is written.
	says block srcaddr=any dstaddr=me protocol=tcp dstport=24
	says protect srcaddr=192.0.2.2 dstaddr=me protocol=tcp
	lan_wait "the monitors" grep -q . "$LAN_DIR/nft"
	lan_wait "the monitors" grep -q . "$LAN_DIR/xfrm"
}
