#!/usr/bin/env bats
# bats file_tags=vm
# A host that boots with nothing in order, as protected.bats does with everything: shut, until what was broken is mended.

load ../protected

@test "block, and at boot the copy is damaged, the enforcer missing and the store gone: shut until each is back" {
	host_files
	host_policy block
	mkdir "$FILES/etc/away"
	cp "$FILES/etc/ipsecsh/boot/gate" "$FILES"/var/lib/ipsecsh/policy.db* "$FILES/etc/away"
	echo damage >>"$FILES/etc/ipsecsh/boot/gate"
	rm "$FILES"/var/lib/ipsecsh/policy.db*
	mv "$FILES/usr/sbin/ipsec-enforcerd" "$FILES/etc/away"
	guest_script <<-'END'
		phase no-enforcer
		state no-enforcer
		cat /etc/away/gate >/etc/ipsecsh/boot/gate
		systemctl restart ipsec-bootgate
		phase exempt
		mv /etc/away/ipsec-enforcerd /usr/sbin
		until [ -S /run/ipsecsh/enforcerd.sock ]; do sleep 0.5; done
		phase no-store
		state no-store
		mv /etc/away/policy.db* /var/lib/ipsecsh
		until_ready
		phase repaired
		state repaired
	END
	run boot 560
	echo "$output"
	is "$status" 0
	phase_is gate none none
	phase_is no-enforcer none none
	[[ $output == *"state no-enforcer: "*" ipsecsh_boot"* ]]
	phase_is exempt none some
	phase_is no-store none some
	state_is no-store activating ipsecsh_boot
	phase_is repaired none some
	state_is repaired active ipsecsh
}
