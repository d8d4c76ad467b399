#!/usr/bin/env bats
# Completion of the outer command in bash: the installed file, called as bash calls it.

bats_require_minimum_version 1.5.0

load helpers

setup() {
	private_store
	cd "$BATS_TEST_TMPDIR" || return
	# shellcheck source=/dev/null
	source "$BUILD/ipsecsh.bash-completion"
}

# offers WORD...: what TAB behind the last of these words offers, sorted, joined by blanks. bash has cut the
# words at '=' before.
offers() {
	COMP_WORDS=("$BUILD/ipsecsh" "$@") COMP_CWORD=$#
	_ipsecsh
	printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort | paste -sd ' '
}

@test "words, also abbreviated and behind netsh ipsec" {
	is "$(offers st)" static
	is "$(offers static '')" 'add delete dump explain exportpolicy importpolicy restorepolicyexamples set show'
	is "$(offers netsh ipsec static a)" add
	is "$(offers ipsec STAT SH po)" policy
	is "$(offers static nonsense '')" ''
	is "$(offers static add filter)" 'filter filteraction filterlist'
	is "$(offers --v)" --version
	[[ $(offers '') == *' pushd '* ]]
}

@test "tags not yet given, with values where they are known" {
	is "$(offers static add filterlist '')" 'description= name='
	is "$(offers static add filterlist name = L '')" 'description='
	is "$(offers static add filterlist L d)" 'description='
	is "$(offers static add filterlist desc = x '')" 'name='
	is "$(offers static set filterlist guid = x '')" 'description= newname='
	is "$(offers static add rule R rootca = x rootc)" 'rootca='
	is "$(offers static add rule R psk = x ps)" ''
	is "$(offers static show policy all level =)" 'normal verbose'
	is "$(offers static show policy all level = v)" verbose
	is "$(offers static show policy all level=v)" level=verbose # '=' is no word break there
	is "$(offers static show policy all v)" verbose
	is "$(offers static delete policy name = al)" all
	is "$(offers dynamic set config ipsecd)" ipsecdiagnostics
}

@test "names of the store, quoted as bash wants them" {
	quietly static add policy 'AD Trusts'
	quietly static add policy Base
	quietly static add filter 'my list' me any
	quietly static add filteraction A
	quietly static add rule R1 'AD Trusts' 'my list' A
	quietly static add rule R2 Base 'my list' A
	is "$(offers static delete policy '')" 'AD\ Trusts Base all name='
	is "$(offers static delete policy name = ad)" 'AD\ Trusts'
	is "$(offers static delete policy '"ad T')" 'AD Trusts'
	is "$(offers static set rule policy = '"AD Trusts"' name = R)" R1
	is "$(offers static add rule R policy = Base filterlist =)" 'my\ list'
	is "$(offers static delete filteraction '')" 'A all name='
}

@test "files where a file is wanted, batch files in front" {
	touch one.bat two.txt
	is "$(offers one)" one.bat
	is "$(offers -f t)" two.txt
}

@test "options of the program, and what follows them" {
	touch two.txt
	is "$(offers --ch)" --check
	is "$(offers --dialect w)" windows
	is "$(offers -c s)" static
	is "$(offers -c static sh pol)" policy
	is "$(offers -a t)" two.txt
	is "$(offers -r host -u me static ad)" add
	is "$(offers static -f t)" ''
	[[ $(offers -) == *'-a -c -f'* ]]
	is "$(offers pushd '')" ''
}

@test "completing makes no store and prints nothing of its own" {
	rmdir "$IPSECSH_STATE"
	run offers static delete policy name = x
	is "$output" ''
	[ ! -e "$IPSECSH_STATE" ]
}

@test "it is installed for both names" {
	# -o: what is tested is not built anew
	env -u MAKEFLAGS make -s -C "$ROOT" B="$BUILD" DESTDIR="$BATS_TEST_TMPDIR/root" -o "$BUILD/ipsecsh" \
		-o "$BUILD/ipsec-enforcerd" -o "$BUILD/ipsecsh.bash-completion" install
	cd root/usr/share/bash-completion/completions
	cmp ipsecsh "$BUILD/ipsecsh.bash-completion"
	cmp netsh ipsecsh
	run bash -c 'source ./netsh && complete -p ipsecsh netsh'
	is "$output" $'complete -F _ipsecsh ipsecsh\ncomplete -F _ipsecsh netsh'
}
