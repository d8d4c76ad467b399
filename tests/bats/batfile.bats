#!/usr/bin/env bats
# Batch files through the whole program: options, --check, encodings, programs, what ends them.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
bats_require_minimum_version 1.5.0

load helpers

setup() {
	private_store
	cd "$BATS_TEST_TMPDIR" || return
}

# bat NAME LINE...: a file as Windows writes them
bat() {
	local name=$1
	shift
	printf '%s\r\n' "$@" >"$name"
}
policies() { static show policy all format=json; }

# --- --check

@test "--check says what would fail, with file and line, and changes nothing" {
	quietly static add policy Old
	before=$(policies)
	bat try.bat '@echo off' 'echo hello > written.txt' \
		'netsh ipsec static add policy New' \
		'netsh ipsec static add policy Old' \
		'netsh ipsec static add filter L any me protcol=TCP' \
		'netsh ipsec static exportpolicy out.ipsec' \
		'netsh ipsec dynamic add mmpolicy M' \
		'net stop PolicyAgent' \
		'call :sub' 'goto :eof' \
		':sub' 'netsh ipsec static delete policy Older'
	run ipsecsh --check try.bat
	is "$status" 1
	is "$output" "$(printf '%s\n' \
		"try.bat:4: ERR IPsec[05005] : a policy named 'Old' exists already" \
		"try.bat:5: ERR IPsec[07004] : 'protcol' is not a tag of 'add filter' (did you mean 'protocol'?)" \
		"try.bat:12: ERR IPsec[05006] : there is no policy 'Older'")"
	is "$(policies)" "$before"
	[ ! -e written.txt ] && [ ! -e out.ipsec ]
}

@test "--check of what would go well is silent and leaves no copy" {
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir "$TMPDIR"
	bat good.bat 'netsh ipsec static add policy P' 'netsh ipsec static add rule R P L A || echo no' \
		'netsh ipsec static show policy P'
	quietly static add filterlist L
	quietly static add filteraction A
	quietly ipsecsh --check good.bat
	printf 'static\nadd policy P\nadd policy P\n' >s.txt
	fails_with 1 's.txt:3: ERR IPsec[05005]' ipsecsh --check -f s.txt
	is "$(ls "$TMPDIR")" ''
	fails_with 1 '05006' static show policy P
}

@test "--check ended by a signal leaves no copy" {
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir "$TMPDIR"
	bat loop.bat ':again' 'netsh ipsec static add policy P' 'goto again'
	"$BUILD/ipsecsh" --check loop.bat >/dev/null 3>&- &
	pid=$!
	for _ in $(seq 200); do if [ -n "$(ls "$TMPDIR"/*/policy.db 2>/dev/null)" ]; then break; fi; sleep 0.02; done
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	is "$status" 143
	is "$(ls "$TMPDIR")" ''
}

# --- programs

@test "no program of this host runs, unless it is allowed" {
	bat p.bat '@echo off' 'id -u' 'echo [%errorlevel%]' 'true & echo [%errorlevel%]' 'sh -c "exit 3"' 'echo [%errorlevel%]'
	run --separate-stderr ipsecsh p.bat
	is "$output" "$(printf '[9009]\n[9009]\n[9009]')"
	# shellcheck disable=SC2154 # set by run
	[[ $stderr == *"p.bat:2: 'id' is not available"* ]]
	run ipsecsh --allow-programs p.bat
	is "$output" "$(printf '%s\n[0]\n[0]\n[3]' "$(id -u)")"
}

@test "an allowed program gets its words, and no shell looks at them" {
	# shellcheck disable=SC2016 # as it stands
	bat w.bat '@printf "<%%s>" "a b" ^$HOME ";" "x|y"' '@nonsense-program' '@echo [%errorlevel%]'
	run --separate-stderr ipsecsh --allow-programs w.bat
	# shellcheck disable=SC2016 # as it stands
	is "$output" '<a b><$HOME><;><x|y>[9009]'
}

@test "a program reads what the file redirects, and writes its errors where they are redirected" {
	printf 'one\ntwo\n' >in.txt
	bat r.bat '@cat < in.txt' '@ls /nonsense 2> err.txt' '@ls /nonsense 2> nul' '@ls /nonsense 2>&1 | find "nonsense" > both.txt' \
		'@(head -c 4 && set /p x=) < in.txt' '@echo [%x%]' '@echo a| cat'
	run --separate-stderr ipsecsh --allow-programs r.bat
	is "$output" "$(printf 'one\ntwo\none\n[two]\na')"
	is "$stderr" ''
	grep -q nonsense err.txt
	grep -q nonsense both.txt
}

@test "a program sees the variables of the file, but keeps its PATH" {
	export GONE=here Mixed=old
	bat v.bat '@set NEW=value of mine' '@set GONE=' '@set MIXED=new' '@set PATH=C:\Windows;%PATH%' '@printenv NEW MIXED PATH' \
		'@printenv GONE Mixed' '@echo [%errorlevel%]'
	run ipsecsh --allow-programs v.bat
	is "$output" "$(printf 'value of mine\nnew\n%s\n[1]' "$PATH")"
}

