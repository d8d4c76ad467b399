#!/usr/bin/env bats
# The shell at a terminal: completion, help, history, pasting. Each test has a terminal of its own (tmux with a
# server of its own) and waits for text, never for time. What is offered where is tested in
# tests/unit/cli_complete.c.

bats_require_minimum_version 1.5.0

load helpers

setup() {
	private_store
	export HOME=$BATS_TEST_TMPDIR INPUTRC=/dev/null
	cd "$HOME" || return
	TERMINAL=ipsecsh-$$-$BATS_TEST_NUMBER-$RANDOM
}

teardown() {
	term kill-server 2>/dev/null || true
}

term() { tmux -L "$TERMINAL" -f /dev/null "$@"; }
screen() { term capture-pane -pJ; }

# A shell at a terminal of 100 by 40; the session ends with it.
start() {
	term new-session -d -x 100 -y 40 "$BUILD/ipsecsh"
	sees 'ipsecsh'
}

# sees TEXT: waits until the screen shows it.
sees() {
	local _
	for _ in {1..150}; do
		[[ $(screen) == *"$1"* ]] && return
		sleep 0.05
	done
	printf 'not on the screen: %s\n' "$1"
	screen
	return 1
}
# line_is TEXT: the last line on the screen, where the cursor is, becomes TEXT, but for blanks at its end.
line_is() {
	local _ now
	for _ in {1..150}; do
		now=$(screen | sed -n 's/ *$//; /./p' | tail -n 1)
		[ "$now" = "$1" ] && return
		sleep 0.05
	done
	is "$now" "$1"
}
types() { term send-keys -l -- "$1"; }
keys() { term send-keys "$@"; }
# enters LINE...: each typed and done before the next, as the prompt shows.
enters() {
	local line
	for line in "$@"; do
		types "$line"
		keys Enter
	done
}
leaves() {
	local _
	keys C-e C-u
	enters exit
	for _ in {1..150}; do
		term has-session 2>/dev/null || return 0
		sleep 0.05
	done
	screen
	return 1
}

@test "TAB completes words; twice it lists them with what they do" {
	start
	types st
	keys Tab
	line_is 'ipsecsh>static'
	types 'a'
	keys Tab
	line_is 'ipsecsh>static add'
	types 'filterl'
	keys Tab
	line_is 'ipsecsh>static add filterlist'
	types 'na'
	keys Tab
	line_is 'ipsecsh>static add filterlist name='
	types 'L '
	keys Tab
	types '"a b"'
	keys Enter
	line_is 'ipsecsh>'
	types 'static show filterlist all '
	keys Tab Tab
	sees 'verbose'
	sees 'level=       How much to show; verbose includes the filters.'
	line_is 'ipsecsh>static show filterlist all'
	leaves
	run static show filterlist L
	[[ $output == *': a b'* ]]
}

@test "TAB completes names of the store and puts quotes around blanks" {
	quietly static add policy "AD Trusts"
	quietly static add policy "AD Users"
	start
	enters static
	line_is 'ipsecsh static>'
	types 'delete policy a'
	keys Tab
	line_is 'ipsecsh static>delete policy a'
	types d
	keys Tab
	line_is 'ipsecsh static>delete policy "AD'
	types U
	keys Tab
	line_is 'ipsecsh static>delete policy "AD Users"'
	keys Enter
	line_is 'ipsecsh static>'
	leaves
	fails_with 1 05006 static show policy "AD Users"
	run static show policy "AD Trusts"
	[ "$status" -eq 0 ]
}

@test "completing makes no store, and a store that cannot be read says nothing" {
	rmdir "$IPSECSH_STATE"
	start
	types 'static delete policy b'
	keys Tab Tab
	types x
	line_is 'ipsecsh>static delete policy bx'
	[ ! -e "$IPSECSH_STATE" ]
	leaves
	mkdir -m 0700 "$IPSECSH_STATE"
	echo 'this is no database, whatever its name may say' >"$IPSECSH_STATE/policy.db"
	chmod 600 "$IPSECSH_STATE/policy.db"
	start
	types 'static delete policy b'
	keys Tab Tab
	types x
	line_is 'ipsecsh>static delete policy bx'
	leaves
}

@test "completion works within a line, and is undone at once" {
	start
	types 'static add  P'
	keys Left Left
	types 'pol'
	keys Tab
	line_is 'ipsecsh>static add policy P'
	keys C-_
	line_is 'ipsecsh>static add pol P'
	leaves
}

@test "? and Enter give help, alone and behind words" {
	start
	enters '?'
	sees 'The following commands are available:'
	sees 'Displays a list of commands.'
	keys C-l
	line_is 'ipsecsh>'
	enters 'static add filterlist ?'
	sees 'Usage:'
	sees '[ name = ] <name>'
	leaves
}

# Bracketed paste, as terminals do it when the program asked for it.
pastes() {
	term set-buffer -b paste -- "$1"
	term paste-buffer -p -b paste
}

@test "pasted text of several lines runs line by line; a TAB in it completes nothing" {
	start
	enters static
	line_is 'ipsecsh static>'
	pastes $'netsh ipsec static add policy name="P 1"\r\nnetsh\tipsec static add\tfilterlist\tL\r\nnetsh ipsec static add policy Q'
	sees 'add policy Q'
	[ ! -e "$IPSECSH_STATE/policy.db" ] # nothing runs before Enter
	keys Enter
	line_is 'ipsecsh static>'
	keys C-l
	enters 'show policy all'
	sees 'No. of policies : 2'
	leaves
	run static show filterlist L
	[ "$status" -eq 0 ]
	is "$(grep -c . .ipsecsh_history)" 6 # static, three pasted, show, exit
}

@test "the history keeps no key, however its tag is written" {
	start
	enters static 'add policy P' 'add filter L me any' 'add filteraction A'
	enters 'add rule R1 P L A psk=Sesame' 'add rule R2 P L A ps = Sesame' 'add rule R3 P L A "psk=Sesame open"' \
		'add rule R4 P L A p"s"k="Sesame"' 'add rule R5 P L A nonsense=1 psk=Sesame' \
		'add rule R6 P L A 10.0.0.1 all yes text no Sesame' 'show policy P'
	sees 'No. of policies'
	leaves
	grep -q 'add policy P' .ipsecsh_history
	run ! grep -q Sesame .ipsecsh_history
	is "$(stat -c %a .ipsecsh_history)" 600
}

@test "^C gives a line up and leaves the shell alone" {
	start
	types 'static add policy P'
	keys C-c
	line_is 'ipsecsh>'
	leaves
	fails_with 1 05072 static show policy all
}
