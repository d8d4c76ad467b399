#!/usr/bin/env bats
# ipsec-iked with real UDP and real crypto between two hosts. The enforcer of each is a double (ike_enforcer.c) that hands
# out a profile and plays the kernel, so no ESP is needed.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own, and that is how it should be
load iked

setup() { hosts andy betty carol; }
teardown() { iked_hosts_down; }

pair() { # andy and betty, ready
	key andy "the same text"
	key betty "${BETTYS_KEY:-the same text}"
	double andy betty
	double betty andy
	iked andy
	iked betty
	ready andy
	ready betty
}

@test "main mode and quick mode over UDP: both ends give their kernels the same keys" {
	pair
	tell andy acquire
	hears andy double '^sa ' 2
	hears betty double '^sa ' 2
	hears andy double '^ACQUIRE_DONE'
	# What goes out at one end comes in at the other: same SPI, addresses, algorithms, key.
	[ "$(sed -n 's/^sa out //p' "$LAN_DIR/andy/double")" = "$(sed -n 's/^sa in //p' "$LAN_DIR/betty/double")" ]
	[ "$(sed -n 's/^sa in //p' "$LAN_DIR/andy/double")" = "$(sed -n 's/^sa out //p' "$LAN_DIR/betty/double")" ]
	[ "$(grep -c '^sa out .* key [0-9a-f]\{72\}$' "$LAN_DIR/andy/double")" -eq 1 ]
	tell andy list
	hears andy double '^mmsa up group 14'
	hears betty iked 'quick mode is up'
	grep -q 'ike_event="541".*mode="quick"' "$LAN_DIR/betty/iked"
	# No key text anywhere in a log.
	absent 'the same text' "$LAN_DIR"/*/iked
}

@test "the same with IPv6" {
	# shellcheck disable=SC2034 # iked.bash reads it
	FAMILY=6
	pair
	tell betty acquire
	hears andy double '^sa ' 2
	hears betty double '^sa ' 2
	[ "$(sed -n 's/^sa out //p' "$LAN_DIR/andy/double")" = "$(sed -n 's/^sa in //p' "$LAN_DIR/betty/double")" ]
	grep -q '^sa out .* 2001:db8::2 > 2001:db8::1' "$LAN_DIR/betty/double"
}

@test "different keys: authentication fails at both ends, and no SA is made" {
	BETTYS_KEY="another text" pair
	tell andy acquire
	hears andy double '^event 7 .*AUTH_FAIL'
	hears betty double '^event 7 .*AUTH_FAIL'
	absent '^sa ' "$LAN_DIR"/*/double
	tell betty counts
	hears betty double '^count AUTH_FAILURES 1$'
}

@test "an orderly stop says goodbye: the peer's SAs are deleted" {
	pair
	tell andy acquire
	hears andy double '^ACQUIRE_DONE'
	hears betty double '^sa ' 2
	kill -TERM "${IKED[andy]}"
	ends_with andy 0
	hears betty double '^del ' 2
	hears andy double '^del ' 2
}

@test "a NAT between them: port 4500, and SAs whose ESP goes in UDP" {
	lan_in andy nft 'table ip nat { chain out { type nat hook postrouting priority 100; udp sport 500 masquerade to :10500; udp sport 4500 masquerade to :14500; }; }'
	pair
	tell andy acquire
	hears andy double '^sa .* in UDP key' 2
	hears betty double '^sa .* in UDP key' 2
	hears betty iked 'main mode is up.*remote="192.0.2.1 port 14500"'
	[ "$(sed -n 's/^sa out //p' "$LAN_DIR/andy/double")" = "$(sed -n 's/^sa in //p' "$LAN_DIR/betty/double")" ]
}

@test "what cannot be sent is counted" {
	pair
	lan_ip "andy-$LAN_TAG" 'link set eth0 down'
	tell andy acquire
	asks() { tell andy counts && sleep 0.1 && grep -q '^count SEND_FAILURES [1-9]' "$LAN_DIR/andy/double"; }
	lan_wait "a failed send" asks
	hears andy double '^count RECEIVE_HEAP 64$'
	lan_ip "andy-$LAN_TAG" 'link set eth0 up'
	hears andy double '^ACQUIRE_DONE' # the next try came through
	hears betty double '^sa ' 2
}

