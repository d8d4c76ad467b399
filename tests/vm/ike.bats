#!/usr/bin/env bats
# bats file_tags=vm
# The whole: policy in the shell, enforcer, IKE daemon, ESP and AH of a real kernel, between two hosts. What was agreed is
# read from the kernel, what was sent from the wire. Runs inside the guest (make check-vm).

load ike_pair

@test "the demonstration: telnet between andy and betty, the files of Windows, nothing in clear" {
	run_bat andy telnet-andy-negotiate.bat 2>/dev/null
	run_bat betty telnet-betty-negotiate.bat 2>/dev/null
	capture_start andy
	session 4
	session 6
	both open betty tcp 80
	capture_end
	is "$(captured_clear 23)" 0
	[ "$(captured ESP)" -ge 8 ]
	is "$(states andy)" "esp/cbc(des3_ede)/192/hmac(sha1) "
}

@test "a peer that agrees to another kind than the first offer: AH where ESP was preferred" {
	everything 3DES-SHA1-2 "ESP[3DES,SHA1] AH[SHA1]"
	shell betty <<<'static set filteraction protect qmsecmethods="AH[SHA1]"'
	capture_start andy
	agreed "ah/hmac(sha1)"
	capture_end
	[ "$(captured AH)" -ge 8 ]
	is "$(captured_clear 23)" 0
}

# A datagram is sent once only. (Not an echo request: its answer is the kernel's own, which the kernel does not hold, and it may
# come before the responder has heard the last message of quick mode.)
@test "the first packet is held until there are keys, and then sent" {
	local family began took
	everything 3DES-SHA1-2 "ESP[3DES,SHA1]"
	capture_start andy
	for family in 4 6; do
		began=${EPOCHREALTIME/./}
		expect open betty udp $family 7 -t 20000
		took=$(((${EPOCHREALTIME/./} - began) / 1000))
		echo "# the first packet took $took ms" >&3
	done
	TARGET=betty expect open andy ping 4 - -t 20000
	capture_end
	is "$(captured_clear 7) $(grep -v '(spi=' "$LAN_DIR/capture" | grep -c 'echo re' || true)" "0 0"
}

@test "another key at one end: nothing passes, nothing is in clear, and the log says why" {
	everything 3DES-SHA1-2 "ESP[3DES,SHA1]"
	shell betty <<<'static set rule name=R policy=P psk="another key"'
	capture_start andy
	expect shut betty tcp 4 23 -t 3000
	capture_end
	is "$(captured_clear 23)" 0
	lan_wait "the reason" grep -qE 'AUTH_FAIL|INVALID_HASH|authentication' "$LAN_DIR/betty/iked"
}
