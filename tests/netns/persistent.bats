#!/usr/bin/env bats
# bats file_tags=netns
# The persistent policy in real packets: it stands before equal local filters, survives whatever happens to the
# local store, and when it cannot be applied itself, nothing passes.

load hosts

setup() {
	hosts andy betty
	serve andy tcp:22 tcp:23 udp:7
	STATE=$LAN_DIR/andy/state
}
teardown() { hosts_down; }

# Lines of the static context on the persistent store of andy.
persistent() {
	{
		echo "ipsec static set store location=persistent"
		printf 'ipsec static %s\n' "$@"
	} >"$LAN_DIR/persistent.netsh"
	lan_in andy "$BUILD/ipsecsh" -f "$LAN_DIR/persistent.netsh"
}
# A persistent policy that lets ssh in and blocks telnet.
persistent_policy() {
	persistent "add policy PP activatedefaultrule=no assign=yes" \
		"add filteraction permit action=permit" "add filteraction block action=block" \
		"add filter filterlist=ssh srcaddr=any dstaddr=me protocol=tcp dstport=22" \
		"add filter filterlist=telnet srcaddr=any dstaddr=me protocol=tcp dstport=23" \
		"add rule ssh PP filterlist=ssh filteraction=permit" \
		"add rule telnet PP filterlist=telnet filteraction=block"
}
status() { lan_in andy "$BUILD/ipsecsh" show status; }
mode_is() { status | grep -q "^Operational Mode *: $1"; }
# Nonsense takes the place of a store's files, whose log could make it whole again; repair brings them back.
spoil() { # FOLDER
	mkdir "$LAN_DIR/sound"
	cp -p "$1"/policy.db* "$LAN_DIR/sound"
	head -c 8192 /dev/zero | tr '\0' 'x' >"$LAN_DIR/spoilt"
	install -m 600 "$LAN_DIR/spoilt" "$1/spoilt"
	mv "$1/spoilt" "$1/policy.db"
	rm -f "$1"/policy.db-*
}
repair() { # FOLDER
	rm -f "$1"/policy.db-*
	mv "$LAN_DIR"/sound/policy.db-* "$1" 2>/dev/null || true
	mv "$LAN_DIR/sound/policy.db" "$1/policy.db"
	rmdir "$LAN_DIR/sound"
}

@test "a persistent permit stands before an equally specific local block, and a persistent block before a permit" {
	enforcer_start andy
	persistent_policy
	policy
	says block srcaddr=any dstaddr=me protocol=tcp dstport=22
	says permit srcaddr=any dstaddr=me protocol=tcp dstport=23
	says block srcaddr=any dstaddr=me protocol=udp dstport=7
	both open betty tcp 22
	both shut betty tcp 23
	both shut betty udp 7
	mode_is Secure
	persistent "set policy PP assign=no"
	both shut betty tcp 22
	both open betty tcp 23
}

@test "a more specific local filter still stands before a persistent one" {
	enforcer_start andy
	persistent_policy
	policy
	says_both block betty dstaddr=me protocol=tcp dstport=22
	both shut betty tcp 22
}

@test "the local store spoilt or gone at run time: the persistent policy stays, the old local one as well" {
	enforcer_start andy
	persistent_policy
	policy
	says block srcaddr=any dstaddr=me protocol=udp dstport=7
	spoil "$STATE"
	pkill_hup
	both shut betty udp 7
	both shut betty tcp 23
	# Now the persistent policy changes; what was local stays in force beside it.
	persistent "add filter filterlist=more srcaddr=any dstaddr=me protocol=tcp dstport=22" \
		"add filteraction block2 action=block" "add rule more PP filterlist=more filteraction=block2" || true
	lan_wait ssh-shut expect shut betty tcp 4 22
	both shut betty udp 7
	rm -f "$STATE"/policy.db*
	pkill_hup
	both shut betty udp 7
	both shut betty tcp 23
	mode_is Secure
	status | grep -q "Reason.*is gone"
}
pkill_hup() { kill -HUP "${ENFORCER[andy]}"; sleep 0.3; }

