#!/usr/bin/env bats
# bats file_tags=vm
# systemctl restart ipsec-iked on a host with a policy, a peer and traffic.

load ../protected

@test "the IKE service is started again: peers are told, its sockets stay, nothing is in clear, and keys are negotiated anew" {
	boot_files
	make -s -C "$ROOT" B="$BUILD" install DESTDIR="$FILES" >/dev/null
	rm -r "${FILES:?}/usr/share"
	mkdir -p "$FILES/var/lib" "$FILES/etc/ipsecsh"
	put /policy <<-'END'
		static
		add policy P activatedefaultrule=no mmsecmethods="3DES-SHA1-2"
		add filteraction protect action=negotiate inpass=no soft=no qmsecmethods="ESP[3DES,SHA1]"
		add filteraction block action=block
		add filter filterlist=between srcaddr=192.0.2.1 dstaddr=192.0.2.2
		add filter filterlist=nine srcaddr=192.0.2.1 dstaddr=192.0.2.2 protocol=udp dstport=9
		add rule between P filterlist=between filteraction=protect psk="of both"
		add rule nine P filterlist=nine filteraction=block
		set policy P assign=y
	END
	admin -f "$FILES/policy"
	rm "$FILES/policy"
	wants vm.target ipsec-enforcerd.service
	wants vm.target ipsec-iked.service
	boot_script <<-END
		#!/bin/sh
		exec $GUEST/restart $BUILD
	END
	run boot 480
	echo "$output"
	is "$status" 0
	is "$output" "negotiated
restarted: 0 active success
another process
the peer was told
the same four sockets all the time
negotiated again
in clear: 0
it would have been seen"
}
