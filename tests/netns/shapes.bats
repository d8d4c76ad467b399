#!/usr/bin/env bats
# bats file_tags=netns
# Every form of a filter against real packets: addresses, masks, ranges, protocols, ports, mirrors.

load hosts

setup() {
	hosts andy betty carol dave
	serve andy tcp:23 tcp:53 udp:53 udp:7000
	enforcer_start andy
	policy
}
teardown() { hosts_down; }

# Counts what reaches andy's UDP port 7000 after our table has seen it.
watch_7000() {
	lan_in andy nft -f - <<-'END'
		table inet watch {
			chain c { type filter hook input priority 300; udp dport 7000 counter; }
		}
	END
}
arrived_7000() { lan_in andy nft list table inet watch | sed -n 's/.*packets \([0-9]*\).*/\1/p'; }

@test "a subnet takes in its addresses and no others" {
	says block srcaddr=192.0.2.2 srcmask=255.255.255.254 dstaddr=me
	expect shut betty tcp 4 23
	expect shut carol tcp 4 23
	expect open dave tcp 4 23
	expect open betty tcp 6 23
}

@test "an IPv6 prefix takes in its addresses and no others" {
	says block srcaddr=2001:db8::2 srcmask=127 dstaddr=me
	expect shut betty tcp 6 23
	expect shut carol tcp 6 23
	expect open dave tcp 6 23
	expect open betty tcp 4 23
}

@test "a range takes in both its ends and no more" {
	says block srcaddr=192.0.2.2-192.0.2.3 dstaddr=me
	says block srcaddr=2001:db8::3-2001:db8::4 dstaddr=me
	expect shut betty tcp 4 23
	expect shut carol tcp 4 23
	expect open dave tcp 4 23
	expect open betty tcp 6 23
	expect shut carol tcp 6 23
	expect shut dave tcp 6 23
}

@test "destination any is this host too" {
	says block srcaddr=192.0.2.2 dstaddr=any
	expect shut betty tcp 4 23
	expect open carol tcp 4 23
}

@test "UDP and TCP of one port are two things" {
	says block srcaddr=any dstaddr=me protocol=udp dstport=53
	both shut betty udp 53
	both open betty tcp 53
}

@test "ICMP means ping in both families and leaves neighbour discovery alone" {
	says block srcaddr=any dstaddr=me protocol=icmp
	both shut betty ping -
	lan_in andy ip neigh flush all
	lan_in betty ip neigh flush all
	both open betty tcp 23
}

@test "with everything blocked, IPv6 neighbours are still found" {
	says block srcaddr=any dstaddr=any
	says permit srcaddr=2001:db8::2 dstaddr=me protocol=tcp dstport=23
	lan_in andy ip neigh flush all
	lan_in betty ip neigh flush all
	expect open betty tcp 6 23
	expect shut carol tcp 6 23
}

@test "a source port counts" {
	says block srcaddr=any dstaddr=me protocol=udp srcport=999 dstport=53
	both shut betty udp 53 -s 999
	both open betty udp 53 -s 998
}

@test "what this host sends is filtered too" {
	serve betty tcp:23 tcp:80
	says block srcaddr=me dstaddr=192.0.2.2 protocol=tcp dstport=23
	TARGET=betty expect shut andy tcp 4 23
	TARGET=betty expect open andy tcp 4 80
	TARGET=betty expect open andy tcp 6 23
	expect open betty tcp 4 23
}

@test "a mirrored filter stops the reversed packet, one that is not mirrored lets it in" {
	watch_7000
	says block srcaddr=me dstaddr=192.0.2.2 protocol=udp dstport=999 mirrored=no
	expect shut betty udp 4 7000 -s 999 # the answer is what is dropped
	is "$(arrived_7000)" 1
	says block srcaddr=me dstaddr=192.0.2.2 protocol=udp dstport=999 mirrored=yes
	expect shut betty udp 4 7000 -s 999
	is "$(arrived_7000)" 1
}

@test "a new address of this host is me at once" {
	says block srcaddr=any dstaddr=me protocol=tcp dstport=23
	lan_in andy ip address add 192.0.2.77/24 dev eth0
	is "$(lan_in betty "$PROBE" tcp 192.0.2.77 23 -t 300 || true)" silent
	is "$(lan_in betty "$PROBE" tcp 192.0.2.77 53 -t 300 || true)" open
}

@test "ten thousand addresses in one list: the listed ones are shut, the next one is open" {
	{
		echo "pushd ipsec static"
		for ((a = 0; a < 40; a++)); do
			for ((b = 0; b < 250; b++)); do echo "add filter L 198.18.$a.$b me"; done
		done
		echo "add filter L 192.0.2.3 me"
		echo "add rule R P L block"
	} >"$LAN_DIR/ban.netsh"
	lan_in andy "$BUILD/ipsecsh" -f "$LAN_DIR/ban.netsh"
	expect shut carol tcp 4 23
	expect open betty tcp 4 23
	lan_in betty ip address add 198.18.39.249/15 dev eth0
	lan_in betty ip address add 198.18.40.0/15 dev eth0
	lan_in andy ip address add 198.19.0.1/15 dev eth0
	lan_in betty ip route replace 198.19.0.1 dev eth0 src 198.18.39.249
	is "$(lan_in betty "$PROBE" tcp 198.19.0.1 23 -t 300 || true)" silent
	lan_in betty ip route replace 198.19.0.1 dev eth0 src 198.18.40.0
	is "$(lan_in betty "$PROBE" tcp 198.19.0.1 23 -t 300 || true)" open
}
