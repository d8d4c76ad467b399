#!/usr/bin/env bats
# bats file_tags=vm
# A host with a policy boots, and whatever is broken then or later: what its neighbour may not send never arrives at a socket.

load ../protected

@test "stateful: gate, hand-over, kill -9, restart, missing programs and stores, damaged files, and the end of the machine" {
	host_files
	host_policy stateful
	put /etc/systemd/system/vm-job.service.d/after.conf <<-'END'
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
	ln -s ../late.service "$FILES/etc/systemd/system/vm.target.wants/late.service"
	{ echo "#!/bin/sh"; echo ". $GUEST/words"; cat "$GUEST/faults"; } | boot_script
	run boot 300
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"late: active"* ]] # who waits for the network waits for the policy
	phase_is gate none some
	phase_is ready none some
	phase_is killed none some
	phase_is restarted none some
	phase_is no-program none some
	phase_is store-deleted none some
	phase_is store-damaged none some
	phase_is persistent-damaged none none
	phase_is repaired none some
	phase_is copy-damaged none none
	phase_is gate-gone none some
	phase_is stopped some some # the documented way out, and the proof that an open host would be noticed
	phase_is down none some
}
