#!/usr/bin/env bats
# bats file_tags=vm
# What `dynamic show stats` and `show qmsas` count, against known traffic: bytes and packets in ESP, AH and a tunnel, and
# packets that somebody else on the wire made up or sends again. Runs inside the guest (make check-vm).

load ike

setup_file() {
	local host
	hosts andy betty mallory
	serve andy tcp:23 udp:7
	for host in andy betty; do
		enforcer_start $host
		iked_start $host
	done
	hosts_keep
}
teardown_file() {
	hosts_again
	hosts_down
}
setup() { hosts_again; }
teardown() {
	local host
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$LAN_DIR"/*/log "$LAN_DIR"/*/iked
	for host in andy betty; do on $host delete all >/dev/null; done
}

# echoes N: N datagrams of 1000 bytes from betty to andy and back: 1008 bytes of payload each way, in one packet.
echoes() {
	# shellcheck disable=SC2016 # for the other shell
	lan_in betty timeout 60 bash -c 'exec 3<>"/dev/udp/$0/7"; for ((i = 0; i < $1; i++)); do
		printf %1000s >&3; head -c 1000 <&3 | wc -c; done' "$(lan_address andy)" "$1" >"$LAN_DIR/back"
	is "$(grep -cx 1000 "$LAN_DIR/back")" "$1"
}
# The first one waits for the keys.
keys_come() { lan_wait "keys" echoes 1; }
# counted HOST NAME...: counters of the IPsec block, in one line; programs take their time in a guest, so one asks once
counted() {
	local host=$1 all name
	shift
	all=$(lan_in "$host" "$BUILD/ipsecsh" dynamic show stats type=ipsec format=json)
	for name in "$@"; do sed -n "s/.*\"$name\": \([0-9]*\).*/\1/p" <<<"$all"; done | xargs
}
# grown HOST WANT NAME...: since the line $BEFORE they have grown by the numbers of the line WANT
grown() {
	local host=$1 want=$2 now i
	shift 2
	read -ra now <<<"$(counted "$host" "$@")"
	read -ra before <<<"$BEFORE"
	for i in "${!now[@]}"; do now[i]=$((now[i] - before[i])); done
	is "${now[*]}" "$want"
}
# mallory sends betty a packet of ESP with that SPI and number, and rubbish inside.
rubbish() { # SPI NUMBER
	# shellcheck disable=SC2016 # Perl's
	lan_in mallory perl -MSocket -e 'socket(S, PF_INET, SOCK_RAW, 50) or die $!;
		send(S, pack("NN", hex $ARGV[1], $ARGV[2]) . "x" x 72, 0, pack_sockaddr_in(0, inet_aton($ARGV[0]))) or die $!' \
		"$(lan_address betty)" "$1" "$2"
}
# The SPI of betty's only inbound association.
spi_in() { lan_in betty ip xfrm state list src "$(lan_address andy)" | sed -n 's/.*spi \(0x[0-9a-f]*\).*/\1/p'; }

BYTES=(confidential_bytes_sent confidential_bytes_received authenticated_bytes_sent authenticated_bytes_received
	transport_bytes_sent transport_bytes_received bytes_sent_in_tunnels bytes_received_in_tunnels pkts_with_replay_detection)

@test "known bytes in ESP, in AH and in both are counted, at both ends, and stay when associations end" {
	local sum keys
	everything 3DES-SHA1-2 "ESP[3DES,SHA1]"
	keys_come
	BEFORE=$(counted betty "${BYTES[@]}")
	echoes 3
	grown betty "3024 3024 0 0 3024 3024 0 0 3" "${BYTES[@]}"
	is "$(counted betty active_assoc active_tunnels pending_key offload_sas offloaded_bytes_sent)" "1 0 0 0 0"
	sum=$(counted betty confidential_bytes_sent)
	is "$(counted andy confidential_bytes_received)" "$sum"
	lan_in betty "$BUILD/ipsecsh" dynamic show qmsas format=json | grep -q "\"bytessent\": $sum,"
	lan_in betty "$BUILD/ipsecsh" dynamic show stats | grep -x "Confidential Bytes Sent     : $sum"

	other 3DES-SHA1-2 "AH[SHA1]"
	keys_come
	is "$(counted betty confidential_bytes_sent)" "$sum"
	BEFORE=$(counted betty "${BYTES[@]}")
	echoes 2
	grown betty "0 0 2016 2016 2016 2016 0 0 2" "${BYTES[@]}"

	other 3DES-SHA1-2 "AH[SHA1]+ESP[3DES,None]"
	keys_come
	BEFORE=$(counted betty "${BYTES[@]}")
	echoes 1
	# AH authenticates what ESP made of them: SPI, number, IV, padding to 8 bytes
	grown betty "1008 1008 1032 1032 1008 1008 0 0 1" "${BYTES[@]}"
	read -ra keys <<<"$(counted betty key_adds key_deletes)"
	[ "${keys[0]}" -ge 3 ] && [ "${keys[1]}" -ge 2 ]
}

@test "bytes in a tunnel are those of the inner packets" {
	local host peer active
	for host in andy betty; do
		peer=betty
		[ $host = andy ] || peer=andy
		shell $host <<-END
			static add policy P activatedefaultrule=no mmsecmethods="3DES-SHA1-2"
			static add filteraction protect action=negotiate inpass=no soft=no qmsecmethods="ESP[3DES,SHA1]"
			static add filter Out me $(lan_address $peer) mirrored=no
			static add filter In $(lan_address $peer) me mirrored=no
			static add rule Out P Out protect tunnel=$(lan_address $peer) psk="a key of both"
			static add rule In P In protect tunnel=$(lan_address $host) psk="a key of both"
			static set policy P assign=yes
		END
	done
	keys_come
	BEFORE=$(counted betty "${BYTES[@]}")
	echoes 2
	grown betty "2056 2056 0 0 2056 2056 2056 2056 2" "${BYTES[@]}"
	read -ra active <<<"$(counted betty active_assoc active_tunnels)"
	[ "${active[0]}" -ge 1 ] && [ "${active[0]}" = "${active[1]}" ]
}

@test "packets that somebody made up, sends again, or of which nobody knows the SPI" {
	local names=(pkts_not_authenticated pkts_replayed bad_spi_pkts pkts_not_decrypted)
	everything 3DES-SHA1-2 "ESP[3DES,SHA1]"
	keys_come
	echoes 2
	BEFORE=$(counted betty "${names[@]}")
	rubbish "$(spi_in)" 1000
	rubbish "$(spi_in)" 1001
	rubbish "$(spi_in)" 1
	rubbish 0x7fffff01 1
	lan_wait "the kernel's counters" grown betty "2 1 1 0" "${names[@]}"
	echoes 1 # they harm nobody
}