@test "the enforcer ends and comes again: SAs stay, the profile is handed out anew, negotiation goes on" {
	pair
	tell andy acquire
	hears andy double '^ACQUIRE_DONE'
	tell andy end
	wait "${DOUBLE[andy]}"
	hears andy iked 'the enforcer is gone'
	absent '^del ' "$LAN_DIR"/*/double
	double andy betty
	ready andy 2
	tell andy list
	hears andy double '^mmsa up'
}

@test "IKE waits for an enforcer that comes later" {
	key andy x
	iked andy
	hears andy iked 'is ready'
	double andy betty
	ready andy
}

@test "one process killed: the others end, with a failure" {
	local which
	for which in net keys; do
		iked andy
		hears andy iked 'is ready'
		kill -9 "$(process andy "$which")"
		ends_with andy 1
		hears andy iked "the process '$which' of ipsec-iked was ended by signal 9"
		[ "$(grep -c 'was ended by' "$LAN_DIR/andy/iked")" -eq 1 ]
		absent "the process '(net|parent)' of ipsec-iked ended" "$LAN_DIR/andy/iked" # those that it took along are not blamed
		lan_wait "the end of the others" alone andy
		: >"$LAN_DIR/andy/iked"
	done
}

@test "the service manager hears when it is ready, whether there is an enforcer, and of the end" {
	local pid
	manager 4
	key andy x
	iked andy
	hears andy iked 'is ready'
	lan_wait "the first status" grep -q STATUS "$LAN_DIR/notified"
	double andy betty
	ready andy
	pid=${IKED[andy]}
	kill -TERM "$pid"
	ends_with andy 0
	wait "$MANAGER"
	# READY and the first status are of two processes' making.
	is "$(sort <(head -n 2 "$LAN_DIR/notified"))" "READY=1 from $pid
STATUS=Waiting for the enforcer from $pid"
	is "$(tail -n 2 "$LAN_DIR/notified")" "STATUS=Connected to the enforcer from $pid
STOPPING=1 from $pid"
}

@test "the watchdog hears while net and keys are alive, and not while one of them hangs" {
	local n which
	manager 100000
	export WATCHDOG_USEC=100000
	iked andy
	for which in net keys; do
		n=$(beats "${IKED[andy]}")
		lan_wait "more beats" beats_exceed $((n + 2)) "${IKED[andy]}"
		kill -STOP "$(process andy "$which")"
		sleep 0.2 # what is on its way arrives
		n=$(beats "${IKED[andy]}")
		sleep 0.5
		is "$(beats "${IKED[andy]}")" "$n"
		kill -CONT "$(process andy "$which")"
	done
	lan_wait "beats again" beats_exceed "$n" "${IKED[andy]}"
	kill "$MANAGER"
}

@test "sockets that the service manager keeps are used, and then no capability is needed" {
	key andy "the same text"
	key betty "the same text"
	double andy betty
	double betty andy
	iked betty
	ready betty
	export NOTIFY_SOCKET=$LAN_DIR/notify
	lan_exec andy "$PROBE" given "$NOTIFY_SOCKET" setpriv --bounding-set=-all "$BUILD/ipsec-iked" >>"$LAN_DIR/andy/iked" 2>&1 3>&- &
	IKED[andy]=$!
	lan_wait "the manager's socket" test -S "$NOTIFY_SOCKET"
	lan_in andy "$BUILD/ipsec-iked" --open-sockets
	ready andy
	tell betty acquire
	hears andy double '^sa ' 2
	hears betty double '^sa ' 2
	is "$(lan_in andy ss -Hulnp | grep -o ':[0-9]* .*pid=[0-9]*' | sed 's/ .*pid=/ /' | sort)" \
		"$(for port in 4500 4500 500 500; do echo ":$port $(process andy net)"; done)"
	# What another program has may be the service's own.
	rm "$NOTIFY_SOCKET"
	manager 1
	run lan_in andy "$BUILD/ipsec-iked" --open-sockets
	is "$status" 0
	[[ $output == *"UDP port 500"*"started again"* ]]
	kill "$MANAGER" # it heard nothing
}

@test "without sockets and without privilege there is a failure that names the port" {
	run lan_in andy setpriv --bounding-set=-net_bind_service "$BUILD/ipsec-iked"
	is "$status" 1
	[[ $output == *"UDP port 500"* ]]
	run lan_in andy env -u NOTIFY_SOCKET "$BUILD/ipsec-iked" --open-sockets
	is "$status" 1
}

@test "what each process has: no capability, no file of others, its sandbox" {
	local pid which
	iked andy
	hears andy iked 'is ready'
	for which in net keys; do
		pid=$(process andy "$which")
		grep -qE '^CapPrm:\s0+$' "/proc/$pid/status"
		grep -qE '^NoNewPrivs:\s1' "/proc/$pid/status"
		grep -qE '^Seccomp:\s2' "/proc/$pid/status"
		absent . <(find "/proc/$pid/fd" -lname "$LAN_DIR/andy/state*")
	done
	for pid in "${IKED[andy]}" "$(process andy net)" "$(process andy keys)"; do no_core "$pid"; done
	grep -qE '^CapPrm:\s0+$' "/proc/${IKED[andy]}/status"
	grep -qE '^Seccomp:\s2' "/proc/${IKED[andy]}/status"
	# The sockets are net's alone.
	[ "$(lan_in andy ss -Hulnp 'sport = :500' | grep -o 'pid=[0-9]*' | sort -u)" = "pid=$(process andy net)" ]
}

@test "the trace says what was received and decided, and nothing of keys" {
	local key part
	key andy "the same text"
	key betty "the same text"
	double andy betty
	double betty andy
	iked andy
	iked betty --trace "$LAN_DIR/betty/trace"
	ready andy
	ready betty
	tell betty trace
	tell andy acquire
	hears betty double '^sa ' 2
	hears betty trace 'received from 192.0.2.1 port 500'
	grep -q 'KE' "$LAN_DIR/betty/trace"
	absent 'the same text' "$LAN_DIR/betty/trace"
	# Nor the keys of associations, which each end has told its double.
	sed -n 's/^sa .* key //p' "$LAN_DIR/betty/double" >"$LAN_DIR/keys"
	is "$(grep -c '^[0-9a-f]\{72\}$' "$LAN_DIR/keys")" 2
	while read -r key; do
		for part in "${key:0:16}" "${key:32:16}"; do absent -i "$part" "$LAN_DIR"/*/iked "$LAN_DIR/betty/trace"; done
	done <"$LAN_DIR/keys"
	[ "$(stat -c %a "$LAN_DIR/betty/trace")" = 600 ]
	absent trace: "$LAN_DIR/betty/iked"
}

