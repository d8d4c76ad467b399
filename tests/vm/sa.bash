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
	[ah-md5]="auth-trunc hmac(md5) 0x$(printf 'b8%.0s' {1..16}) 96"
)

declare -gA REQID=() # host -> what its policies ask for, of this test

# The reqid of a host's protecting policies; they must have one only.
reqid() { # HOST
	local ids
	ids=$(lan_in "$1" ip xfrm policy list | sed -n 's/.* reqid \([0-9]*\).*/\1/p' | sort -u)
	[[ $ids =~ ^[0-9]+$ ]] && echo "$ids" && return
	echo "reqids of $1: '$ids'" >&2
	return 1
}

sa_command() { # FROM TO SPI REQID MODE ALGORITHM
	echo "xfrm state add src $1 dst $2 proto ${6%%-*} spi $3 reqid $4 mode $5 ${SA_ALGORITHMS[$6]}"
}
# associate MODE ALGORITHMS...: andy and betty hold these SAs, and no others, both ways, IPv4 and IPv6. More than one
# are one bundle (AH around ESP). Each call takes new SPIs, $SPI and the next, so that one capture tells them apart.
associate() {
	local mode=$1 host family name id andy betty
	shift
	SPI=$((${SPI:-4096} + 2))
	for host in andy betty; do
		[ -n "${REQID[$host]:-}" ] || REQID[$host]=$(reqid $host)
		id=${REQID[$host]}
		{
			echo "xfrm state flush"
			for family in 4 6; do
				andy=$(lan_address andy $family) betty=$(lan_address betty $family)
				for name in "$@"; do
					sa_command "$andy" "$betty" $SPI "$id" "$mode" "$name"
					sa_command "$betty" "$andy" $((SPI + 1)) "$id" "$mode" "$name"
				done
			done
		} | lan_in $host ip -batch -
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
