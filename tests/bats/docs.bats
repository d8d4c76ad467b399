#!/usr/bin/env bats
# What the documentation shows works as it is shown. Tables against rows: tests/unit/manual.c.

bats_require_minimum_version 1.5.0

load helpers

setup() {
	private_store
	cd "$BATS_TEST_TMPDIR" || return
}

# example PAGE N: the N-th literal display under EXAMPLES, without the program's name.
example() {
	awk -v want="$2" '
		/^\.Sh/ { inside = ($2 == "EXAMPLES") }
		/^\.Ed/ { shown = 0 }
		inside && shown && count == want { sub(/^ipsecsh /, ""); print }
		/^\.Bd -literal/ && inside { shown = 1; count++ }' "$ROOT/man/$1"
}

@test "the first example of ipsecsh-static.8 runs and does what it says" {
	example ipsecsh-static.8 1 >script
	is "$(wc -l <script)" 10
	quietly ipsecsh -f script
	run static show policy Web
	[[ $output == *'Assigned               : YES'* ]]
	run static show rule all Web
	[[ $output == *': closed'*': everyone'*': block'*': office'*': office'*': permit'* ]]
}

@test "the JSON example of ipsecsh-static.8 is a command" {
	quietly static add filter office me any
	example ipsecsh-static.8 2 | sed 's/ | jq.*//' >script
	run ipsecsh -f script
	[ "$status" -eq 0 ]
	[[ $output == *'"dstport": null'* ]]
}

@test "the example of ipsecsh.8 runs" {
	example ipsecsh.8 1 >script
	quietly ipsecsh -f script
	run static show policy Telnet
	[[ $output == *'Assigned               : YES'* ]]
}

@test "the commands of ipsecsh-migration.7 run" {
	quietly static add policy P assign=y
	run ipsecsh static show all
	[ "$status" -eq 0 ]
	[[ $output == *'Policy Name            : P'* ]]
	run static show policy all format=json
	[[ $output == *'"assign": true'* ]]
}

@test "files that pages point to are there" {
	local path n=0
	make -s -C "$ROOT" B="$BUILD" install DESTDIR="$BATS_TEST_TMPDIR/root"
	while read -r path; do
		[ -e "$BATS_TEST_TMPDIR/root$path" ] || { echo "$path"; return 1; }
		n=$((n + 1))
	done < <(cat "$ROOT"/man/*.[1-8] | sed -nE 's/^\.(Pq )?Pa (\/usr\/share\/doc\/[^ ]+).*/\2/p')
	[ "$n" -gt 5 ]
	# shellcheck disable=SC2016 # backquotes of Markdown
	while read -r path; do
		[ -e "$ROOT/$path" ] || { echo "$path"; return 1; }
	done < <(grep -ohE '`(doc|man|tests|tools|batch-examples)/[A-Za-z0-9_./-]*`' "$ROOT"/README.md "$ROOT"/doc/*.md "$ROOT"/CONTRIBUTING.md |
		grep -v NAME | tr -d '`')
}
