#!/usr/bin/env bats
# bats file_tags=vm
# The Debian package in a guest with systemd and a neighbour: what an upgrade keeps, and that it opens nothing.

load ../protected
load ../../deb/deb

setup_file() { deb_build; }

# For dpkg: of this machine's packages those that ours depends on. The lists of all of them take a guest minutes to read.
known_packages() {
	local names
	mapfile -t names < <(dpkg-deb -f "$(deb_file)" Depends | tr ',|' '\n' | awk '{ print $1 }')
	dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${names[@]}" 2>/dev/null | awk '$1 == "installed" { print $2 }' | xargs dpkg -s
}

@test "installed, a policy assigned, upgraded while the neighbour sends, removed" {
	local next=$BATS_TEST_TMPDIR/next.deb
	deb_next "$next"
	network_files
	printf '#!/bin/sh\nexit 0\n' | put /usr/sbin/policy-rc.d 755 # services start
	known_packages | put /var/lib/dpkg/status
	policy_commands | put /etc/policy
	{
		printf 'now=%q next=%q\n' "$(deb_file)" "$next"
		cat "$GUEST/upgrade"
	} | guest_script
	run boot 560
	echo "$output"
	is "$status" 0
	phase_is installed some some
	state_is installed active
	[[ $output == *"units: enabled enabled"* ]]
	phase_is assigned none some
	phase_is upgraded none some
	state_is upgraded active ipsecsh
	[[ $output == *"version: $NEXT_VERSION"* ]]
	[[ $output == *"enforcer: another"* ]]
	[[ $output == *"assigned: YES"* ]]
	phase_is removed some some
}
