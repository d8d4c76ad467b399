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

# --- another machine (-r): an ssh that gets through to andy or does not, and begins there what sshd begins

ssh_from_betty() {
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/bin/ssh" <<-END
		#!/bin/sh
		ip netns exec betty-$LAN_TAG "$PROBE" tcp 192.0.2.1 22 -t 400 >/dev/null || exit 255
		while [ "\$1" != -- ]; do shift; done
		exec ip netns exec andy-$LAN_TAG env -i PATH="$BUILD:$PATH" IPSECSH_STATE="$LAN_DIR/andy/state" IPSECSH_RUN="$LAN_DIR/andy/run" \
			SSH_CONNECTION='192.0.2.2 50000 192.0.2.1 22' sh -c "\$3" 3>&-
	END
	chmod +x "$BATS_TEST_TMPDIR/bin/ssh"
}
# What somebody at betty does, over a connection from dave to her.
at_betty() { SSH_CONNECTION='192.0.2.4 50000 192.0.2.2 22' PATH=$BATS_TEST_TMPDIR/bin:$PATH lan_in betty "$BUILD/ipsecsh" "$@"; }
far() { at_betty -r andy "$@"; }

@test "on another machine: the way there is guarded, in each form of command, and not the way here" {
	ssh_from_betty
	quietly far static add filterlist many
	quietly far static add rule r P many block
	fails_with 1 'ERR IPsec[07050] : this blocks your own connection from 192.0.2.2, inbound' far static add filter many any me
	fails_with 1 'ERR IPsec[07050]' at_betty <<<$'set machine andy\nstatic\nadd filter many any me'
	printf '%s\r\n' '@echo off' 'netsh -r andy ipsec static add filter many any me' >"$BATS_TEST_TMPDIR/far.bat"
	fails_with 1 'ERR IPsec[07050]' at_betty "$BATS_TEST_TMPDIR/far.bat"
	expect open betty tcp 4 22
	expect open betty tcp 4 80
	[[ $(far static show filterlist many) == *"No. of Filters"*": 0"* ]]
	# A key makes a script of the command: it is judged there as well.
	quietly far static add filterlist key
	quietly far static add filter key any me
	quietly far static add filteraction protect
	fails_with 1 'ERR IPsec[07051]' far static add rule k P key protect psk=geheim
	expect open betty tcp 4 22
	# dave's connection is betty's affair, not andy's.
	quietly far static add filter many 192.0.2.4 me
	at_betty static add policy P assign=yes
	at_betty static add filter own any me protocol=TCP dstport=22
	at_betty static add filteraction block action=block
	fails_with 1 'this blocks your own connection from 192.0.2.4' at_betty static add rule r P own block
	quietly far static add filter many any me force=yes
	expect shut betty tcp 4 22
	fails_with 1 "'andy' was not reached" far static show policy all
}

@test "on another machine: dynamic rules and the boot mode too; a store of the windows dialect here does not take force=yes away there" {
	ssh_from_betty
	quietly far dynamic set config bootmode permit # an assigned policy alone means stateful
	fails_with 1 'ERR IPsec[07052]' far dynamic set config bootmode block
	quietly far dynamic add mmpolicy M
	fails_with 1 'ERR IPsec[07050]' far dynamic add rule any me mmpolicy=M actioninbound=block actionoutbound=block
	expect open betty tcp 4 22
	at_betty static set dialect windows
	fails_with 1 'ERR IPsec[07050]' at_betty <<<$'set machine andy\ndynamic add rule any me mmpolicy=M actioninbound=block actionoutbound=block'
	expect open betty tcp 4 22
	quietly at_betty <<<$'set machine andy\ndynamic add rule any me mmpolicy=M actioninbound=block actionoutbound=block force=yes'
	expect shut betty tcp 4 22
}
