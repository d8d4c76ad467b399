#!/usr/bin/env bats
# bats file_tags=netns
# ipsec-enforcerd and ipsec-iked together on andy: the policy is handed over, keys of dynamic rules too, and the shell shows
# what IKE knows. The peer is another ipsec-iked; its enforcer is a double, which begins.

load iked

setup() { hosts andy betty carol; }
teardown() { iked_hosts_down; }

dyn() { lan_in andy "$BUILD/ipsecsh" dynamic "$@"; }
status_of() { lan_in andy "$BUILD/ipsecsh" show status; }
has_status() { [[ $(status_of) == *"IKE Daemon             : $1"* ]]; }

# andy with a policy that protects what goes to betty and carol
protected() {
	policy
	says protect srcaddr=me dstaddr="$(lan_address betty)"
	says protect srcaddr=me dstaddr="$(lan_address carol)"
}
# both HOSTS on the way: andy's enforcer and daemon
andy_up() {
	enforcer_start andy
	iked andy
	hears andy iked 'connected to the enforcer'
}
# peer HOST KEY: another daemon, and what it is to do
peer() {
	key "$1" "$2"
	double "$1" andy mm=3des-sha1-2
	iked "$1"
	ready "$1"
}
main_mode() { # HOST
	tell "$1" acquire
	hears "$1" double '^event 0 '
}

@test "the policy is handed over, and each change of it" {
	enforcer_start andy
	protected
	[[ $(status_of) == *'IKE Daemon             : not running: nothing can be negotiated'* ]]
	iked andy
	lan_wait "the policy" has_status running
	hears andy iked 'is in force, 2 rules negotiate'
	says protect srcaddr=me dstaddr=192.0.2.77
	hears andy iked 'is in force, 3 rules negotiate'
	dyn add mmpolicy M
	dyn add qmpolicy Q
	dyn add rule me 192.0.2.78 M Q psk=x
	hears andy iked 'is in force, 4 rules negotiate'
	on andy set policy P assign=n
	hears andy iked 'is in force, 1 rules negotiate'
	# One that is none of its business is none of its news.
	dyn add rule me 192.0.2.79 M actioninbound=block actionoutbound=block
	sleep 0.3
	[ "$(grep -c 'rules negotiate' "$LAN_DIR/andy/iked")" -le 5 ]
}

@test "main mode: show mmsas tells of it, by address too, and show stats counts it" {
	andy_up
	protected
	peer betty secret
	peer carol secret
	fails_with 1 'ERR IPsec[06016]' dyn show mmsas
	main_mode betty
	main_mode carol
	run dyn show mmsas
	[ "$status" -eq 0 ]
	[[ $output == *'IKE Main Mode SAs at 2'*'Sec Methods            : 3DES/SHA1/2/28800'* ]]
	[[ $output == *'Auth Mode              : Preshared Key'*"Source                 : $(lan_address andy)"*', port 500'* ]]
	[[ $output == *'No. of Main Mode SAs : 2'* ]]
	run dyn show mmsas dstaddr="$(lan_address carol)" format=json
	[ "$(grep -c '"id"' <<<"$output")" -eq 1 ]
	[[ $output == *"\"dstid\": \"$(lan_address carol)\""* ]]
	[[ $(dyn show mmsas srcaddr=me format=table) == *"$(lan_address betty)"*"$(lan_address carol)"* ]]
	fails_with 1 'ERR IPsec[06016]' dyn show mmsas srcaddr="$(lan_address betty)"
	run dyn show stats type=ike
	[[ $output == *'Main Modes                  : 2'*'IsadbListSize               : 2'* ]]
	run dyn show all
	[ "$status" -eq 0 ]
	[[ $output == *'Cookie Pair'*'Main Modes                  : 2'* ]]
	[[ $output != *secret* ]]
}

@test "delete sa says goodbye to that peer, and to no other" {
	andy_up
	protected
	peer betty secret
	peer carol secret
	main_mode betty
	main_mode carol
	quietly dyn delete sa dstaddr="$(lan_address betty)"
	hears betty double '^event 1 ' # main mode ended
	[[ $(dyn show mmsas) == *"$(lan_address carol)"* ]]
	[[ $(dyn show mmsas) != *"$(lan_address betty)"* ]]
	fails_with 1 'ERR IPsec[06017]' dyn delete sa dstaddr="$(lan_address betty)"
	quietly dyn delete sa all
	hears carol double '^event 1 '
	fails_with 1 'ERR IPsec[06016]' dyn show mmsas
}

