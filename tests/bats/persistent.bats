#!/usr/bin/env bats
# The two stores as somebody at the shell sees them; what they do to packets: tests/netns/persistent.bats.

load helpers

setup() {
	private_store
	export IPSECSH_RUN=$BATS_TEST_TMPDIR/run
}

# The lines of standard input as one session.
session() { ipsecsh -f /dev/stdin; }

@test "set store chooses the store of one session; the next one begins at the local store" {
	run session <<-'END'
		ipsec static
		set store location=persistent
		show store
		add policy PP assign=yes
		show gpoassignedpolicy
		set store location=local
		show store
		add policy P
	END
	[ "$status" -eq 0 ]
	[[ $output == *"Policy Store : Persistent Store <"*"Persistent IPsec Policy"*": PP"*"Policy Store : Local Store <"* ]]
	run ipsecsh static show store
	[[ $output == "Policy Store : Local Store <"* ]]
	run ipsecsh static show policy all
	[[ $output == *": P"* && $output != *PP* ]]
	[ "$(stat -c %a "$IPSECSH_STATE/persistent")" = 700 ]
	[ "$(stat -c %a "$IPSECSH_STATE/persistent/policy.db")" = 600 ]
}

@test "the persistent store works in both dialects, and before there is a local one" {
	run ipsecsh --dialect windows -f /dev/stdin <<-'END'
		ipsec static set store location=persistent
		ipsec static add policy PP
		ipsec static show policy all
	END
	[ "$status" -eq 0 ]
	[[ $output == *PP* ]]
	run ipsecsh static set store location=domain
	[[ $status -eq 1 && $output == *05080* ]]
}

@test "settings of the host stay in the local store" {
	session <<-'END'
		ipsec static set store location=persistent
		ipsec static add policy PP
		ipsec dynamic set config property=ipsecexempt value=1
		ipsec static set dialect dialect=linux
		ipsec static add policy PP2
	END
	run ipsecsh dynamic show config
	[[ $output == *exempt*": 1"* ]]
	run session <<<$'ipsec static set store location=persistent\nipsec static show policy all format=json'
	[[ $output == *'"PP2"'* ]]
}

@test "dump of the persistent store makes it again; export and import work on the store that is chosen" {
	session <<-'END'
		ipsec static set store location=persistent
		ipsec static add policy PP assign=yes
		ipsec static add filter L any me protocol=tcp dstport=22
		ipsec static add filteraction A action=permit
		ipsec static add rule R PP L A
	END
	session <<<$'ipsec static set store location=persistent\nipsec static dump' >"$BATS_TEST_TMPDIR/dump"
	grep -q '^set store location=persistent$' "$BATS_TEST_TMPDIR/dump"
	session <<<$'ipsec static set store location=persistent\nipsec static exportpolicy file='"$BATS_TEST_TMPDIR/export"
	mv "$IPSECSH_STATE" "$BATS_TEST_TMPDIR/old"
	ipsecsh -f "$BATS_TEST_TMPDIR/dump"
	session <<<$'ipsec static set store location=persistent\nipsec static dump' >"$BATS_TEST_TMPDIR/again"
	diff "$BATS_TEST_TMPDIR/dump" "$BATS_TEST_TMPDIR/again"
	run ipsecsh static show policy all
	[[ $output == *05072* ]] # nothing came into the local store
	ipsecsh static importpolicy file="$BATS_TEST_TMPDIR/export"
	run ipsecsh static show policy all
	[[ $output == *PP* ]]
}

@test "each netsh of a batch file begins at the local store" {
	printf 'netsh ipsec static set store location=persistent\r\nnetsh ipsec static add policy P\r\n' >"$BATS_TEST_TMPDIR/x.bat"
	ipsecsh "$BATS_TEST_TMPDIR/x.bat"
	run ipsecsh static show policy all
	[[ $output == *": P"* ]]
}

@test "offline mode and another machine do not go with the persistent store" {
	run session <<<$'ipsec static set store location=persistent\noffline'
	[[ $status -ne 0 && $output == *07048* ]]
	run session <<<$'offline\nipsec static set store location=persistent'
	[[ $status -ne 0 && $output == *07048* ]]
	run session <<<$'ipsec static set store location=persistent\nset machine other'
	[[ $status -ne 0 && $output == *07048* ]]
}

@test "--check tries a file on copies of both stores" {
	printf 'ipsec static set store location=persistent\nipsec static add policy PP\nipsec static add rule R PP none none\n' \
		>"$BATS_TEST_TMPDIR/x"
	run ipsecsh --check -f "$BATS_TEST_TMPDIR/x"
	[[ $status -ne 0 && $output == *x:3:* ]]
	[ ! -e "$IPSECSH_STATE/persistent" ]
}

@test "the order of filters and the plan hold both policies, and say which is persistent" {
	session <<-'END'
		ipsec static
		add policy P assign=yes
		add filter L any me protocol=tcp dstport=22
		add filteraction A action=block
		add rule R P L A
		set store location=persistent
		add policy PP assign=yes
		add filter PL any 192.0.2.1 protocol=tcp dstport=22
		add filteraction PA action=permit
		add rule PR PP PL PA
	END
	run ipsecsh static show order
	[[ $output == *'persistent policy "PP" rule "PR"'*'equally specific, and it is persistent'*'policy "P" rule "R"'* ]]
	run ipsecsh static explain 192.0.2.9 192.0.2.1 protocol=tcp dstport=22 direction=inbound
	[[ $output == *"Verdict                : permit"*'persistent policy "PP"'* ]]
	run "$BUILD/ipsec-enforcerd" -n
	[[ $output == *'persistent policy "PP"'*'policy "P"'*'# persistent policy "PP" rule "PR"'* ]]
}

@test "show status without the service: Permit; after it was killed: Unknown" {
	run ipsecsh show status
	[ "$status" -eq 0 ]
	[[ $output == "Operational Mode       : Permit"*"not running"* ]]
	run ipsecsh show status format=json
	[[ $output == *'"mode": "Permit"'*'"running": false'* ]]
	mkdir -p "$IPSECSH_RUN"
	touch "$IPSECSH_RUN/enforcerd.sock"
	run ipsecsh show status
	[[ $output == "Operational Mode       : Unknown"*"still in the kernel"* ]]
}

@test "show config tells the mode in our dialect only" {
	run ipsecsh dynamic show config
	[[ $output == *"Operational Mode       : Permit ("* ]]
	run ipsecsh --dialect windows dynamic show config
	[[ $status -eq 0 && $output != *"Operational Mode"* ]]
}
