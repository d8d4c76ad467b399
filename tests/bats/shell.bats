#!/usr/bin/env bats
# ipsecsh as a program: ways to call it, exit statuses, scripts, standard input. What commands do is tested
# in tests/unit/cli_commands.c, what they print in the golden files below.

bats_require_minimum_version 1.5.0

load helpers

setup() {
	private_store
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$BATS_TEST_TMPDIR
}

# --- programs and statuses

@test "--help and --version succeed and do not touch the store" {
	rmdir "$IPSECSH_STATE"
	for option in --help --version; do
		run ipsecsh "$option"
		[ "$status" -eq 0 ]
		[[ $output == *ipsecsh* ]]
	done
	run ipsecsh '?'
	[ "$status" -eq 0 ]
	fails_with 1 'ERR IPsec[07001]' ipsecsh static ad polcy
	fails_with 1 'ERR IPsec[07006]' ipsecsh static add policy
	fails_with 1 'ERR IPsec[05072]' static show policy all
	[ ! -e "$IPSECSH_STATE" ]
}

@test "wrong use of the program ends with 2 and shows how" {
	fails_with 2 'Usage:' ipsecsh --nonsense
	fails_with 2 'Usage:' ipsecsh -f
	fails_with 2 'Usage:' ipsecsh -f a b
}

@test "success prints nothing and ends with 0, an error prints one line on standard output and ends with 1" {
	quietly static add policy P
	run --separate-stderr ipsecsh static add policy P
	[ "$status" -eq 1 ]
	[ "$output" = "ERR IPsec[05005] : a policy named 'P' exists already" ]
	# shellcheck disable=SC2154 # set by run
	[ -z "$stderr" ]
}

@test "output that cannot be written is a failure, a reader that left is none" {
	quietly static add policy P
	# shellcheck disable=SC2016 # the inner shell expands
	run --separate-stderr bash -c '"$BUILD/ipsecsh" static show policy all >/dev/full'
	[ "$status" -eq 1 ]
	is "$stderr" "ipsecsh: standard output: No space left on device"
	# shellcheck disable=SC2016
	run bash -c 'set -o pipefail; trap "" PIPE; "$BUILD/ipsecsh" static show policy all | true'
	[ "$status" -eq 0 ]
}