@test "the preshared key of a dynamic rule: handed over, changed, and in no log" {
	andy_up
	dyn add mmpolicy M mmsecmethods=3DES-SHA1-2
	dyn add qmpolicy Q
	dyn add rule me "$(lan_address betty)" M Q psk='the dynamic key'
	peer betty 'the dynamic key'
	main_mode betty
	[[ $(dyn show mmsas) == *"$(lan_address betty)"* ]]
	# Another key takes effect at once, whatever *keys* remembers.
	dyn set rule me "$(lan_address betty)" any 0 0 yes all psk='no longer the same'
	fails_with 1 'ERR IPsec[06016]' dyn show mmsas
	hears betty double '^event 1 '
	tell betty acquire
	hears betty double '^event 7 .*AUTH_FAIL'
	absent 'the dynamic key|no longer the same' "$LAN_DIR/andy/iked" "$LAN_DIR/andy/log"
	[[ $(status_of) =~ 'running; '[0-9]+' negotiations failed, the last one with '"$(lan_address betty)"': AUTH_FAIL' ]]
}

@test "one that is killed and comes again gets the policy again; without it the shell says so" {
	andy_up
	protected
	peer betty secret
	peer carol secret
	main_mode betty
	kill -9 "${IKED[andy]}"
	wait "${IKED[andy]}" || true
	lan_wait "its end" has_status 'not running'
	run dyn show mmsas
	[ "$status" -eq 1 ]
	[[ $output == *'ERR IPsec[06016] : IPsec MainMode Security Associations not available.'* ]]
	[[ $output == *'the IKE daemon (ipsec-iked) is not running'* ]]
	is "$(dyn show mmsas format=json 2>/dev/null)" '[]'
	iked andy
	lan_wait "the policy" has_status running
	main_mode carol
	[[ $(dyn show mmsas) == *"$(lan_address carol)"* ]]
}

@test "one that is stopped in its tracks stalls nobody: the shell says that it does not answer" {
	andy_up
	protected
	lan_wait "the policy" has_status running
	kill -STOP "$(process andy net)"
	fails_with 1 'ERR IPsec[06005] : the IKE daemon does not answer' dyn show mmsas
	run dyn show all # the policy is shown all the same
	[ "$status" -eq 1 ]
	[[ $output == *'Assigned Policy'*'the IKE daemon does not answer'*'IPsec Configuration Parameters'*'ERR IPsec[06005]'* ]]
	quietly on andy add filter L1 me 192.0.2.99
	[[ $(lan_in andy ip xfrm policy list) == *192.0.2.99* ]]
	kill -CONT "$(process andy net)"
	asks() { dyn show stats; }
	lan_wait "an answer" asks
}

@test "when the enforcer stops in an orderly way, peers are told" {
	andy_up
	protected
	peer betty secret
	main_mode betty
	enforcer_end andy TERM
	hears betty double '^event 1 '
	enforcer_start andy
	hears andy iked 'connected to the enforcer' 2
	lan_wait "the policy" has_status running
}

# Both with their own enforcer. What becomes of keys depends on the kernel, which may have no ESP: that is no refusal.
@test "a peer that says no is asked again after a pause, whatever is sent; and in seconds, once it has changed its mind" {
	local host other began times
	for host in andy betty; do
		[ $host = andy ] && other=betty || other=andy
		enforcer_start $host
		on $host add policy P activatedefaultrule=no assign=yes
		on $host add filteraction protect action=negotiate inpass=no soft=no \
			qmsecmethods="$([ $host = andy ] && echo "ESP[AES128,SHA1]" || echo "ESP[3DES,SHA1]")"
		on $host add filter F me "$(lan_address "$other")"
		on $host add rule R P F protect psk=secret
		iked $host
		hears $host iked 'is in force, 1 rules negotiate'
	done
	sends() { TARGET=betty expect shut andy udp 4 7; }
	refused() { grep -c 'negotiation failed (quick mode): POLICY_MATCH' "$LAN_DIR/andy/iked" || true; }
	began=$(date +%s)
	while [ $(($(date +%s) - began)) -lt 13 ]; do sends; done
	times=$(refused)
	echo "asked $times times in 13 s"
	[ "$times" -ge 2 ] && [ "$times" -le 3 ]
	on betty set filteraction protect qmsecmethods="ESP[AES128,SHA1]"
	agreed() { sends && grep -qE 'quick mode is up|quick mode\): (ADD_UPDATE_KEY_FAILED|GETSPIFAIL)' "$LAN_DIR/andy/iked"; }
	began=$(date +%s)
	lan_wait "an agreement" agreed
	[ $(($(date +%s) - began)) -le 9 ]
}
