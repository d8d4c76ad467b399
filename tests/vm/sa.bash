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
	[esp-null-sha1]="enc ecb(cipher_null) 0x auth-trunc hmac(sha1) 0x$(printf 'b5%.0s' {1..20}) 96"
	[esp-gcm]="aead rfc4106(gcm(aes)) 0x$(printf 'a6%.0s' {1..36}) 128"
	[ah-sha1]="auth-trunc hmac(sha1) 0x$(printf 'b7%.0s' {1..20}) 96"
	[ah-md5]="auth-trunc hmac(md5) 0x$(printf 'b8%.0s' {1..16}) 96"
)

# The reqid of a host's protecting policies; they must have one only.
reqid() { # HOST
	local ids
	ids=$(lan_in "$1" ip xfrm policy list | sed -n 's/.* reqid \([0-9]*\).*/\1/p' | sort -u)
	[[ $ids =~ ^[0-9]+$ ]] && echo "$ids" && return
	echo "reqids of $1: '$ids'" >&2
	return 1
}

# associate FAMILY MODE ALGORITHMS...: andy and betty hold these SAs, and no others, both ways. More than one are one
# bundle (AH around ESP).
associate() {
	local family=$1 mode=$2 host spi=0x1000 name id
	local andy betty
	andy=$(lan_address andy "$family") betty=$(lan_address betty "$family")
	shift 2
	for host in andy betty; do
		id=$(reqid $host)
		for name in "$@"; do
			echo "xfrm state add src $andy dst $betty proto ${name%%-*} spi $((spi + 1)) reqid $id mode $mode ${SA_ALGORITHMS[$name]}"
			echo "xfrm state add src $betty dst $andy proto ${name%%-*} spi $((spi + 2)) reqid $id mode $mode ${SA_ALGORITHMS[$name]}"
		done >"$LAN_DIR/associations"
		lan_in $host ip xfrm state flush
		lan_in $host ip -batch "$LAN_DIR/associations"
	done
}

# Packets on the wire since capture_start, by kind: those of a protocol (ESP, AH), and those that show that port in
# clear. AH hides nothing, so the port is to be seen behind its header.
captured() { grep -c "$1(spi=" "$LAN_DIR/capture" || true; }
captured_clear() { grep -v '(spi=' "$LAN_DIR/capture" | grep -cE "[.]$1[: ]" || true; }

# One telnet session betty -> andy, and the wire meanwhile: protected both ways, not one clear packet.
protected_session() { # FAMILY KIND
	local n clear
	capture_start andy
	expect open betty tcp "$1" 23 -t 3000
	capture_end
	n=$(captured "$2") clear=$(captured_clear 23)
	[ "$n" -ge 4 ] && [ "$clear" = 0 ] && return
	echo "IPv$1: $n packets in $2, $clear in clear"
	cat "$LAN_DIR/capture"
	return 1
}