@test "the folder of the store is private" {
	rmdir "$IPSECSH_STATE"
	quietly static add policy P
	[ "$(stat -c %a "$IPSECSH_STATE")" = 700 ]
	for file in "$IPSECSH_STATE"/*; do
		[ "$(stat -c %a "$file")" = 600 ]
	done
}

@test "a preshared key appears in no listing" {
	quietly static add policy P
	quietly static add filter L me any
	quietly static add filteraction A
	quietly static add rule R P L A psk=Sesame
	run store_text
	[[ $output != *Sesame* ]]
	[[ $output == *'Preshared Key : ********'* ]]
}

# --- argument vectors

@test "an argument is one word, with or without quotes inside" {
	quietly ipsecsh static add policy "name=a b" "description=c d"
	quietly ipsecsh static add policy name = "e f"
	quietly ipsecsh netsh ipsec static add policy 'name="g h"'
	quietly ipsecsh netsh.exe ipsec static set policy name="a b" description= assign=y
	run static show policy all
	[[ $output == *'Policy Name            : a b'* ]]
	[[ $output == *'Policy Name            : e f'* ]]
	[[ $output == *'Policy Name            : g h'* ]]
	[[ $output != *'c d'* ]]
}

@test "called as netsh it is netsh" {
	ln -s "$BUILD/ipsecsh" "$BATS_TEST_TMPDIR/netsh"
	quietly ./netsh ipsec static add policy P
	run ./netsh ipsec static show policy P
	[[ $output == *'Policy Name            : P'* ]]
	run ./netsh --help
	[[ $output == *'netsh -f FILE'* ]]
	printf 'pushd ipsec static\nadd policy Q\npopd\nexit\n' >q.txt
	quietly ./netsh -f q.txt
	quietly ./netsh ipsec static delete policy Q
	run ./netsh ipsec
	[ "$status" -eq 0 ]
	[[ $output == *'The following commands are available:'* ]]
}

# --- scripts

@test "-f runs a script: comments, blank lines, contexts; it goes on after failures and names the line" {
	printf '%s\n' '# a comment' '' 'ipsec static add policy P' 'pushd ipsec static' '  # indented' \
		'add polcy Q' 'add policy Q' 'popd' 'nonsense' >s.txt
	run ipsecsh -f s.txt
	[ "$status" -eq 1 ]
	is "${#lines[@]}" 2
	is "${lines[0]}" "s.txt:6: ERR IPsec[07001] : 'polcy' is not a command here (did you mean 'policy'?)"
	is "${lines[1]}" "s.txt:9: ERR IPsec[07001] : 'nonsense' is not a command here"
	run static show policy all
	[[ $output == *'No. of policies : 2'* ]]
}

@test "a script may come from Windows: byte order mark, CR LF, no last line end" {
	printf '\xEF\xBB\xBFpushd ipsec static\r\nadd policy P\r\n\r\nadd policy Q' >s.txt
	quietly ipsecsh -f s.txt
	run static show policy all
	[[ $output == *'No. of policies : 2'* ]]
}

@test "exit ends a script" {
	printf 'static\nadd policy P\nbye\nadd policy Q\n' >s.txt
	quietly ipsecsh -f s.txt
	fails_with 1 05006 static show policy Q
}

@test "a script that is not there fails" {
	fails_with 1 "ERR IPsec[08001] : 'none.txt' cannot be opened" ipsecsh -f none.txt
	fails_with 1 "'none.bat'" ipsecsh none.bat
}

@test "standard input is a script when it is no terminal" {
	run ipsecsh <<<$'static\nadd policy P\nadd policy P'
	is "$status:$output" "1:stdin:3: ERR IPsec[05005] : a policy named 'P' exists already"
	quietly ipsecsh <<<'static delete policy P'
	quietly ipsecsh </dev/null
}

@test "what was said before a pause in a pipe is in force during it" {
	mkfifo pipe
	ipsecsh <pipe &
	exec 7>pipe
	echo 'static add policy P' >&7
	for _ in $(seq 100); do
		if static show policy P >/dev/null; then break; fi
		sleep 0.05
	done
	quietly ipsecsh static delete policy P
	exec 7>&-
	wait $!
}

@test "SIGTERM finishes the line, keeps what was done and ends with 143" {
	mkfifo pipe
	ipsecsh <pipe &
	pid=$!
	exec 7>pipe
	echo 'static add policy P' >&7
	for _ in $(seq 100); do
		if static show policy P >/dev/null; then break; fi
		sleep 0.05
	done
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	exec 7>&-
	is "$status" 143
	run static show policy P
	[ "$status" -eq 0 ]
}

@test "giant lines, NUL bytes and control characters are refused one by one" {
	{
		printf 'static\nadd policy P\n'
		head -c 1100000 /dev/zero | tr '\0' x
		printf '\nadd policy a\0b\nadd policy c\001d\nadd policy \xFF\nadd policy Q\n'
	} >s.txt
	run ipsecsh -f s.txt
	[ "$status" -eq 1 ]
	is "${#lines[@]}" 4
	is "${lines[0]}" "s.txt:3: ERR IPsec[07033] : the line holds more than 1048576 bytes"
	is "${lines[1]}" "s.txt:4: ERR IPsec[07033] : the line holds a NUL byte"
	is "${lines[2]}" "s.txt:5: ERR IPsec[07033] : the line holds a control character"
	is "${lines[3]}" "s.txt:6: ERR IPsec[07033] : the line holds bytes that are not UTF-8"
	run static show policy all
	[[ $output == *'No. of policies : 2'* ]]
}

# --- batch files

@test "a batch file reaches the grammar and ends with the errorlevel of its last command" {
	printf '@echo off\r\nnetsh ipsec static delete policy P\r\nC:\\Windows\\System32\\netsh.exe  ipsec static add policy "name=P %%1"\r\n' >p.bat
	run ipsecsh p.bat 'x'
	[ "$status" -eq 0 ]
	[[ $output == *'p.bat:2: ERR IPsec[05006]'* ]]
	run static show policy name="P x"
	[ "$status" -eq 0 ]
}

@test "a batch file can run a netsh script" {
	printf 'pushd ipsec static\nadd policy P\n' >s.txt
	printf '@netsh -f s.txt\r\n' >p.bat
	quietly ipsecsh p.bat
	run static show policy P
	[ "$status" -eq 0 ]
}

# --- the interactive shell, in a terminal of its own

# keys TEXT: types TEXT into a shell at a terminal; the transcript is left in $output.
keys() {
	run script -qec "$BUILD/ipsecsh" /dev/null <<<"$1"
}

@test "the prompt names the context; ^D leaves" {
	keys $'static\nadd policy P\n'
	[ "$status" -eq 0 ]
	[[ $output == *'ipsecsh>'* ]]
	[[ $output == *'ipsecsh static>'* ]]
	run static show policy P
	[ "$status" -eq 0 ]
}

@test "the history is private and keeps no keys" {
	keys $'static\nadd policy P\nadd filter L me any\nadd filteraction A\nadd rule R P L A psk=Sesame\nadd rule R P L A ps = Sesame\nexit\n'
	grep -q 'add policy P' .ipsecsh_history
	run ! grep -q Sesame .ipsecsh_history
	is "$(stat -c %a .ipsecsh_history)" 600
}

# --- golden files: tests/golden/cli/NAME.in is a script, NAME.out what it prints

# What differs from run to run, each by name.
stable() {
	sed -E \
		-e 's/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}/<DATE>/g' \
		-e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z/<TIME>/g' \
		-e 's/\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}/<GUID>/g' \
		-e "s/<$(hostname)>/<HOST>/g" -e "s/\"host\": \"$(hostname)\"/\"host\": \"<HOST>\"/"
}

@test "golden files" {
	local in out got=$BATS_TEST_TMPDIR/got bad=0
	for in in "$ROOT"/tests/golden/cli/*.in; do
		rm -rf "$IPSECSH_STATE"
		out=${in%.in}.out
		cp "$in" in
		ipsecsh -f in 2>&1 | stable >"$got"
		if [ -n "${GOLDEN_WRITE:-}" ]; then cp "$got" "$out"; fi
		diff -u "$out" "$got" || bad=1
	done
	[ "$bad" = 0 ]
}

# --- options of netsh

@test "-a runs a script first: its aliases and contexts stay" {
	printf 'alias p show policy\npushd ipsec static\n' >a.txt
	quietly static add policy P
	run ipsecsh -a a.txt p P
	[ "$status" -eq 0 ]
	[[ $output == *'Policy Name            : P'* ]]
	run ipsecsh -a a.txt <<<'p P'
	[[ $output == *'Policy Name            : P'* ]]
	printf 'exit\n' >b.txt
	quietly ipsecsh -a b.txt static add policy Q
	fails_with 1 05006 static show policy Q
}

@test "-c begins in a context, for a command, a script and standard input" {
	quietly ipsecsh -c 'ipsec static' add policy P
	quietly ipsecsh -c static add policy Q
	echo 'add policy R' >s.txt
	quietly ipsecsh -c static -f s.txt
	quietly ipsecsh -c static <<<'add policy S'
	run static show policy all
	[[ $output == *'No. of policies : 4'* ]]
	fails_with 2 'Usage:' ipsecsh -c nonsense show
	fails_with 2 'Usage:' ipsecsh -c 'static add' policy P
}

@test "help behind any beginning of a command, and behind a whole one" {
	local line
	for line in '?' 'static /?' 'static add -?' 'static add policy help' 'static add policy P mmpfs=yes ?' 'set ?' \
		'static set file ?' 'alias a b ?'; do
		# shellcheck disable=SC2086 # words
		run ipsecsh $line
		[ "$status" -eq 0 ]
		[[ $output == *'commands are available'* || $output == *'Usage:'* ]]
	done
	fails_with 1 05006 static show policy P
}

# --- offline mode

@test "offline: changes wait for commit and are done all or not at all" {
	printf '%s\n' offline 'static' 'add policy P' 'add policy Q' commit 'add policy R' 'add policy P' commit abort >s.txt
	run ipsecsh -f s.txt
	is "$status:$output" "1:s.txt:8: ERR IPsec[05005] : nothing was done: command 2 of 2 at s.txt:7: a policy named 'P' exists already"
	run static show policy all
	[[ $output == *'No. of policies : 2'* ]]
}

@test "offline: others can write meanwhile, and what is left at the end is dropped aloud" {
	mkfifo pipe
	ipsecsh <pipe >out 2>err &
	exec 7>pipe
	printf 'offline\nstatic add policy P\nshow mode\n' >&7
	for _ in $(seq 100); do
		[ -s out ] && break
		sleep 0.05
	done
	quietly static add policy Q
	exec 7>&-
	status=0
	wait $! || status=$?
	is "$status:$(<out):$(<err)" '1:offline:ipsecsh: 1 command waited for commit and was not done'
	fails_with 1 05006 static show policy P
}

@test "in a batch file each netsh is a process: its mode and aliases end with it" {
	printf '@netsh offline\r\n@netsh ipsec static add policy P\r\n' >p.bat
	quietly ipsecsh p.bat
	run static show policy P
	[ "$status" -eq 0 ]
}

# --- exec, set file

@test "exec runs a script in place; one that runs itself is stopped" {
	printf 'static\nadd policy P\nadd polcy\n' >s.txt
	run ipsecsh <<<$'exec s.txt\nadd policy Q'
	is "$status:$output" "1:s.txt:3: ERR IPsec[07001] : 'polcy' is not a command here (did you mean 'policy'?)"
	static show policy Q >/dev/null
	echo 'exec self.txt' >self.txt
	fails_with 1 'too deep' ipsecsh exec self.txt
	is "${#lines[@]}" 1
	printf 'exit\n' >exit.txt
	quietly ipsecsh <<<$'exec exit.txt\nstatic add policy X'
	fails_with 1 05006 static show policy X
	fails_with 1 "'none.txt' cannot be opened" ipsecsh exec none.txt
}

@test "set file copies what is printed" {
	quietly static add policy P
	ipsecsh >shown <<<$'set file open copy.txt\nstatic show policy P\nstatic show policy Q\nset file close\nstatic show store' || true
	head -n "$(wc -l <copy.txt)" shown | cmp - copy.txt
	grep -q 05006 copy.txt
	is "$(stat -c %a copy.txt)" 600
	ipsecsh <<<$'set file append copy.txt\nshow mode' >/dev/null
	is "$(tail -n 1 copy.txt)" online
	ipsecsh <<<$'set file mode=open name=copy.txt' >/dev/null
	[ ! -s copy.txt ]
	run --separate-stderr ipsecsh <<<$'set file open /dev/full\nshow mode\nshow mode'
	is "$output:$stderr" $'online\nonline:set file: No space left on device'
}

# --- another machine: an ssh of the test's own, which logs its arguments and runs the command here

fake_ssh() {
	mkdir bin
	cat >bin/ssh <<-'EOF'
		#!/bin/sh
		printf '<%s>' "$@" >>ssh.log
		echo >>ssh.log
		while [ "$1" != -- ]; do shift; done
		[ "$2" = unreachable ] && exit 255
		shift 2
		PATH=$BUILD:$PATH exec sh -c "$*"
	EOF
	chmod +x bin/ssh
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

@test "-r runs commands through ssh, whatever their words hold" {
	fake_ssh
	# shellcheck disable=SC2016,SC1003 # it must arrive as it is
	local name='a b'\''c $(touch pwned) `x` ; & | < > * \'
	quietly ipsecsh -r host -u me static add policy name="$name"
	static show policy name="$name" >/dev/null
	[ ! -e pwned ]
	is "$(head -c 31 ssh.log)" '<-T><-l><me><--><host><ipsecsh '
	fails_with 1 'ERR IPsec[05006]' ipsecsh -r host static show policy nope
	is "${#lines[@]}" 1
	fails_with 1 "'unreachable' was not reached" ipsecsh -r unreachable static show store
	fails_with 2 'is not the name of a host' ipsecsh -r -oProxyCommand=x static show store
	run --separate-stderr ipsecsh -r host -p geheim static show store
	[ "$status" -eq 0 ]
	[[ $stderr == *'the password is not used'* ]]
	run ! grep -q geheim ssh.log
}

@test "a preshared key never becomes an argument of ssh" {
	fake_ssh
	quietly static add policy P
	quietly static add filter L me any
	quietly static add filteraction A
	quietly ipsecsh -r host static add rule R P L A psk='Sesame open'
	quietly ipsecsh --dialect windows -r host static set rule R P psk='Sesame shut'
	run ! grep -q Sesame ssh.log
	run static show rule R P
	[[ $output == *'Preshared Key'* ]]
}

@test "set machine: each line runs there until it is taken back; contexts and aliases stay here" {
	fake_ssh
	quietly ipsecsh <<<$'set machine host\nstatic\nalias p add policy\np P\nset machine\np Q'
	is "$(wc -l <ssh.log)" 1
	run static show policy all
	[[ $output == *'No. of policies : 2'* ]]
	fails_with 1 'do not go together' ipsecsh <<<$'offline\nset machine host'
	keys $'set machine host\nexit\n'
	[[ $output == *'[host] ipsecsh>'* ]]
}

# --- progress

@test "a file that takes long says at a terminal how far it is, and wipes that again" {
	local line=$'slow.bat: line 3 of 5 (60 %)\r\033[K'
	printf '@echo off\r\nping -n 2 127.0.0.1 >nul\r\nnetsh ipsec static add policy P\r\nrem\r\nrem' >slow.bat
	run script -qec "$BUILD/ipsecsh slow.bat" /dev/null </dev/null
	is "$output" "$line"
	run --separate-stderr ipsecsh slow.bat # no terminal
	is "$output$stderr" "slow.bat:3: ERR IPsec[05005] : a policy named 'P' exists already"
	# shellcheck disable=SC2016 # the inner shell expands
	run script -qec '{ echo popd; sleep 0.6; printf "show mode\nshow mode\n"; } | "$BUILD/ipsecsh"' /dev/null </dev/null
	is "$output" $'stdin: line 2\r\033[Konline\r\nonline\r'
}

@test "a line of a batch file may have options of netsh" {
	fake_ssh
	printf 'add policy S\r\n' >Script.txt
	printf '%s\r\n' '@echo off' 'netsh -c "ipsec static" add policy P' 'netsh -c static -f script.TXT' \
		'netsh -r host ipsec static add policy "name=a b"' 'netsh -x' 'netsh -?' 'netsh ipsec static add policy Q' >p.bat
	run ipsecsh p.bat
	[ "$status" -eq 0 ]
	[[ $output == *"p.bat:5: ERR IPsec[08005] : '-x' is not an option"*'commands are available'* ]]
	is "$(wc -l <ssh.log)" 1
	run static show policy all
	[[ $output == *'No. of policies : 4'* ]]
	run ipsecsh --check p.bat # nothing is done elsewhere either
	is "$(wc -l <ssh.log)" 1
}
