# shellcheck shell=bash
# The functions behind the tables that tools/words prints: _ipsecsh_words gives the words that may follow
# a path ("/" and its words), _ipsecsh_options what follows each option, _ipsecsh_tags the tags of a command as POSITION/FLAGS/NAME/KIND/WORDS (see tools/words.c).

# The member of LIST that WORD is, or alone begins with it; nothing when there is none or several.
_ipsecsh_choose() { # WORD LIST...
	local word=${1,,} found=() w
	shift
	for w; do
		[[ ${w,,} == "$word" ]] && { printf '%s' "$w"; return; }
		[[ ${w,,} == "$word"* ]] && found+=("$w")
	done
	if [ ${#found[@]} -eq 1 ]; then printf '%s' "${found[0]}"; fi
}

# Names of objects, one a line. A store that cannot be read has none.
_ipsecsh_names() { # KIND POLICY
	local of=("$1" all)
	if [ "$1" = rule ]; then
		[ -n "$2" ] || return
		of+=("policy=$2")
	fi
	"${COMP_WORDS[0]}" ipsec static show "${of[@]}" format=table wide=yes 2>/dev/null </dev/null |
		awk -F '\t' 'rows && NF > 1 { sub(/ +$/, "", $1); print $1 } /^-+\t/ { rows = 1 }'
}

_ipsecsh_offer() { # CANDIDATE BEHIND: when the word under the cursor begins it
	[[ ${1,,} == "${cur,,}"* ]] && COMPREPLY+=("$lead$1$2")
}

# Text that the user chose: with quotes already there as it is, otherwise with backslashes.
_ipsecsh_offer_text() {
	if [ -n "$quote" ] || [[ ${1,,} != "${cur,,}"* ]]; then
		_ipsecsh_offer "$1" ''
	else
		COMPREPLY+=("$lead$(printf %q "$1")")
	fi
}

_ipsecsh_values() { # KIND WORDS
	local w list=()
	IFS=, read -ra list <<<"$2"
	for w in "${list[@]}"; do _ipsecsh_offer "$w" ''; done
	case $1 in
	'') ;;
	file)
		compopt -o filenames 2>/dev/null
		while IFS= read -r w; do COMPREPLY+=("$lead$w"); done < <(compgen -f -- "$cur")
		;;
	*) while IFS= read -r w; do _ipsecsh_offer_text "$w"; done < <(_ipsecsh_names "$1" "$policy") ;;
	esac
}

# Fills position[], names[], ... from the row of the command.
_ipsecsh_load() { # PATH
	local spec i=0 row=()
	read -ra row <<<"${_ipsecsh_tags[/$1]}"
	for spec in "${row[@]}"; do
		IFS=/ read -r "position[i]" "flags[i]" "names[i]" "kinds[i]" "values[i]" <<<"$spec"
		[[ ${flags[i]} == *k* ]] || tags+=("${names[i]}")
		i=$((i + 1))
	done
}

# The index of the tag that WORD names: exact, or the first that it begins.
_ipsecsh_tag() {
	local i first=''
	for i in "${!names[@]}"; do
		[[ ${flags[i]} == *k* ]] && continue
		[[ ${names[i]} == "${1,,}" ]] && { printf %s "$i"; return; }
		[[ -z $first && ${names[i]} == "${1,,}"* ]] && first=$i
	done
	printf %s "$first"
}