@test "ike-scan finds it and sees main mode as configured; aggressive mode gets no answer" {
	command -v ike-scan >/dev/null || skip "ike-scan is not installed"
	key betty x
	double betty carol mm=3des-sha1-2
	iked betty
	ready betty
	scan() { lan_in carol ike-scan --sport=0 --retry=2 --timeout=300 "$@" "$(lan_address betty)"; }
	run scan
	[[ $output = *"1 returned handshake"* ]]
	[[ $output = *"(Enc=3DES Hash=SHA1 Auth=PSK Group=2:modp1024 "* ]]
	run scan --trans=7/256,4,1,14 # not configured
	[[ $output = *"0 returned handshake"* ]]
	run scan --aggressive --id=x --dhgroup=2
	[[ $output = *"0 returned handshake"* ]]
	run scan --ikev2
	[[ $output = *"0 returned handshake"* ]]
	kill -0 "${IKED[betty]}" # still there
	tell betty counts
	hears betty double '^count RECEIVE_FAILURES 0$'
}

@test "a flood of nonsense: a negotiation beside it comes through" {
	pair
	flood() { for _ in {1..3000}; do head -c 300 /dev/urandom >/dev/udp/192.0.2.2/500; done; }
	export -f flood
	lan_in carol bash -c flood &
	local flood=$!
	tell andy acquire
	hears andy double '^sa ' 2
	hears betty double '^sa ' 2
	wait $flood
	tell betty counts
	hears betty double '^count INVALID_PACKETS [1-9][0-9]{2}'
}

# From carol, in andy's name: main mode 1 of new cookies, fragments, and rubbish, as fast as it goes.
flood_as_andy() { # DATAGRAMS
	# shellcheck disable=SC2016 # Perl's
	lan_in carol perl -MSocket -e '
		my ($n, $from, $to) = @ARGV;
		socket(S, PF_INET, SOCK_RAW, 255) or die $!;
		my $sa = pack("H*", "0000003c000000010000000100000030010100010000002801010000" .
			"80010007800e010080020004" . "8004000e80030001800b0001000c000400007080");
		my @kinds = (
			sub { pack("NN", $_[0], 77) . pack("x8") . pack("CCCCNN", 1, 0x10, 2, 0, 0, 88) . $sa },
			sub { pack("NN", $_[0], 78) . pack("NN", 79, $_[0]) . pack("CCCCNN", 132, 0x10, 2, 0, 0, 136) .
				pack("nnnCC", 0, 108, 1, 1 + $_[0] % 64, 0) . "y" x 100 },
			sub { pack("N", $_[0]) x 40 },
		);
		for my $i (1 .. $n) {
			my $m = $kinds[$i % @kinds]->($i);
			my $udp = pack("nnnn", 500, 500, 8 + length $m, 0) . $m;
			my $ip = pack("CCnnnCCn", 0x45, 0, 20 + length $udp, 0, 0, 64, 17, 0) . inet_aton($from) . inet_aton($to);
			send(S, $ip . $udp, 0, pack_sockaddr_in(0, inet_aton($to))) or select(undef, undef, undef, 0.001);
		}' "$1" "$(lan_address andy)" "$(lan_address betty)"
}

@test "a flood in the name of a peer: first messages, fragments, rubbish; its associations are renewed meanwhile" {
	local i flood
	pair
	tell andy acquire
	hears betty double '^sa ' 2
	flood_as_andy 60000 &
	flood=$!
	for i in 1 2 3 4 5; do
		tell andy renew
		hears andy double '^sa ' $((2 + 2 * i))
		hears betty double '^sa ' $((2 + 2 * i))
		[ "$i" -gt 1 ] || kill -0 $flood # it was not over sooner
	done
	wait $flood
	absent '^event 7 ' "$LAN_DIR"/andy/double
	tell betty counts
	hears betty double '^count INVALID_PACKETS [1-9][0-9]{3}'
	hears betty double '^count INVALID_COOKIES [1-9][0-9]{3}'
	hears betty double '^count ISADB_SIZE ([1-9]|[12][0-9]|3[0-6])$' # 35 half-open ones of an address
	[ "$(grep -c 'negotiation failed' "$LAN_DIR/betty/iked")" -le 100 ] # ten in a second
}
