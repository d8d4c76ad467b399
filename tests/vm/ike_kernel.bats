#!/usr/bin/env bats
# bats file_tags=vm
# Associations that the enforcer's kernel process puts into a kernel that has ESP and AH. IKE is a double at either end
# (ike_asker.c) whose keys were agreed on beforehand. Runs inside the guest (make check-vm).

load ../netns/hosts
load ../netns/asker

setup() {
	local host
	hosts andy betty
	serve andy tcp:23
	ANDY=$(lan_address andy) BETTY=$(lan_address betty)
	for host in andy betty; do
		enforcer_start $host
		on $host add policy P activatedefaultrule=no
		on $host add filteraction protect action=negotiate inpass=no qmsecmethods="ESP[AES128,SHA1] AH[SHA1]"
		on $host add filter filterlist=L srcaddr=me dstaddr="$([ $host = andy ] && echo "$BETTY" || echo "$ANDY")"
		on $host add rule R P L protect psk=secret
		on $host set policy P assign=yes
		asker $host
	done
	REQID=$(lan_in andy ip xfrm policy | sed -n 's/.*reqid \([0-9]*\).*/\1/p' | head -n 1)
	REQID=$(printf %x "$REQID")
}
teardown() {
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		tail -n 20 "$LAN_DIR"/*/asker || true
		lan_in andy ip -s xfrm state || true
	fi
	hosts_down
}

# A pair of associations, asked for at both ends: SPIS[andy] is that of packets to andy.
declare -gA SPIS=()
associate() { # esp|ah [udp]
	answers andy '^done' spi "$1" "$BETTY" "$ANDY" "$REQID"
	SPIS[andy]=${ANSWER##* }
	answers betty '^done' spi "$1" "$ANDY" "$BETTY" "$REQID"
	SPIS[betty]=${ANSWER##* }
	answers andy '^done' add in "$1" "${SPIS[andy]}" "$BETTY" "$ANDY" "$REQID" "${2:-}"
	answers betty '^done' add in "$1" "${SPIS[betty]}" "$ANDY" "$BETTY" "$REQID" "${2:-}"
	answers andy '^done' add out "$1" "${SPIS[betty]}" "$ANDY" "$BETTY" "$REQID" "${2:-}"
	answers betty '^done' add out "$1" "${SPIS[andy]}" "$BETTY" "$ANDY" "$REQID" "${2:-}"
}
granted() { lan_in "$1" ip -s xfrm policy | grep -c ' uid [1-9]' || true; }
states() { lan_in andy ip xfrm state | grep -c "^src.*dst" || true; }

@test "ESP as granted carries a session; IKE hears how much, and when somebody deletes it" {
	expect shut betty tcp 4 23
	associate esp
	capture_start andy
	lan_wait "a session" expect open betty tcp 4 23
	capture_end
	grep -q "ESP(spi=0x" "$LAN_DIR/capture"
	is "$(captured_on_port 23)" 0
	answers andy '^done packets [1-9][0-9]* used yes' carried esp "${SPIS[andy]}" "$BETTY" "$ANDY"
	is "$(granted andy)" 0
	lan_in andy ip xfrm state delete src "$BETTY" dst "$ANDY" proto esp spi "0x${SPIS[andy]}"
	hears andy "^EXPIRE ${SPIS[andy]} 13877$" # RPC_DELETE: by an administrator
	lan_in andy ip xfrm state flush
	hears andy "^EXPIRE ${SPIS[betty]} 13877$"
	answers andy '^refused' carried esp "${SPIS[betty]}" "$ANDY" "$BETTY"
}

@test "AH, the rule's second offer, brings its policies along and takes them with it" {
	associate ah
	is "$(granted andy) $(granted betty)" "2 2"
	lan_wait "a session" expect open betty tcp 4 23
	on andy set filteraction protect qmsecmethods="ESP[AES128,SHA1]"
	is "$(granted andy)" 0
	hears andy '^EXPIRE .* 13849$' 2 # POLICY_CHANGE
	expect shut betty tcp 4 23
	is "$(granted betty)" 2
	tell betty drop ah "${SPIS[betty]}" "$ANDY" "$BETTY"
	tell betty drop ah "${SPIS[andy]}" "$BETTY" "$ANDY"
	answers betty '^refused' carried ah "${SPIS[betty]}" "$ANDY" "$BETTY"
	is "$(granted betty)" 0
}

@test "an association that moves keeps its key, and never uses a number twice" {
	local was
	associate esp udp
	was=$(lan_in andy ip xfrm state get src "$ANDY" dst "$BETTY" proto esp spi "0x${SPIS[betty]}" | grep 'enc ')
	tell andy move out "${SPIS[betty]}" "$ANDY" "$BETTY" 4600
	answers andy '^done' carried esp "${SPIS[betty]}" "$ANDY" "$BETTY"
	run lan_in andy ip xfrm state get src "$ANDY" dst "$BETTY" proto esp spi "0x${SPIS[betty]}"
	[[ $output == *"$was"* && $output == *"sport 4500 dport 4600"* ]]
	[[ $output == *"oseq 0x100000"* || $output == *"oseq 0x00100000"* ]]
}

@test "another enforcer: what was there is deleted when IKE comes, and IKE is told" {
	associate esp
	enforcer_end andy KILL
	enforcer_start andy
	is "$(states)" 2
	asker andy
	hears andy '^EXPIRE .* 13878$' 2 # BENIGN_REINIT
	is "$(states)" 0
}
