#!/usr/bin/env bats
# What deployed scripts rely on (scripts-in-the-wild): a script of our own for every row of its tables, named
# after the row. What a single builtin does in every corner is in tests/golden/bat.
# shellcheck disable=SC2016 # the lines are cmd's, not ours

bats_require_minimum_version 1.5.0

load helpers

setup() {
	private_store
	cd "$BATS_TEST_TMPDIR" || return
}

# A file as Windows writes it, without echo.
bat() { # NAME LINE...
	local name=$1
	shift
	printf '%s\r\n' '@echo off' "$@" >"$name"
}
# prints TEXT LINE...: a batch file of these lines prints exactly that and ends with 0.
prints() {
	local want=$1
	shift
	bat t.bat "$@"
	run --separate-stderr ipsecsh t.bat first 'second word' third
	# shellcheck disable=SC2154 # set by run
	is "$status $stderr" '0 '
	is "$output" "$want"
}
filters() { static show filterlist "$1" level=verbose 2>&1 | grep -c '^Mirrored'; }
there() { static show "$1" "$2" >/dev/null; }

# --- §1, the modal script

@test "§1 add filter creates a missing filter list" {
	prints '' 'netsh ipsec static add filter filterlist=New srcaddr=any dstaddr=me'
	is "$(filters New)" 1
}

@test "§1 an emptied list stays and stays usable in a rule" {
	prints '' 'netsh ipsec static add filter filterlist=L srcaddr=1.2.3.4 dstaddr=me' \
		'netsh ipsec static add filteraction A action=block' 'netsh ipsec static add policy P' \
		'netsh ipsec static delete filter filterlist=L srcaddr=1.2.3.4 dstaddr=me' \
		'netsh ipsec static add rule name=R policy=P filterlist=L filteraction=A'
	there rule "all policy=P" || static show rule all policy=P
}

@test "§1 assigning before the rules exist; later rules take effect" {
	prints '' 'netsh ipsec static add policy P' 'netsh ipsec static set policy name=P assign=y' \
		'netsh ipsec static add filter L any me' 'netsh ipsec static add filteraction A action=block' \
		'netsh ipsec static add rule R P L A'
	run "$BUILD/ipsec-enforcerd" -n
	[[ $output == *'block any > me'* ]]
}

@test "§1 a failing line does not stop the script; its exit status is non-zero" {
	bat t.bat 'netsh ipsec static delete policy name=Nothing' 'echo [%errorlevel%]' 'netsh ipsec static add policy P'
	run ipsecsh t.bat
	is "$status" 0
	[[ $output == *'ERR IPsec[05006]'*'[1]'* ]]
	there policy P
}

@test "§1 success prints nothing visible and exits 0" {
	prints 'ok' 'netsh ipsec static add policy P && echo ok'
}

@test "§1 the most specific filter wins" {
	prints '' 'netsh ipsec static add policy P assign=y' 'netsh ipsec static add filter All4 any me protocol=TCP dstport=23' \
		'netsh ipsec static add filter One 192.0.2.9 me protocol=TCP dstport=23' \
		'netsh ipsec static add filteraction Drop action=block' 'netsh ipsec static add filteraction Ok action=permit' \
		'netsh ipsec static add rule R1 P All4 Drop' 'netsh ipsec static add rule R2 P One Ok'
	run static show order
	[[ ${lines[0]} == *'permit 192.0.2.9 > me'* ]]
}

@test "§1 one assigned policy at a time" {
	prints '' 'netsh ipsec static add policy A assign=y' 'netsh ipsec static add policy B assign=y'
	is "$(static show policy all | grep -c 'Assigned               : YES')" 1
}

@test "§1 adding the same filter twice is harmless" {
	prints '' 'netsh ipsec static add filter L 1.2.3.4 me' 'netsh ipsec static add filter L 1.2.3.4 me'
	is "$(filters L)" 1
}

@test "§1 netsh -f: whole lines, or pushd; comments, blank lines; carries on past a failing line" {
	printf '# a comment\r\n\r\nipsec static add policy P1\r\npushd ipsec static\r\nadd policy P2\r\nadd polcy P3\r\npopd\r\nipsec static add policy P4\r\nexit\r\nnonsense' >s.txt
	fails_with 1 's.txt:6: ERR IPsec[07001]' ipsecsh -f s.txt
	for name in P1 P2 P4; do there policy "$name"; done
	printf 'ipsec static add policy P5\r\nnonsense' >u.txt
	fails_with 1 "'nonsense'" ipsecsh -f u.txt
	there policy P5
}

@test "§1 DNS names are resolved once, at add" {
	prints '' 'netsh ipsec static add filter L srcaddr=localhost dstaddr=any'
	run static show filterlist L level=verbose
	[[ $output == *'Source DNS Name        : localhost'* ]]
}

# --- §2, words: what tests/unit/cli_commands.c does not say through a batch file