@test "the local store spoilt or missing at start: the persistent policy alone" {
	persistent_policy
	policy
	says block srcaddr=any dstaddr=me protocol=udp dstport=7
	spoil "$STATE"
	enforcer_start andy
	both shut betty tcp 23
	both open betty udp 7
	mode_is Secure
	status | grep -q 'Reason.*damaged'
	repair "$STATE"
	lan_wait repaired expect shut betty udp 4 7
	enforcer_end andy TERM
	both open betty tcp 23
	rm -f "$STATE"/policy.db*
	enforcer_start andy
	both shut betty tcp 23
	both open betty udp 7
}

@test "the persistent store spoilt: Block, also for loopback's neighbours; repaired: Secure" {
	enforcer_start andy
	persistent_policy
	lan_in andy "$BUILD/ipsecsh" dynamic set config property=bootexemptions value="TCP:0:22:inbound"
	both open betty tcp 22
	spoil "$STATE/persistent"
	lan_wait blocked mode_is Block
	both shut betty tcp 22
	both shut betty tcp 23
	both shut betty udp 7
	TARGET=betty expect shut andy ping 4 -
	lan_in andy "$PROBE" tcp 127.0.0.1 22 -t 400 | grep -q open
	grep -q 'BLOCK MODE.*at the console' "$LAN_DIR/andy/log"
	lan_in andy "$BUILD/ipsecsh" dynamic show config | grep -q '^Operational Mode *: Block'
	repair "$STATE/persistent"
	lan_wait secure mode_is Secure
	lan_wait open both open betty tcp 22
	both shut betty tcp 23
}

@test "the persistent store spoilt at start: Block; stopping the service lets everything pass" {
	persistent_policy
	spoil "$STATE/persistent"
	enforcer_start andy
	both shut betty tcp 22
	both shut betty udp 7
	mode_is Block
	enforcer_end andy TERM
	# Neighbour discovery was blocked too, and takes a moment to find out.
	lan_wait open both open betty tcp 22
	both open betty tcp 23
	mode_is Permit
}

@test "killed: what was in force stays, and show status says what it cannot know" {
	enforcer_start andy
	persistent_policy
	policy
	says block srcaddr=any dstaddr=me protocol=udp dstport=7
	enforcer_end andy KILL
	mode_is Unknown
	both shut betty tcp 23
	# The next one finds the local store spoilt: what the kernel holds covers the persistent policy, and stays.
	spoil "$STATE"
	enforcer_start andy
	mode_is Secure
	both shut betty udp 7
	both shut betty tcp 23
	repair "$STATE"
	lan_wait healed sh -c "! '$BUILD/ipsecsh' show status 2>/dev/null | grep -q damaged"
	both shut betty udp 7
}

@test "kill -9 and start under traffic: nothing that the persistent policy forbids passes" {
	persistent "add policy PP activatedefaultrule=no assign=yes" "add filteraction block action=block" \
		"add filter filterlist=echo srcaddr=any dstaddr=me protocol=udp dstport=7" \
		"add rule echo PP filterlist=echo filteraction=block"
	policy
	says permit srcaddr=any dstaddr=me protocol=udp dstport=7
	enforcer_start andy
	lan_exec betty "$PROBE" flood 192.0.2.1 7 -n 4000 -r 2000 >"$LAN_DIR/flood" 3>&- &
	flood=$!
	for i in 1 2 3; do
		enforcer_end andy KILL
		[ $i != 2 ] || spoil "$STATE"
		enforcer_start andy
		sleep 0.2
	done
	wait $flood
	is "$(cat "$LAN_DIR/flood")" "sent 4000 answered 0"
}

@test "counters of two rules with the same row number are told apart" {
	enforcer_start andy
	persistent_policy
	policy
	says block srcaddr=any dstaddr=me protocol=udp dstport=7
	both shut betty tcp 23
	persistent "show rule telnet PP level=verbose" >"$LAN_DIR/shown"
	grep -q 'Packets.* [1-9][0-9]* packets\|Traffic.*: [1-9]' "$LAN_DIR/shown" || grep -qE '[1-9][0-9]* packets' "$LAN_DIR/shown"
	on andy show rule L1 P level=verbose | grep -E ' packets' | grep -q ': 0 packets'
}
