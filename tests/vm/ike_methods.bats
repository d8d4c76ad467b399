#!/usr/bin/env bats
# bats file_tags=vm
# Every method that netsh can name, and those of today: what was agreed is read from the kernel, and no packet is in clear. Runs
# inside the guest (make check-vm).

load ike_pair

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