@test "§2 program words, spacing, quoted keywords, unbalanced quote, trailing remark" {
	bat t.bat 'Netsh  ipsec  static add policy name = "A (b), c" assign="y"' 'netsh.exe ipsec static add filteraction X action =block' \
		'"netsh" ipsec static add filterlist "open end' 'netsh ipsec static add filterlist Y # remark' \
		'netsh ipsec static add filter L any me protocol=TCP dstport="80"'
	run ipsecsh t.bat
	is "$status" 0
	[[ $output == *"t.bat:5: ERR IPsec[07010]"* || $output == *"t.bat:5: ERR IPsec[07007]"* ]]
	is "$(wc -l <<<"$output")" 1
	there policy 'A (b), c'
	there filterlist 'open end'
	there filteraction X
}

# --- §3, cmd

@test "§3 echo, echo., @echo off" { prints $'one\n\ntwo' 'echo one' 'echo.' 'echo two'; }
@test "§3 REM and ::" { prints 'x' 'REM netsh ipsec static delete all' ':: too' 'echo x'; }
@test "§3 redirection > >> to nul, NUL, files" {
	prints $'a\nb' 'echo lost > nul' 'echo lost >> NUL' 'echo a> f.txt' 'echo b>>f.txt' 'type f.txt'
}
@test "§3 pause, title, color, cls, mode con, chcp do not wait and print nothing where nobody is" {
	prints 'x' 'title T' 'color 0a' 'cls' 'mode con cols=80 lines=25' 'chcp 65001 > nul' 'pause' 'echo x'
}
@test "§3 set, set \"a=b\", set /p, set /a" {
	prints $'v w\n7\nline' 'set a=v' 'set "b=w"' 'echo %a% %b%' 'set /a n=3+4' 'echo %n%' 'echo line> in.txt' 'set /p p=< in.txt' 'echo %p%'
}
@test "§3 if ==, neq, equ, exist, defined, errorlevel, /i, not" {
	prints $'1\n2\n3\n4\n5\n6\n7' 'if a==a echo 1' 'if 2 neq 3 echo 2' 'if 2 equ 2 echo 3' 'if exist t.bat echo 4' \
		'set x=1' 'if defined x echo 5' 'if /i A==a echo 6' 'if not a==b if errorlevel 0 echo 7'
}
@test "§3 labels, goto, goto :eof, exit, exit /b n" {
	prints $'a\nb' 'goto Over;' 'echo skipped' ':Over' 'call :sub' 'echo b' 'exit' ':sub' 'echo a' 'goto :eof'
	bat t.bat 'exit /b 7'
	fails_with 7 '' ipsecsh t.bat
}
@test "§3 ^ escapes, and at line end" { prints $'a & b\nlong line' 'echo a ^& b' 'echo long ^' 'line'; }
@test "§3 find, findstr" {
	prints $'beta\nBETA' '(echo alpha& echo beta) > f.txt' 'find "bet" < f.txt' 'echo BETA| findstr /i "^beta"' 'findstr gamma f.txt || exit /b 0'
}
@test "§3 2>, 2>&1, < file" { prints $'x\nx' '(echo x) 2> nul' 'echo x> f.txt' 'sort < f.txt 2>&1'; }
@test "§3 timeout, choice, ping used as sleep" {
	prints 'x' 'timeout /t 100 > nul' 'ping -n 1 127.0.0.1 > nul' 'choice /t 100 /d y > nul' 'echo x' 'exit /b 0'
}
@test "§3 for in list, for /f file, for /f command, with options" {
	prints $'a\nb\n2\n1.1.1.1-x' 'for %%i in (a b) do echo %%i' '(echo 1;2;3) > f.txt' \
		'for /f "tokens=2 delims=;" %%i in (f.txt) do echo %%i' \
		"for /f \"tokens=1,2 eol=#\" %%i in ('echo 1.1.1.1 x') do echo %%i-%%j"
}
@test "§3 call :label args, call file, call %0" {
	printf '@echo in %%1\r\n' >sub.bat
	prints $'got a b\nin c\nagain' 'if "%1"=="again" goto again' 'call :l a b' 'call sub.bat c' 'call %0 again' 'goto :eof' ':l' 'echo got %1 %2' 'goto :eof' ':again' 'echo again'
}
@test "§3 parenthesised blocks, else" { prints $'no\ndone' 'if 1==2 (' 'echo yes' ') else (' 'echo no' ')' 'echo done'; }
@test "§3 pipe, &&, ||, single &" { prints $'x\ny\nz\nw' 'echo x| find "x"' 'ver > nul && echo y' 'find "no" < t.bat > nul && rem' 'echo z& echo w'; }
@test "§3 %1 to %9, %~1, %0, shift" { prints $'first "second word"\nsecond word\nt.bat\n"second word" third' 'echo %1 %2' 'echo %~2' 'echo %~nx0' 'shift' 'echo %1 %2'; }
@test "§3 %~dp0, %~f0, %~nx0" { prints "$BATS_TEST_TMPDIR/|t.bat" 'echo %~dp0^|%~nx0'; }
@test "§3 %DATE%, %TIME%, %v:~a,b%, %v:a=b%" {
	prints $'bc\nxbxc' 'set v=abac' 'echo %v:~1,1%%v:~3,1%' 'echo %v:a=x%' 'if "%DATE%"=="" echo no date' 'if "%TIME%"=="" echo no time'
}
@test "§3 setlocal, endlocal, enabledelayedexpansion, !v!" {
	prints $'2\n1' 'set v=1' 'setlocal enabledelayedexpansion' 'for %%i in (2) do (set v=%%i& echo !v!)' 'endlocal' 'echo %v%'
}
@test "§3 %ERRORLEVEL%, %COMPUTERNAME%, %temp%, %WinDir%" {
	prints '0' 'ver > nul' 'echo %ERRORLEVEL%' 'if "%COMPUTERNAME%"=="" echo none' 'if "%temp%"=="" echo none' 'if "%WinDir%"=="" echo none'
}
@test "§3 del, copy, type, mkdir, sort" {
	prints $'a\nb' '(echo b& echo a) > f.txt' 'copy f.txt g.txt > nul' 'del f.txt' 'mkdir d' 'sort g.txt' 'if exist f.txt echo still'
	[ -d d ]
}
@test "§3 programs that are not here are named once and the file goes on" {
	bat t.bat 'gpupdate /force' 'reg add x' 'gpupdate' 'echo done'
	run --separate-stderr ipsecsh t.bat
	is "$output" "done"
	is "$(grep -c gpupdate <<<"$stderr")" 1
}
@test "§3 oddities: label ': Ok', missing label, if errorlevel 0, empty if, fall through, : text, ehco" {
	prints $'ok\nfell' 'goto Ok' ': Ok' 'if errorlevel 0 echo ok' ':next' ': text' 'echo fell'
	bat t.bat 'echo before' 'goto nowhere' 'echo after'
	run ipsecsh t.bat
	[ "$status" -ne 0 ]
	[[ $output == before* && $output != *after* ]]
	bat t.bat 'ehco x' 'echo y'
	run --separate-stderr ipsecsh t.bat
	is "$output" y
}

