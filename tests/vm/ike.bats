#!/usr/bin/env bats
# bats file_tags=vm
# The whole: policy in the shell, enforcer, IKE daemon, ESP and AH of a real kernel, between two hosts. What was agreed is
# read from the kernel, what was sent from the wire. Runs inside the guest (make check-vm).

load ike

setup_file() {
	local host
	hosts andy betty
	serve andy tcp:23 tcp:80 udp:7
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
	[ -z "${CAPTURE:-}" ] || capture_end 2>/dev/null || true # still running after a failure
	[ -n "${BATS_TEST_COMPLETED:-}" ] || what_is
	for host in andy betty; do on $host delete all >/dev/null; done
}

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

@test "every main mode method that netsh can name: DES and 3DES, MD5 and SHA1, groups 1, 2 and 3" {
	local cipher hash group
	everything 3DES-SHA1-2 "ESP[3DES,SHA1]"
	capture_start andy
	for group in 1 2 3; do
		for cipher in DES 3DES; do
			for hash in MD5 SHA1; do
				echo "$cipher-$hash-$group"
				other "$cipher-$hash-$group" "ESP[3DES,SHA1]"
				session 4
				main_mode_is "$cipher" "$hash" "${group/3/14}"
			done
		done
	done
	capture_end
	is "$(captured_clear 23)" 0
}

@test "every quick mode method that netsh can name, with and without PFS: ESP, AH, and both" {
	local pfs
	everything 3DES-SHA1-2 "ESP[3DES,SHA1]"
	capture_start andy
	for pfs in no yes; do
		while read -r methods want; do
			echo "$methods qmpfs=$pfs"
			other 3DES-SHA1-2 "$methods" qmpfs=$pfs
			agreed "$want"
		done <<-'END'
			ESP[DES,MD5] esp/cbc(des)/64/hmac(md5)
			ESP[DES,SHA1] esp/cbc(des)/64/hmac(sha1)
			ESP[3DES,MD5] esp/cbc(des3_ede)/192/hmac(md5)
			ESP[3DES,SHA1] esp/cbc(des3_ede)/192/hmac(sha1)
			ESP[None,SHA1] esp/ecb(cipher_null)/0/hmac(sha1)
			AH[MD5] ah/hmac(md5)
			AH[SHA1] ah/hmac(sha1)
			AH[MD5]+ESP[DES,None] ah/hmac(md5) esp/cbc(des)/64
			AH[SHA1]+ESP[3DES,None] ah/hmac(sha1) esp/cbc(des3_ede)/192
		END
	done
	capture_end
	is "$(grep -v '(spi=' "$LAN_DIR/capture" | grep -c '[.]23[: ]' || true)" 0
}

@test "methods of today: AES, AES-GCM, SHA-2, large groups and elliptic curves" {
	everything AES256-SHA256-14 "ESP[AES256,SHA256]"
	while read -r mm methods pfs want; do
		echo "$mm $methods $pfs"
		other "$mm" "$methods" "qmpfs=$pfs"
		agreed "$want"
	done <<-'END'
		AES128-SHA256-14 ESP[AES128,SHA256] yes esp/cbc(aes)/128/hmac(sha256)
		AES256-SHA256-15 ESP[AES256,SHA384] no esp/cbc(aes)/256/hmac(sha384)
		AES192-SHA384-19 ESP[AES192,SHA512] yes esp/cbc(aes)/192/hmac(sha512)
		AES256-SHA512-20 ESP[AESGCM128] yes esp/rfc4106(gcm(aes))/160
		AES256-SHA384-21 ESP[AESGCM256] no esp/rfc4106(gcm(aes))/288
	END
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
