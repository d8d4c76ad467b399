# shellcheck shell=bash
# Words of the guest tests in place of a key daemon: security associations by hand, and what was on the wire.
# Needs the words of tests/netns/hosts.bash; runs in a kernel that has ESP and AH.

load ../netns/hosts

# Algorithms as ip xfrm state takes them, by the name that a test uses. Keys are fixed: nothing here is secret.
declare -gA SA_ALGORITHMS=(
	[esp-aes-sha1]="enc cbc(aes) 0x$(printf 'a1%.0s' {1..16}) auth-trunc hmac(sha1) 0x$(printf 'b1%.0s' {1..20}) 96"
	[esp-aes256-sha256]="enc cbc(aes) 0x$(printf 'a2%.0s' {1..32}) auth-trunc hmac(sha256) 0x$(printf 'b2%.0s' {1..32}) 128"
	[esp-3des-md5]="enc cbc(des3_ede) 0x0123456789abcdef23456789abcdef01456789abcdef0123 auth-trunc hmac(md5) 0x$(printf 'b3%.0s' {1..16}) 96"
	[esp-des-md5]="enc cbc(des) 0x0123456789abcdef auth-trunc hmac(md5) 0x$(printf 'b4%.0s' {1..16}) 96"
	[esp-null-sha1]="enc ecb(cipher_null) \"\" auth-trunc hmac(sha1) 0x$(printf 'b5%.0s' {1..20}) 96"
	[esp-gcm]="aead rfc4106(gcm(aes)) 0x$(printf 'a6%.0s' {1..36}) 128"
	[ah-sha1]="auth-trunc hmac(sha1) 0x$(printf 'b7%.0s' {1..20}) 96"
	[ah-sha256]="auth-trunc hmac(sha256) 0x$(printf 'b9%.0s' {1..32}) 128"
	[ah-md5]="auth-trunc hmac(md5) 0x$(printf 'b8%.0s' {1..16}) 96"
)

declare -gA REQID=() # host [tunnel end] -> what its policies ask for, of this test

# Fills REQID for a host: of all its protecting policies, which must have one only, or of those towards each tunnel end.
reqids() { # HOST MODE
	local pairs end id
	pairs=$(lan_in "$1" ip xfrm policy list | awk '$1 == "tmpl" { end = $5 } $3 == "reqid" { print end, $4 }' | sort -u)
	while read -r end id; do
		if [ "$2" = tunnel ]; then
			[ "$end" = 0.0.0.0 ] || [ "$end" = :: ] || REQID["$1 $end"]=$id
		else
			[ "${REQID[$1]:-$id}" = "$id" ] || { echo "reqids of $1: $pairs" >&2; return 1; }
			REQID[$1]=$id
		fi
	done <<<"$pairs"
}

sa_command() { # FROM TO SPI REQID MODE ALGORITHM
	echo "xfrm state add src $1 dst $2 proto ${6%%-*} spi $3 reqid $4 mode $5 ${SA_ALGORITHMS[$6]}"
}
# associate MODE ALGORITHMS...: andy and betty hold these SAs, and no others, both ways, IPv4 and IPv6. More than one
# are one bundle (AH around ESP); of a tunnel the first is the tunnel, and AH protects its packets. Each call takes new
# SPIs, $SPI and the next, so that one capture tells them apart.
associate() {
	local mode=$1 host family name way andy betty
	shift
	SPI=$((${SPI:-4096} + 2))
	for host in andy betty; do
		[ -n "${REQID[$host]:-}${REQID[$host $(lan_address andy)]:-}" ] || reqids $host "$mode"
		{
			echo "xfrm state flush"
			for family in 4 6; do
				andy=$(lan_address andy $family) betty=$(lan_address betty $family)
				way=$mode
				for name in "$@"; do
					sa_command "$andy" "$betty" $SPI "${REQID[$host $betty]:-${REQID[$host]}}" "$way" "$name"
					sa_command "$betty" "$andy" $((SPI + 1)) "${REQID[$host $andy]:-${REQID[$host]}}" "$way" "$name"
					way=transport
				done
			done
		} | lan_in $host ip -batch -
	done
}

# Large packets between andy and betty, where a test needs many bytes and not many packets.
wide_wire() {
	local host
	for host in andy betty; do
		lan_ip "lan-$LAN_TAG" "link set $host mtu 60000"
		lan_ip "$host-$LAN_TAG" "link set eth0 mtu 60000"
	done
}

# Packets on the wire since capture_start: those in ESP or AH, those of the associations made last, and those that
# show a port in clear. AH hides nothing, so the port is to be seen behind its header.
captured() { grep -c "$1(spi=" "$LAN_DIR/capture" || true; }
captured_now() { grep -cE "$(printf '%s[(]spi=0x0*(%x|%x),' "$1" "$SPI" "$((SPI + 1))")" "$LAN_DIR/capture" || true; }
captured_clear() { grep -v '(spi=' "$LAN_DIR/capture" | grep -cE "[.]$1[: ]" || true; }

# One telnet session betty -> andy in each family, for which the wire (capture_start) shows protected packets of the
# associations made last, and not one clear packet.
protected_sessions() { # KIND
	local before n clear
	before=$(captured_now "$1")
	expect open betty tcp 4 23 -t 20000
	expect open betty tcp 6 23 -t 20000
	n=$(($(captured_now "$1") - before)) clear=$(captured_clear 23)
	[ "$n" -ge 8 ] && [ "$clear" = 0 ] && return
	echo "$n packets in $1, $clear in clear"
	cat "$LAN_DIR/capture"
	return 1
}