# --- §4, what is parsed

@test "§4 show policy X | findstr X" {
	prints $'gone\nhere' 'netsh ipsec static show policy X | findstr X > nul || echo gone' 'netsh ipsec static add policy X' \
		'netsh ipsec static show policy X | findstr X > nul && echo here'
}
@test "§4 exactly one line with Policy and one with Assign; stripped they read PolicyName:X, Assigned:NO" {
	quietly static add policy X
	run static show policy name=X
	is "$(grep Policy <<<"$output" | tr -d ' ')" 'PolicyName:X'
	is "$(grep Assign <<<"$output" | tr -d ' ')" 'Assigned:NO'
}
@test "§4 show policy all: Assigned, 15 blanks, YES; lines with a colon; a summary" {
	quietly static add policy X assign=y
	run static show policy all
	[[ $output == *'Assigned               : YES'* && $output == *'No. of policies : 1'* ]]
	is "$(grep -v '^$' <<<"$output" | grep -vc :)" 0
}
@test "§4 show filterlist name=X: ERR means that it does not exist" {
	fails_with 1 'ERR' static show filterlist name=X
	quietly static add filterlist X
	run static show filterlist name=X
	[[ $output != *ERR* ]]
}
@test "§4 filters start after nine hyphens, blank-line separated" {
	quietly static add filter L any me protocol=TCP dstport=80
	run static show filterlist L level=verbose
	is "$(awk '/^---------$/ { getline; print; exit }' <<<"$output")" 'Description            : NONE'
	[[ $output == *'<My IP Address>'*'Destination Port       : 80'* ]]
}
@test "§4 show all format=list: the second line is the first policy's name" {
	quietly static add policy X
	run --keep-empty-lines static show all format=list
	is "${lines[1]}" 'Policy Name            : X'
}
@test "§4 show rule all level=verbose format=table: one Rule Name line per rule, the default's holds NONE" {
	quietly static add policy P
	quietly static add filterlist L
	quietly static add filteraction A
	quietly static add rule R P L A
	run static show rule all policy=P level=verbose format=table
	is "$(grep -c 'Rule Name' <<<"$output")" 2
	is "$(grep 'Rule Name' <<<"$output" | grep -c NONE)" 1
}
@test "§4 05010, 05014, 05072 by number, on standard output" {
	run --separate-stderr static show policy all
	[[ $output == *'ERR IPsec[05072]'* ]]
	is "$stderr" ''
	quietly static add filterlist X
	quietly static add filteraction X
	fails_with 1 'ERR IPsec[05010]' static add filterlist X
	fails_with 1 'ERR IPsec[05014]' static add filteraction X
}