_ipsecsh_take() { # INDEX VALUE
	local at=${position[$1]}
	taken[at]=$1
	if [ "${kinds[$1]}" = policy ]; then policy=${2//[\"\'\\]/}; fi
}

_ipsecsh_free() {
	local i
	for i in "${!names[@]}"; do
		[ "${position[i]}" = "$i" ] && [ -z "${taken[i]:-}" ] && { printf %s "$i"; return; }
	done
}

# The arguments of a command: ARG... are those before the cursor.
_ipsecsh_args() { # PATH ARG...
	local position=() flags=() names=() kinds=() values=() tags=() taken=() policy='' i k
	_ipsecsh_load "$1"
	shift
	for i; do
		[[ $i == ?*=* ]] || continue
		k=$(_ipsecsh_tag "${i%%=*}")
		if [ -n "$k" ]; then _ipsecsh_take "$k" "${i#*=}"; fi
	done
	for i; do
		[[ $i == ?*=* ]] && continue
		k=$(_ipsecsh_free)
		if [ -n "$k" ]; then _ipsecsh_take "$k" "$i"; fi
	done
	if [ -n "$tag" ]; then k=$(_ipsecsh_tag "$tag"); else k=$(_ipsecsh_free); fi
	if [ -n "$k" ]; then
		_ipsecsh_values "${kinds[k]}" "${values[k]}"
		for i in "${!names[@]}"; do # keywords of that position; "name=all" only where it means the same
			[[ ${flags[i]} == *k* && ${position[i]} == "$k" ]] || continue
			[[ -z $tag || ${flags[i]} == *s* ]] && _ipsecsh_offer "${names[i]}" ''
		done
	fi
	if [ -n "$tag" ] || [ -n "$quote" ]; then return; fi
	for i in "${!names[@]}"; do
		[[ ${flags[i]} == *k* ]] && continue
		if [ -z "${taken[position[i]]:-}" ] || [[ ${taken[position[i]]} == "$i" && ${flags[i]} == *r* ]]; then
			_ipsecsh_offer "${names[i]}" =
		fi
	done
	if [[ ${COMPREPLY[*]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
}

_ipsecsh_option_value() { # WHAT
	case $1 in
	FILE) _ipsecsh_values file '' ;;
	HOST) while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -A hostname -- "$cur") ;;
	USER) while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -u -- "$cur") ;;
	CONTEXT) _ipsecsh_values '' dynamic,static ;;
	*'|'*) _ipsecsh_values '' "${1//|/,}" ;;
	esac
}

_ipsecsh() {
	local IFS=$' \t\n' words=() cur=${COMP_WORDS[COMP_CWORD]} tag='' lead='' quote='' open='' path='' i word
	COMPREPLY=()
	# bash cuts words at '=' (COMP_WORDBREAKS); the blanks around one mean nothing to netsh either.
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [ ${#words[@]} -gt 0 ] && { [ -n "$open" ] || [[ $word == =* ]]; }; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
		[[ $word == *= ]] && open=1 || open=''
	done
	if [ ${#words[@]} -gt 0 ] && { [ -n "$open" ] || [[ $cur == =* ]]; }; then
		tag=${words[-1]%=}
		unset 'words[-1]'
		cur=${cur#=}
	elif [[ $cur == ?*=* ]]; then # '=' is no word break here
		tag=${cur%%=*} lead=${cur%%=*}= cur=${cur#*=}
	fi
	case $cur in [\"\']*) quote=${cur:0:1} cur=${cur:1} ;; esac

	set -- "${words[@]}"
	while [[ ${1,,} == netsh || ${1,,} == netsh.exe || ${1,,} == ipsec ]]; do shift; done
	if [ $# -eq "${#words[@]}" ]; then # the program's own words
		while [ $# -gt 0 ] && [ -n "${_ipsecsh_options[$1]+there}" ]; do
			word=${_ipsecsh_options[$1]}
			shift
			[ -n "$word" ] || continue
			if [ $# -eq 0 ]; then
				_ipsecsh_option_value "$word"
				return
			fi
			[ "$word" = CONTEXT ] && path=${1//[\"\']/} && path=${path#ipsec} path=${path# }
			shift
		done
		if [ $# -eq 0 ]; then
			while IFS= read -r word; do COMPREPLY+=("$word"); done < <(
				compgen -W "${!_ipsecsh_options[*]} --help --version" -- "$cur"
				compgen -f -X '!*.[bB][aA][tT]' -- "$cur")
		fi
	fi
	while [ $# -gt 0 ] && [ -z "${_ipsecsh_tags[/$path]+there}" ]; do
		# shellcheck disable=SC2086 # a list of words
		word=$(_ipsecsh_choose "$1" ${_ipsecsh_words[/$path]:-})
		[ -n "$word" ] || return
		path=${path:+$path }$word
		shift
	done
	if [ -n "${_ipsecsh_tags[/$path]+there}" ]; then
		_ipsecsh_args "$path" "$@"
	elif [ -z "$tag" ]; then
		for word in ${_ipsecsh_words[/$path]:-}; do _ipsecsh_offer "$word" ''; done
	fi
}

complete -F _ipsecsh ipsecsh netsh
