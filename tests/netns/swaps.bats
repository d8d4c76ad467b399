#!/usr/bin/env bats
# bats file_tags=netns
# Under continuous traffic from two neighbours, IPv4 and IPv6: the policy is swapped as fast as commands go, and the
# enforcer is killed at random moments, also while it applies a swap, and replaced. Not one forbidden packet
# passes, not one packet that every policy permits is lost. SWAPS and KILLS in the environment make the run longer
# (make soak): the traffic of PACKETS packets a flow, 2,000 of them a second, is begun anew until there were so many.

load hosts

RATE=2000
setup() {
	hosts andy betty carol dora
	serve andy udp:7
	enforcer_start andy
	policy
	PACKETS=${PACKETS:-8000}
}
teardown() { hosts_down; }

# What each of the policies says: betty may, carol may not, dora only protected; and more, of other shapes.
policies() {
	{
		echo "ipsec static"
		for p in P Q R; do
			[ $p = P ] || echo "add policy $p activatedefaultrule=no"
			for host in betty carol dora; do
				for family in 4 6; do
					echo "add filter $p$host$family $(lan_address $host $family) me protocol=UDP dstport=7"
				done
			done
		done
		echo "add filter Qnets 192.0.2.0/27 me protocol=UDP"
		echo "add filter Qnets 2001:db8::/96 me protocol=UDP"
		for ((i = 0; i < 3000; i++)); do echo "add filter Rmany 198.18.$((i / 250)).$((i % 250)) me protocol=TCP dstport=$((i % 7 + 20))"; done
		for p in P Q R; do
			for family in 4 6; do
				echo "add rule $p${family}b $p ${p}betty$family permit"
				echo "add rule $p${family}c $p ${p}carol$family block"
				echo "add rule $p${family}d $p ${p}dora$family protect psk=secret"
			done
		done
		echo "add rule Qnets Q Qnets block"
		echo "add rule Rmany R Rmany block"
	} >"$LAN_DIR/policies.netsh"
	lan_in andy "$BUILD/ipsecsh" -f "$LAN_DIR/policies.netsh"
}

flood_start() {
	local host family
	FLOODS=()
	for host in betty carol dora; do
		for family in 4 6; do
			lan_exec $host "$PROBE" flood "$(lan_address andy $family)" 7 -n "$PACKETS" -r $RATE >"$LAN_DIR/$host$family" 3>&- &
			FLOODS+=("$!")
		done
	done
	FLOOD_ENDS=$((SECONDS + PACKETS / RATE - 1))
}
flood_goes_on() { [ "$SECONDS" -lt "$FLOOD_ENDS" ]; }
flood_was_right() {
	local family
	wait "${FLOODS[@]}"
	for family in 4 6; do
		is "$(cat "$LAN_DIR/betty$family")" "sent $PACKETS answered $PACKETS"
		is "$(cat "$LAN_DIR/carol$family")" "sent $PACKETS answered 0"
		is "$(cat "$LAN_DIR/dora$family")" "sent $PACKETS answered 0"
	done
}

@test "policies are swapped under traffic: nothing forbidden passes, nothing permitted is lost" {
	local swaps=0 p began=$SECONDS
	policies
	while [ "$swaps" -lt "${SWAPS:-9}" ]; do
		flood_start
		while flood_goes_on; do
			for p in Q R P; do
				on andy set policy name=$p assign=yes
				swaps=$((swaps + 1))
			done
		done
		flood_was_right
	done
	echo "# $swaps swaps in $((SECONDS - began)) s" >&3
}

# Kills the enforcer while policies are swapped, for as long as the traffic goes on; the times of it into KILLED.
kill_on() {
	KILLED=0
	while flood_goes_on; do
		(for p in Q R P; do on andy set policy name=$p assign=yes; done) >/dev/null 2>&1 3>&- &
		swapper=$!
		sleep "0.0$((RANDOM % 10))"
		enforcer_end andy KILL
		wait "$swapper" || true
		enforcer_start andy
		KILLED=$((KILLED + 1))
	done
}
@test "the enforcer is killed again and again while policies are swapped under traffic" {
	local kills=0 began=$SECONDS
	policies
	while [ "$kills" -lt "${KILLS:-2}" ]; do
		flood_start
		kill_on
		flood_was_right
		kills=$((kills + KILLED))
	done
	echo "# $kills kills in $((SECONDS - began)) s" >&3
	on andy set policy name=P assign=yes
	both open betty udp 7
	both shut carol udp 7
}

