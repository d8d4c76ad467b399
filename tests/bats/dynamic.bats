#!/usr/bin/env bats
# The dynamic context without an enforcer: what is wrong is said first, what is right needs the service.
# With one: tests/netns/dynamic.bats.

load helpers

setup() {
	private_store
	cd "$BATS_TEST_TMPDIR" || return
}

dynamic() { "$BUILD/ipsecsh" dynamic "$@"; }

@test "without the service one line says so, whatever is asked" {
	while read -r -a words; do
		fails_with 1 'ERR Win32[01062] : the IPsec service is not running' dynamic "${words[@]}"
		[ "${#lines[@]}" -eq 1 ]
	done <<-'END'
		add mmpolicy name=M
		add qmpolicy name=Q pfsgroup=grp2
		add rule srcaddr=192.168.100.100 mmpolicy=1 qmpolicy=qmsec dstaddr=ANY mirrored=yes srcport=0 dstport=0 actioninbound=block actionoutbound=block
		set mmpolicy M qmpermm=1
		set qmpolicy Q soft=yes
		set rule srca=WINS dsta=0.0.0.0 srcmask=32 dstmask=32 tunneldst=192.168.145.1 proto=tcp srcport=80 dstport=80 mir=no con=lan qmp=Q
		delete rule srcaddr=192.168.100.100 dstaddr=ANY mirror=yes srcport=0 dstport=0 proto=any conntype=all
		delete mmpolicy all
		delete qmpolicy Q
		delete all
		show all
		show mmpolicy all
		show qmpolicy name=Q
		show mmfilter all type=generic
		show qmfilter all
		show rule type=tunnel
		show mmsas
		show qmsas all
		show stats type=ike
	END
	[ ! -e "$IPSECSH_STATE/policy.db" ]
}

@test "a wrong line is wrong without a service too" {
	fails_with 1 "ERR IPsec[07006] : 'add rule' needs 'mmpolicy'" dynamic add rule me any
	fails_with 1 'ERR IPsec[07026]' dynamic add rule me any M dstport=80
	fails_with 1 'ERR IPsec[07025]' dynamic add rule WINS 10.0.0.1 M
	fails_with 1 'ERR IPsec[07023]' dynamic add rule 10.0.0.1-10.0.0.9 me M srcmask=24
	fails_with 1 'ERR IPsec[07030]' dynamic add mmpolicy M mmsec=3DES-SHA1
	fails_with 1 'ERR IPsec[07030]' dynamic add qmpolicy Q 'qmsec=ESP[None,None]'
	fails_with 1 'ERR IPsec[07010]' dynamic add qmpolicy Q pfsgroup=GRP9
	fails_with 1 'ERR IPsec[07031]' dynamic add rule me any M kerberos=no
	fails_with 1 'ERR IPsec[07006]' dynamic delete rule me any tcp 0 0
}

@test "set config keeps its values, without a service, and checks them" {
	quietly ipsecsh dynamic set config ikelogging 1
	quietly ipsecsh netsh ipsec dynamic set config property=ipsecdiagnostics value=7
	quietly ipsecsh netsh ipsec dynamic set config ipsecexempt value=2
	quietly ipsecsh netsh ipsec dynamic set config property=bootmode value=stateful
	quietly ipsecsh dynamic set config bootexemptions 'ICMP:inbound TCP:80:80:outbound'
	before=$(dynamic show config)
	[[ $before == *'IPsecDiagnostics       : 7'*'IKElogging             : 1'*'IPsecexempt            : 2'* ]]
	[[ $before == *'Boot Mode              : Stateful'*'ICMP       0          0          Inbound'* ]]
	[[ $before == *'TCP        80         80         Outbound'* ]]
	fails_with 1 'ERR IPsec[07011] : value=4 is out of range: 0 to 3' dynamic set config ipsecexempt 4
	fails_with 1 'ERR IPsec[07011]' dynamic set config ipsecdiagnostics 8
	fails_with 1 'ERR IPsec[07011]' dynamic set config ipsecloginterval 59
	fails_with 1 'ERR IPsec[07010]' dynamic set config strongcrlcheck x
	fails_with 1 'ERR IPsec[07010]' dynamic set config bootmode never
	fails_with 1 "ERR IPsec[06020] : 'TCP:inbound'" dynamic set config bootexemptions 'ICMP:inbound TCP:inbound'
	fails_with 1 'ERR IPsec[07010]' dynamic set config ipsecexemption 3
	is "$(dynamic show config)" "$before"
	quietly ipsecsh dynamic set config bootexemptions none
	[[ $(dynamic show config) != *ICMP* ]]
}

@test "a script enters the dynamic context as Windows scripts do" {
	cat >script.txt <<-'END'
		# comment
		pushd ipsec dynamic
		set config property=ikelogging value=1
		popd
		pushd ipsec static
		add policy P
		popd
		exit
	END
	quietly ipsecsh -f script.txt
	[[ $(dynamic show config) == *'IKElogging             : 1'* ]]
}
