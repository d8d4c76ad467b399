#!/usr/bin/env bats
# bats file_tags=vm
# ipsec-iked as systemd starts it, in all that its unit takes away.

load ../protected

@test "the service reads keys and negotiates without a capability, keeps its sockets over a kill, and a hung process trips the watchdog" {
	boot_files
	make -s -C "$ROOT" B="$BUILD" install DESTDIR="$FILES" >/dev/null
	rm -r "${FILES:?}/usr/share"
	mkdir -p "$FILES/var/lib" "$FILES/etc/ipsecsh"
	put /policy <<-'END'
		static
		add policy P
		add filterlist L
		add filter L any me
		add filteraction protect action=negotiate
		add rule R P filterlist=L filteraction=protect psk="of both"
	END
	admin -f "$FILES/policy"
	rm "$FILES/policy"
	wants vm.target ipsec-iked.service
	put /etc/systemd/system/ipsec-iked.service.d/soon.conf <<-'END'
		[Service]
		WatchdogSec=5s
	END
	boot_script <<-END
		#!/bin/sh
		exec $GUEST/negotiation $BUILD
	END
	run boot
	echo "$output"
	is "$status" 0
	is "$output" "ready
status: Connected to the enforcer
process: ipsec-iked Prm=none Bnd=none
process: iked-net Prm=none Bnd=none
process: iked-keys Prm=none Bnd=none
negotiated
the same four sockets
a net that hung was ended
stopped: inactive success 0"
}