table_is_back() { [ "$(table_text andy)" = "$TABLE" ]; }
# As an upgrade finds it that writes the table otherwise: all of it is replaced, in one transaction.
@test "a table that must be written anew as a whole leaves no gap" {
	local times=0
	policies
	TABLE=$(table_text andy)
	flood_start
	while flood_goes_on; do
		lan_in andy nft insert rule inet ipsecsh in4 counter
		lan_wait "the table" table_is_back
		times=$((times + 1))
	done
	echo "# $times times" >&3
	flood_was_right
	[ "$times" -ge 3 ]
}

# Betty, whom both block on port 9 and both let in on port 10, each policy by filters of other shapes; before those her
# packets meet many more, so that they are longer under way in the rules.
torn_policies() {
	local betty host p plen ports
	betty=$(lan_address betty)/24
	host=198.51.100.0/24 # nobody: so blocks and permits share a set
	{
		echo "ipsec static"
		echo "add policy T activatedefaultrule=no"
		echo "add filter general any me protocol=UDP"
		echo "add filter Pblock $betty me protocol=UDP dstport=9"
		echo "add filter Ppermit $host me protocol=UDP dstport=9"
		echo "add filter Tblock $betty me protocol=UDP"
		echo "add filter Tpermit $host me protocol=UDP"
		echo "add filter Topen $betty me protocol=UDP dstport=10"
		for plen in {25..32}; do
			for ports in "" "srcport=7" "dstport=7" "srcport=7 dstport=7"; do
				echo "add filter longer 198.18.0.0/$plen me protocol=UDP $ports"
			done
		done
		for p in P T; do
			echo "add rule ${p}general $p general permit"
			echo "add rule ${p}block $p ${p}block block"
			echo "add rule ${p}permit $p ${p}permit permit"
			echo "add rule ${p}longer $p longer block"
		done
		echo "add rule Topen T Topen permit"
	} >"$LAN_DIR/torn.netsh"
	lan_in andy "$BUILD/ipsecsh" -f "$LAN_DIR/torn.netsh"
	# Counted before our table, and behind it.
	lan_in andy nft 'table inet watch {
		counter came9 { }; counter came10 { }; counter passed9 { }; counter passed10 { }
		chain before { type filter hook input priority -100; udp dport 9 counter name came9; udp dport 10 counter name came10; }
		chain behind { type filter hook input priority 100; udp dport 9 counter name passed9; udp dport 10 counter name passed10; }
	}'
}
counted() { lan_in andy nft list counter inet watch "$1" | sed -n 's/.*packets \([0-9]*\).*/\1/p'; }
# A commit takes some hundred nanoseconds: only at such a rate are packets under way in it.
@test "no packet is torn between two policies at 100,000 packets a second" {
	local port rate swaps=0 ends floods=()
	torn_policies
	ends=$((SECONDS + ${TORN_SECONDS:-10}))
	for port in 9 10; do # to be blocked 90,000 a second, to be let in 10,000: swaps shall have a processor too
		rate=$((port == 9 ? 90000 : 10000))
		lan_exec betty nice "$PROBE" flood "$(lan_address andy)" "$port" -n $((rate * ${TORN_SECONDS:-10})) -r $rate >/dev/null 3>&- &
		floods+=("$!")
	done
	while [ "$SECONDS" -lt "$ends" ]; do
		on andy set policy name=T assign=yes
		on andy set policy name=P assign=yes
		swaps=$((swaps + 2))
	done
	wait "${floods[@]}"
	echo "# $swaps swaps; forbidden: $(counted came9) came, $(counted passed9) passed; permitted: $(counted came10) came, $(counted passed10) passed" >&3
	[ "$(counted came9)" -gt 100000 ] && [ "$swaps" -gt 20 ]
	is "$(counted passed9)" 0
	is "$(counted passed10)" "$(counted came10)"
}
