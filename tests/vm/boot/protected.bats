#!/usr/bin/env bats
# bats file_tags=vm
# A host with a policy boots, and whatever is broken then or later: what its neighbour may not send never arrives at a socket.

load ../protected

@test "stateful: gate, hand-over, kill -9, restart, missing programs and stores, damaged files, and the end of the machine" {
	host_files
	host_policy stateful
	put /etc/systemd/system/vm-job.service.d/ready.conf <<-'END'
		[Unit]
		After=ipsec-enforcerd.service late.service
	END
	put /etc/systemd/system/vm-down.target <<-'END'
		[Unit]
		DefaultDependencies=no
		Requires=shutdown.target
		After=shutdown.target
	END
	put /etc/systemd/system/late.service <<-'END'
		[Unit]
		Wants=network-online.target
		After=network-online.target
		[Service]
		Type=oneshot
		ExecStart=/bin/sh -c 'echo "late: $$(systemctl show -P ActiveState ipsec-enforcerd)" >/run/vm/late'
	END
	printf 'netsh ipsec static add filteraction name=FromScript action=block\r\ncd >%%TEMP%%\\cd\r\n' | put /etc/ipsecsh/scripts/mark.bat
	ln -s /lib/systemd/system/ipsecsh-script@.service "$FILES/etc/systemd/system/vm.target.wants/ipsecsh-script@mark.service"
	ln -s ../late.service "$FILES/etc/systemd/system/vm.target.wants/late.service"
	guest_script <"$GUEST/faults"
	run boot 560
	echo "$output"
	is "$status" 0
	phase_is gate none some
	[[ $output == *"late: active"* ]] # who waits for the network waits for the policy
	state_is ready active ipsecsh
	[[ $output == *"script: active /run/ipsecsh-script-mark"*"FromScript"* ]]
	phase_is ready none some
	phase_is killed none some
	phase_is no-program none some
	phase_is store-deleted none some
	state_is store-deleted activating ipsecsh
	phase_is store-damaged none some
	state_is store-damaged activating ipsecsh
	phase_is persistent-damaged none none
	state_is persistent-damaged activating ipsecsh
	phase_is repaired none some
	phase_is copy-damaged none none
	[[ $output == *"gate: 3 failed"* ]]
	phase_is stopped some some # the documented way out, and the proof that an open host would be noticed
	state_is stopped inactive
	phase_is again none some
	state_is again active ipsecsh
	phase_is down none some
	state_is down inactive ipsecsh
}
