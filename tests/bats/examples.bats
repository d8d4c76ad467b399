#!/usr/bin/env bats
# Every file of batch-examples/ on an empty store: it succeeds, leaves what it says, and can run again.

load helpers

setup() { private_store; }

# The list's verbose text without what differs from run to run (dates, GUIDs, host).
list() { static show filterlist name="$1" level=verbose; }
field() { sed -n "s/^$1 *: *//p"; }

contents() { store_text | grep -vE '^(Last Modified|GUID)'; }

# runs FILE [ARGS]: both the first and the second time.
runs() {
	local file=$1
	shift
	run ipsecsh "$ROOT/batch-examples/$file" "$@"
	[ "$status" -eq 0 ] || { echo "first run: exit status $status: $output"; return 1; }
	[[ $output != *"ERR "* ]] || { echo "first run: $output"; return 1; }
	before=$(contents)
	run ipsecsh "$ROOT/batch-examples/$file" "$@"
	[ "$status" -eq 0 ] || { echo "second run: exit status $status: $output"; return 1; }
	is "$(contents)" "$before"
}

assigned() { # POLICY
	is "$(static show policy name="$1" | field Assigned)" YES
}
rules_are() { # POLICY NAMES...
	local policy=$1
	shift
	is "$(static show rule all policy="$policy" | field 'Rule Name' | grep -v '^NONE$' | sort)" "$(printf '%s\n' "$@" | sort)"
}

@test "every example is tested here" {
	for f in "$ROOT"/batch-examples/*.bat; do
		grep -q "runs ${f##*/}" "$BATS_TEST_FILENAME" || { echo "${f##*/} is not"; return 1; }
	done
}

@test "telnet-andy.bat" {
	runs telnet-andy.bat
	assigned "Telnet for betty"
	rules_are "Telnet for betty" "No telnet" "Betty may"
	is "$(list "Telnet from anyone" | field 'No. of Filters')" 1
	is "$(list "Telnet from anyone" | field 'Source IP Address')" "<Any IP Address>"
	is "$(list "Telnet from anyone" | field 'Destination IP Address')" "<My IP Address>"
	is "$(list "Telnet from anyone" | field 'Destination Port')" 23
	is "$(list "Telnet from betty" | field 'Source IP Address')" $'192.0.2.2\n2001:db8::2'
	is "$(static show filteraction name="Drop" | field Action)" BLOCK
	is "$(static show filteraction name="Let pass" | field Action)" PERMIT
}

@test "telnet-andy-negotiate.bat" {
	runs telnet-andy-negotiate.bat
	assigned "Telnet protected"
	rules_are "Telnet protected" "Protect telnet" "No other telnet"
	is "$(list Telnet | field 'Destination IP Address')" $'<My IP Address>\n<My IP Address>'
	[[ $(static show filteraction name=Protect | field Action) == NEGOTIATE* ]]
}

@test "telnet-betty-negotiate.bat, and the key it is given is nowhere to be read" {
	runs telnet-betty-negotiate.bat "sesame-4711"
	assigned "Telnet protected"
	rules_are "Telnet protected" "Protect telnet"
	is "$(list Telnet | field 'Source IP Address')" $'<My IP Address>\n<My IP Address>'
	run static show rule all policy="Telnet protected" level=verbose
	[ "$status" -eq 0 ]
	[[ $output == *"Preshared"* ]]
	[[ $output != *sesame* ]]
}

@test "harden-web-server.bat" {
	runs harden-web-server.bat
	assigned "Web server"
	rules_are "Web server" "Block all" "Permit web" "Permit admins" "Permit dns"
	is "$(list Web | field 'Destination Port')" $'80\n443'
	is "$(list Administrators | field 'Source IP Address' | sort -u)" 198.51.100.0
}

@test "harden-web-server.bat takes the administrators' network as arguments" {
	ipsecsh "$ROOT/batch-examples/harden-web-server.bat" 203.0.113.0 255.255.255.128
	is "$(list Administrators | field 'Source IP Address' | sort -u)" 203.0.113.0
	is "$(list Administrators | field 'Source Mask' | sort -u)" 255.255.255.128
}

@test "block-smb.bat" {
	runs block-smb.bat
	assigned Worms
	rules_are Worms WormRule
	is "$(list WormPorts | field 'No. of Filters')" 7
}

@test "ban-list.bat: a duplicate does no harm" {
	runs ban-list.bat
	assigned Banned
	rules_are Banned BannedRule
	is "$(list BannedHosts | field 'No. of Filters')" 5
}

@test "boot-stateful.bat: the next boot lets SSH and ping in, and the port can be given" {
	runs boot-stateful.bat
	is "$(grep ^boot "$IPSECSH_STATE/boot/gate")" $'bootmode stateful\nbootexemptions TCP:0:22:inbound ICMP:inbound'
	runs boot-stateful.bat 2222
	is "$(grep ^bootexemptions "$IPSECSH_STATE/boot/gate")" "bootexemptions TCP:0:2222:inbound ICMP:inbound"
}

@test "boot-persistent.bat: the persistent policy lets administrators in and leaves the local store alone" {
	cd "$BATS_TEST_TMPDIR"
	runs boot-persistent.bat 203.0.113.0 255.255.255.128
	is "$(static show policy all | grep -c Rescue)" 0
	grep -qx 'assigned-persistent yes' "$IPSECSH_STATE/boot/gate"
	is "$(IPSECSH_STATE=$IPSECSH_STATE/persistent list "Rescue administrators" | field 'Source IP Address' | sort -u)" 203.0.113.0
	is "$(IPSECSH_STATE=$IPSECSH_STATE/persistent list "Rescue administrators" | field 'Destination Port')" $'22\nANY'
	is "$(ls)" "$(printf '%s\n' run state)"
}
