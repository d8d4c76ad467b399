#!/usr/bin/env bats
# Policies as text, as a person and as a script move them: dump, exportpolicy, importpolicy, and the examples.
# What the text holds, and that nothing is lost on the way, is tested in tests/unit/cli_exchange.c.

bats_require_minimum_version 1.5.0

load helpers

setup() {
	private_store
	cd "$BATS_TEST_TMPDIR" || return
}

some_policy() {
	quietly static add filter L 192.0.2.7 me protocol=tcp dstport=23
	quietly static add filteraction Block action=block
	quietly static add policy P assign=yes
	quietly static add rule R P L Block
}

other_store() { # from here on
	export IPSECSH_STATE=$BATS_TEST_TMPDIR/other
	mkdir -m 0700 "$IPSECSH_STATE"
}

@test "export here, import there: the same text" {
	some_policy
	quietly static exportpolicy file = ./ipsec.ipsec
	[ "$(stat -c %a ipsec.ipsec)" = 600 ]
	before=$(ipsecsh dump)
	is "$(cat ipsec.ipsec)" "$(static dump)"
	other_store
	quietly static importpolicy ipsec
	is "$(ipsecsh dump)" "$before"
}

@test "exportpolicy && echo ok" {
	some_policy
	run bash -c '"$BUILD/ipsecsh" static exportpolicy x && echo ok'
	is "$output" ok
	fails_with 1 'ERR IPsec[08003]' ipsecsh static exportpolicy /nowhere/x
}

@test "a dump is a script: -f and standard input" {
	some_policy
	before=$(ipsecsh dump)
	ipsecsh dump >all.txt
	other_store
	quietly ipsecsh -f all.txt
	is "$(ipsecsh dump)" "$before"
	quietly static delete all
	run ipsecsh <all.txt
	[ "$status" -eq 0 ]
	is "$(ipsecsh dump)" "$before"
}

@test "dump writes to a file that it is given, in every context" {
	some_policy
	for command in 'dump' 'static dump' 'dynamic dump' 'ipsec dump' 'netsh ipsec static dump'; do
		# shellcheck disable=SC2086 # words of the command
		quietly ipsecsh $command out.txt
		# shellcheck disable=SC2086
		is "$(cat out.txt)" "$(ipsecsh $command)"
	done
}

@test "an import with an error changes nothing, and names file and line" {
	some_policy
	before=$(ipsecsh dump)
	printf 'pushd ipsec static\nadd policy New\nset policy P assign=no\nadd policy New\n' >bad.ipsec
	fails_with 1 "ERR IPsec[05005] : bad.ipsec:4: a policy named 'New' exists already" ipsecsh static importpolicy bad.ipsec
	is "$(ipsecsh dump)" "$before"
	printf 'ipsec static importpolicy bad\n' >outer.txt
	fails_with 1 'outer.txt:1: ERR IPsec[05005] : bad.ipsec:4: ' ipsecsh -f outer.txt
	printf 'exec outer.txt\n' >bad.ipsec
	fails_with 1 'bad.ipsec:1: ' ipsecsh static importpolicy bad
	is "$(ipsecsh dump)" "$before"
}

@test "an export is there whole or not at all, and leaves nothing beside it" {
	some_policy
	quietly static exportpolicy x
	before=$(cat x.ipsec)
	quietly static add filterlist More
	(ulimit -f 0 && trap '' XFSZ && ! "$BUILD/ipsecsh" static exportpolicy x >/dev/null)
	is "$(cat x.ipsec)" "$before"
	is "$(ls)" $'run\nstate\nx.ipsec'
}

@test "keys travel only when asked for" {
	some_policy
	quietly static add rule K P L Block 'psk=open sesame'
	run --separate-stderr ipsecsh dump
	[ "$status" -eq 0 ]
	[[ $output != *sesame* && $output == *pskid=* ]]
	# shellcheck disable=SC2154 # set by run
	[[ $stderr == *'1 preshared key is left out'* ]]
	run --separate-stderr ipsecsh dump secrets=yes
	[[ $output == *'psk="open sesame"'* ]]
	[ -z "$stderr" ]
	static exportpolicy x 2>/dev/null
	other_store
	run --separate-stderr ipsecsh static importpolicy x
	[ "$status" -eq 0 ]
	[[ $stderr == *"policy 'P', rule 'K'"* ]]
	static show rule name=K policy=P | grep -q 'Preshared Key : (not on this host)'
}

@test "a batch file names files as on Windows" {
	some_policy
	mkdir backup
	printf 'netsh ipsec static exportpolicy file="C:backup\\all.ipsec"\r\nnetsh ipsec static delete all\r\nnetsh ipsec static importpolicy BACKUP\\All\r\n' >move.bat
	before=$(ipsecsh dump)
	quietly ipsecsh move.bat
	[ -f backup/all.ipsec ]
	is "$(ipsecsh dump)" "$before"
}

@test "the examples are there under both names, and again" {
	for release in win2k win2003; do
		quietly static restorepolicyexamples release=$release
		is "$(static show policy all | sed -n 's/^Policy Name *: //p')" \
			$'Client (Respond Only)\nSecure Server (Require Security)\nServer (Request Security)'
	done
	is "$(static show policy 'Client (Respond Only)' level=verbose | sed -n 's/^GUID *: //p' | head -n 1)" '{72385236-70FA-11D1-864C-14A300000000}'
	fails_with 1 'ERR IPsec[07010]' ipsecsh static restorepolicyexamples vista
}

@test "a policy file of Windows is refused by name" {
	printf 'regf\1\0\0\0' >win.ipsec
	fails_with 1 "ERR IPsec[08022] : 'win.ipsec' is not text" ipsecsh static importpolicy win.ipsec
}

@test "lines that no file should hold: megabytes, NUL in the middle, no end" {
	{ echo 'ipsec static add policy New'; head -c 3000000 /dev/zero | tr '\0' x; } >long.ipsec
	fails_with 1 'long.ipsec:2: the line holds more than 1048576 bytes' ipsecsh static importpolicy long
	{ head -c 8000 /dev/zero | tr '\0' '#'; printf '\nipsec static add policy a\0b\n'; } >nul.ipsec
	fails_with 1 'nul.ipsec:2: the line holds a NUL byte' ipsecsh static importpolicy nul
	fails_with 1 'ERR IPsec[05072]' ipsecsh static show policy all
	printf 'ipsec static add policy Last' >last.ipsec
	quietly static importpolicy last
	fails_with 1 'ERR IPsec[05005]' ipsecsh static add policy Last
}

@test "a hundred thousand filters go out and in" {
	awk 'BEGIN { for (i = 0; i < 100000; i++) printf "ipsec static add filter L 10.%d.%d.%d me mirrored=no\n", i / 65536, i / 256 % 256, i % 256 }' >in.txt
	quietly ipsecsh -f in.txt
	quietly static exportpolicy big
	before=$(cksum <big.ipsec)
	quietly static importpolicy big
	quietly static exportpolicy big2
	is "$(cksum <big2.ipsec)" "$before"
}
