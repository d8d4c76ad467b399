#!/usr/bin/env bats
# bats file_tags=netns
# The lock-out guard with a real connection and a running enforcer: what it lets through leaves the connection
# alone, what it refuses would have cut it.

load hosts

setup() {
	hosts andy betty
	serve andy tcp:22 tcp:80
	enforcer_start andy
	on andy add policy P assign=yes
	on andy add filteraction block action=block
	on andy add filteraction permit action=permit
}
teardown() { hosts_down; }

# What sshd would say of a session from betty in that family.
from_betty() { # 4|6
	local family=${1#4}
	export SSH_CONNECTION
	SSH_CONNECTION="$(lan_address betty "$family") 50000 $(lan_address andy "$family") 22"
}
dyn() { lan_in andy "$BUILD/ipsecsh" dynamic "$@"; }

@test "static: a block of the peer is refused and done with force; an exception first is not refused" {
	local family
	for family in 4 6; do
		from_betty "$family"
		on andy add filterlist all$family
		quietly on andy add rule r$family P all$family block
		fails_with 1 'ERR IPsec[07050]' on andy add filter all$family any me
		expect open betty tcp "$family" 22
		quietly on andy add filterlist ssh$family
		quietly on andy add filter ssh$family any me protocol=TCP dstport=22
		quietly on andy add rule ssh$family P ssh$family permit
		quietly on andy add filter all$family any me
		expect open betty tcp "$family" 22
		expect shut betty tcp "$family" 80
		fails_with 1 'ERR IPsec[07050]' on andy delete rule ssh$family P
		expect open betty tcp "$family" 22
		quietly on andy delete rule ssh$family P force=yes
		expect shut betty tcp "$family" 22
		on andy delete rule all P
	done
}

@test "dynamic: rules are judged together with those in force and with the policy" {
	from_betty 4
	dyn add mmpolicy M
	fails_with 1 'ERR IPsec[07050]' dyn add rule any me mmpolicy=M actioninbound=block actionoutbound=block
	expect open betty tcp 4 22
	expect open betty tcp 4 80
	quietly dyn add rule any me mmpolicy=M protocol=TCP dstport=22 actioninbound=permit actionoutbound=permit
	quietly dyn add rule any me mmpolicy=M actioninbound=block actionoutbound=block
	expect open betty tcp 4 22
	expect shut betty tcp 4 80
	fails_with 1 'ERR IPsec[07050]' dyn set rule any me TCP 0 22 yes all actioninbound=block
	fails_with 1 'ERR IPsec[07050]' dyn delete rule any me TCP 0 22 yes all
	expect open betty tcp 4 22
	quietly dyn delete rule any me TCP 0 22 yes all force=yes
	expect shut betty tcp 4 22
}
