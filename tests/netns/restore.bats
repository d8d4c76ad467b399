#!/usr/bin/env bats
# bats file_tags=netns
# Somebody else changes or removes what is ours in the kernel: it is back within a second, and the log says so.

load hosts

setup() {
	hosts andy betty carol
	serve andy udp:7 udp:9
	enforcer_start andy
	policy
	says block srcaddr=192.0.2.3 dstaddr=me protocol=udp dstport=7
	says block srcaddr=2001:db8::3 dstaddr=me protocol=udp dstport=7
	says protect srcaddr=192.0.2.2 dstaddr=me protocol=udp dstport=9
	OURS=$(ours)
}
teardown() { hosts_down; }

# All that is ours in the kernel, as text.
ours() {
	table_text andy
	lan_in andy ip xfrm policy list | sort
}
is_back() { [ "$(ours)" = "$OURS" ]; }

# meddle COMMAND...: runs it on andy; what is ours must be as before within a second.
meddle() {
	local began look took
	began=${EPOCHREALTIME/./}
	ours >/dev/null
	look=$((${EPOCHREALTIME/./} - began))
	began=${EPOCHREALTIME/./}
	lan_in andy "$@"
	lan_wait "what '$*' removed" is_back
	took=$((${EPOCHREALTIME/./} - began))
	# Less what looking costs here: on a busy machine that is more than the second. The command, a look, the last look.
	[ $((took - 3 * look)) -lt 1000000 ] || { echo "$*: $took us, of which a look is $look"; return 1; }
	sleep 0.4 # else the next one meets the rest between two restorations
}
complaints() { grep -c 'somebody changed or removed our tables or policies in the kernel; put back' "$LAN_DIR/andy/log" || true; }

@test "what somebody flushes, deletes or adds is put right within a second, and the log says so" {
	local element n=0
	element=$(lan_in andy nft -a list table inet ipsecsh | grep -o '^[[:space:]]*set b4[^ ]*' | awk '{ print $2; exit }')
	[ -n "$element" ]
	for command in 'nft flush ruleset' 'ip xfrm policy flush' 'nft delete table inet ipsecsh' 'nft flush table inet ipsecsh' \
		'nft flush chain inet ipsecsh in4' "nft flush set inet ipsecsh $element" 'nft insert rule inet ipsecsh in4 accept' \
		'ip xfrm policy delete src 192.0.2.1/32 dst 192.0.2.2/32 proto udp sport 9 dir out'; do
		# shellcheck disable=SC2086 # words of a command
		meddle $command
		n=$((n + 1))
		lan_wait "the log's line $n" test "$(complaints)" -ge "$n"
	done
	both shut carol udp 7
	expect shut betty udp 4 9
	grep -q '^<4>somebody' "$LAN_DIR/andy/log"
}

@test "flushed again and again, and while a change is applied, it comes back in the end" {
	local i
	{
		echo "ipsec static"
		for ((i = 0; i < 3000; i++)); do echo "add filter many 198.18.$((i / 250)).$((i % 250)) me protocol=TCP dstport=$((i % 7 + 20))"; done
		echo "add rule many P many block"
		echo "add rule manyneg P many protect psk=secret"
	} >"$LAN_DIR/more.netsh"
	lan_in andy "$BUILD/ipsecsh" -f "$LAN_DIR/more.netsh" >/dev/null
	OURS=$(ours)
	on andy set policy P assign=no
	(for i in 1 2 3 4 5; do on andy set policy P assign=yes; on andy set policy P assign=no; done; on andy set policy P assign=yes) >/dev/null 2>&1 3>&- &
	while kill -0 $! 2>/dev/null; do
		lan_in andy nft flush ruleset
		lan_in andy ip xfrm policy flush
	done
	wait $! || true
	meddle nft flush ruleset
	both shut carol udp 7
}

@test "putting back leaves the tables and policies of others alone" {
	lan_in andy nft add table inet other
	lan_in andy nft add chain inet other input '{ type filter hook input priority 5; }'
	lan_in andy nft add rule inet other input tcp dport 4444 drop
	lan_in andy ip xfrm policy add dir out src 198.51.100.1 dst 198.51.100.2 priority 77
	OURS=$(ours)
	meddle nft delete table inet ipsecsh
	lan_in andy nft list table inet other | grep -q 'dport 4444 drop'
	lan_in andy ip xfrm policy list | grep -q 'priority 77'
	enforcer_end andy TERM
	lan_in andy nft list table inet other | grep -q 'dport 4444 drop'
	is "$(lan_in andy ip xfrm policy list | grep -c priority)" 1
}

@test "a policy of another program where ours should be is reported, stays, and opens nothing" {
	on andy set policy P assign=no
	lan_in andy ip xfrm policy add dir out src 192.0.2.1/32 dst 192.0.2.2/32 proto udp sport 9 priority 77
	run on andy set policy P assign=yes
	[[ $output == *"rule 'L3'"*"another program owns"* ]]
	grep -q "rule 'L3'.*another program owns" "$LAN_DIR/andy/log"
	both shut carol udp 7
	expect shut betty udp 4 9
	lan_in andy ip xfrm policy list | grep -q 'priority 77'
	lan_in andy nft flush ruleset
	lan_wait "the table" lan_in andy nft list table inet ipsecsh >/dev/null 2>&1
	both shut carol udp 7
	lan_in andy ip xfrm policy delete dir out src 192.0.2.1/32 dst 192.0.2.2/32 proto udp sport 9
	kill -HUP "${ENFORCER[andy]}"
	lan_wait "our policies" is_back
}
