#!/usr/bin/env bats
# bats file_tags=vm
# The Debian package in a guest with systemd and a neighbour who sends all the time: what an upgrade keeps, and that it opens
# nothing. The first installation, where a guest needs minutes for what is no question of systemd, is that of tests/deb.

load ../protected
load ../../deb/deb

setup_file() { deb_build; }

# dpkg's word for a package that this machine has: those that ours depends on. All of them take a guest minutes to read.
known_packages() {
	local names
	mapfile -t names < <(dpkg-deb -f "$(deb_file ipsecsh)" Depends | tr ',|' '\n' | awk '{ print $1 }')
	dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${names[@]}" 2>/dev/null | awk '$1 == "installed" { print $2 }' | xargs dpkg -s
}
# The package as it is when it was installed: its files, and what dpkg knows of it.
package_files() {
	local info=$FILES/var/lib/dpkg/info file
	dpkg-deb -x "$(deb_file ipsecsh)" "$FILES"
	rm -r "${FILES:?}/usr/share"
	dpkg-deb -e "$(deb_file ipsecsh)" "$BATS_TEST_TMPDIR/control"
	mkdir -p "$info"
	for file in "$BATS_TEST_TMPDIR"/control/*; do cp -p "$file" "$info/ipsecsh.${file##*/}"; done
	dpkg-deb --fsys-tarfile "$(deb_file ipsecsh)" | tar -t | sed 's/^[.]//; s,\(.\)/$,\1,; s,^/$,/.,' >"$info/ipsecsh.list"
	{
		known_packages
		echo
		dpkg-deb -f "$(deb_file ipsecsh)" | sed '1a Status: install ok installed'
		echo Conffiles:
		(cd "$FILES" && md5sum etc/init.d/*) | awk '{ print " /" $2, $1 }'
	} | put /var/lib/dpkg/status
}

@test "upgraded by dpkg while the neighbour sends: the policy stays in force, the enforcer is another" {
	local next=$BATS_TEST_TMPDIR/next.deb
	deb_next ipsecsh "$next"
	network_files
	package_files
	host_boots
	host_policy stateful
	printf '#!/bin/sh\nexit 0\n' | put /usr/sbin/policy-rc.d 755 # what upgrades services may do, they do
	guest_script <<-END
		until_ready
		pid=\$(cat /run/ipsecsh/enforcerd.lock)
		neighbour_sends "\$PROBE" 60
		start_phase
		dpkg --no-triggers -i $next >/run/vm/dpkg 2>&1 || { cat /run/vm/dpkg; exit 1; }
		until_ready
		phase upgraded
		state upgraded
		echo "version: \$(dpkg-query -W -f '\${Version}' ipsecsh)"
		[ "\$(cat /run/ipsecsh/enforcerd.lock)" = "\$pid" ] || echo "enforcer: another"
		echo "assigned: \$(ipsecsh static show policy P | sed -n 's/^Assigned *: //p')"
		echo "next boot: \$(ipsec-bootgate --check | head -n 1)"
	END
	run boot 560
	echo "$output"
	is "$status" 0
	phase_is gate none some
	phase_is upgraded none some
	state_is upgraded active ipsecsh
	[[ $output == *"version: $NEXT_VERSION"* ]]
	[[ $output == *"enforcer: another"* ]]
	[[ $output == *"assigned: YES"* ]]
	[[ $output == *"next boot: # stateful: bootmode is set so"* ]]
}
