# shellcheck shell=bash
# Words of the guest tests with everything in place: shell, enforcer, IKE daemon, a kernel with ESP and AH.

load sa

# What a failed test leaves to look at.
what_is() {
	local host
	tail -n 20 "$LAN_DIR"/*/log "$LAN_DIR"/*/iked
	for host in andy betty; do
		echo "== $host"
		lan_in $host ip -s xfrm state list | grep -vE 'auth|enc|aead'
		lan_in $host ip xfrm policy list | grep -B1 -A5 'priority [0-9]\{3,\}'
		lan_in $host grep -v ' 0$' /proc/net/xfrm_stat
	done
}

shell() { lan_in "$1" "$BUILD/ipsecsh"; } # HOST, commands from standard input
# everything MAIN-MODE-METHODS QUICK-MODE-METHODS [ACTION-TAGS...]: all between andy and betty is to be protected that way.
everything() {
	local host mm=$1 qm=$2
	shift 2
	for host in andy betty; do
		shell $host <<-END
			static add policy P activatedefaultrule=no mmsecmethods="$mm"
			static add filteraction protect action=negotiate inpass=no soft=no qmsecmethods="$qm" $*
			static add filter Everything me any
			static add rule R P Everything protect psk="a key of both"
			static set policy P assign=yes
		END
	done
}
# other MAIN-MODE-METHODS QUICK-MODE-METHODS [ACTION-TAGS...]: the policy of everything() says that from now on, and
# nothing of before is left.
other() {
	local host mm=$1 qm=$2
	shift 2
	for host in andy betty; do
		shell $host <<-END
			static set policy P mmsecmethods="$mm"
			static set filteraction protect qmsecmethods="$qm" $*
		END
	done
	for host in andy betty; do lan_in $host "$BUILD/ipsecsh" dynamic delete sa all >/dev/null || true; done # or there are none
}

# states HOST: one word for each kind of association that the kernel holds: esp/cbc(aes)/128/hmac(sha1). What it only asked for
# has no algorithm yet, and is none: a packet may have met the first offer's policy before another kind was agreed.
states() {
	lan_in "$1" ip xfrm state list | awk '
		function bits(key) { return key ~ /^0x/ ? (length(key) - 2) * 4 : 0 } # none: ""
		function flush() { if (enc || auth) print proto enc auth }
		$1 == "src" { flush(); proto = enc = auth = "" }
		$1 == "proto" { proto = $2 }
		$1 == "enc" { enc = "/" $2 "/" bits($3) }
		$1 == "aead" { enc = "/" $2 "/" bits($3) }
		$1 ~ /^auth/ { auth = "/" $2 }
		END { flush() }' | sort -u | tr '\n' ' '
}
session() { # FAMILY: one telnet session; the first packets wait for the keys
	expect open betty tcp "$1" 23 -t 20000
}
# agreed STATES: both ends hold associations of those kinds and no others, and a session passes.
agreed() {
	local family
	for family in 4 6; do session $family; done
	is "$(states andy)" "$1 "
	is "$(states betty)" "$1 "
}

# spis HOST: the SPIs of the associations it holds, sorted
spis() { lan_in "$1" ip xfrm state list | grep -o 'spi 0x[0-9a-f]*' | sort -u; }
holds_none() { [ -z "$(spis "$1")" ]; } # HOST

# main_mode_is CIPHER HASH GROUP: what andy's only main mode towards betty agreed on; groups as IKE counts them
main_mode_is() {
	local got
	got=$(lan_in andy "$BUILD/ipsecsh" dynamic show mmsas format=json | tr -d ' \n' | grep -o '"mmsecmethods":\[[^]]*\]' | sort -u)
	[[ $got == *"\"$1\""*"\"$2\""*":$3}"* ]] && return
	echo "main mode: $got, should be $1 $2 $3"
	return 1
}