@test "a signal ends the program that runs, also one that does not listen" {
	bat s.bat '@sh -c "echo started; exec sleep 60"' '@echo not reached'
	# shellcheck disable=SC2016 # for the program
	bat deaf.bat '@sh -c "trap : TERM; echo started; while :; do sleep 1; done"' '@echo not reached'
	for f in s deaf; do
		"$BUILD/ipsecsh" --allow-programs $f.bat >$f.out 2>&1 3>&- &
		local pid=$! status=0
		for _ in {1..100}; do grep -q started $f.out && break; sleep 0.05; done
		kill -TERM $pid
		SECONDS=0
		wait $pid || status=$?
		is "$status" 143
		((SECONDS < 20))
		! grep -q 'not reached' $f.out || return 1
	done
}

@test "what a file needs and the host lacks is said, passed over or fatal" {
	bat m.bat '@wmic os' '@echo [%errorlevel%]'
	run --separate-stderr ipsecsh m.bat
	is "$output" '[9009]'
	[[ $stderr == *"'wmic' is not available"* ]]
	run --separate-stderr ipsecsh --missing silent m.bat
	is "$output$stderr" '[9009]'
	run --separate-stderr ipsecsh --missing fatal m.bat
	is "$output" ''
	[[ $stderr == *"'wmic' is not available"* ]]
	is "$status" 49 # the low byte of 9009, as for every errorlevel
}

# --- encodings: a name made in one is found in another

named() { # FILE: one batch line with a name beyond ASCII, in UTF-8
	printf '@netsh ipsec static add policy "%s"\r\n' "$2" >"$1"
}

@test "names are UTF-8 in the store, whatever the file was" {
	named utf8.bat 策略一
	named gbk.utf8 封锁策略端口
	named latin.utf8 'Zurück für Müller'
	iconv -f UTF-8 -t CP936 gbk.utf8 >gbk.bat
	iconv -f UTF-8 -t CP1252 latin.utf8 >latin.bat
	{ printf '\xff\xfe'; named /dev/stdout 'wide 策略' | iconv -f UTF-8 -t UTF-16LE; } >wide.bat
	{ printf '\xfe\xff'; named /dev/stdout 'big 策略' | iconv -f UTF-8 -t UTF-16BE; } >big.bat
	{ printf '\xef\xbb\xbf'; named /dev/stdout 'marked 策略'; } >marked.bat
	for f in utf8 gbk latin wide big marked; do quietly ipsecsh "$f.bat"; done
	for name in 策略一 封锁策略端口 'Zurück für Müller' 'wide 策略' 'big 策略' 'marked 策略'; do
		run static show policy "$name"
		is "$status" 0
	done
}

@test "--codepage overrules what the bytes look like" {
	named oem.utf8 'Bücher'
	iconv -f UTF-8 -t CP437 oem.utf8 >oem.bat
	quietly ipsecsh --codepage cp437 oem.bat
	run static show policy Bücher
	is "$status" 0
	fails_with 1 "unknown code page" ipsecsh --codepage klingon oem.bat
}

@test "line ends of every kind, and none at the end" {
	printf '@netsh ipsec static add policy A\n@netsh ipsec static add policy B\r\n@netsh ipsec static add policy C\n\r@netsh ipsec static add policy D' >ends.bat
	quietly ipsecsh ends.bat
	for name in A B C D; do quietly static delete policy "$name"; done
}

# --- what ends a file

ended_by() { # SIGNAL STATUS LINE...
	local signal=$1 want=$2 start took
	shift 2
	bat end.bat '@echo off' 'netsh ipsec static add policy Before' "$@"
	"$BUILD/ipsecsh" end.bat </dev/zero >/dev/null 2>&1 3>&- &
	pid=$!
	for _ in $(seq 250); do if static show policy Before >/dev/null; then break; fi; sleep 0.02; done
	start=${EPOCHREALTIME/./}
	kill "-$signal" "$pid"
	status=0
	wait "$pid" || status=$?
	took=$((${EPOCHREALTIME/./} - start))
	is "$status" "$want"
	[ "$took" -lt 1000000 ] || { echo "took $took us"; return 1; }
	quietly static delete policy Before
}

@test "^C and SIGTERM end loops and waits at once, and keep what was done" {
	ended_by INT 130 ':again' 'goto again'
	ended_by TERM 143 'for /l %%i in (1,0,2) do rem'
	ended_by TERM 143 'ping -n 100 127.0.0.1 > nul'
	ended_by INT 130 'set /p x='
}

@test "a batch file that calls itself is stopped with a clear line" {
	bat self.bat '@call self.bat'
	run ipsecsh self.bat
	[ "$status" -ne 0 ]
	[[ $output == *"self.bat:1: "* ]]
	is "$(wc -l <<<"$output")" 1
}

@test "giant and hostile lines" {
	head -c 1000000 /dev/zero | tr '\0' 'x' >big.bat
	run ipsecsh big.bat
	[ "${#output}" -lt 2000 ]
	{ printf '@netsh ipsec static add policy "'; head -c 1000000 /dev/zero | tr '\0' 'y'; printf '"\r\n@netsh ipsec static add policy After\r\n'; } >name.bat
	run ipsecsh name.bat
	is "$status" 0
	[ "${#output}" -lt 2000 ]
	quietly static delete policy After
	printf '@netsh ipsec static add policy A\0B\r\n@netsh ipsec static add policy "x\ty\001"\r\n@netsh ipsec static add policy "%s"\r\n' "'; DROP TABLE policy; --" >evil.bat
	run ipsecsh evil.bat
	quietly static delete policy "'; DROP TABLE policy; --"
	{ head -c 10000 /dev/zero | tr '\0' '('; printf '\r\n'; } >parens.bat
	run ipsecsh parens.bat
	[ "$status" -ne 0 ]
	[ "${#output}" -lt 2000 ]
}
