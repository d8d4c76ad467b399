#!/usr/bin/env bats
# bats file_tags=netns
# net and sc in a batch file start and stop the enforcer, as they do the service on Windows.

bats_require_minimum_version 1.5.0

load hosts

setup() { hosts andy; }
teardown() { hosts_down; }

bat() { # LINES...: runs them on andy as one file
	printf '@echo off\r\n' >"$LAN_DIR/s.bat"
	printf '%s\r\n' "$@" >>"$LAN_DIR/s.bat"
	lan_in andy "$BUILD/ipsecsh" "$LAN_DIR/s.bat"
}
enforced() { lan_in andy nft list table inet ipsecsh >/dev/null 2>&1; }

@test "net start and net stop PolicyAgent" {
	lan_in andy "$BUILD/ipsecsh" "$ROOT/batch-examples/telnet-andy.bat"
	run bat 'net stop PolicyAgent' 'echo [%errorlevel%]'
	[[ $output == *'service is not started'*'[2]'* ]]
	# The service outlives the file; bats waits for whoever holds descriptor 3.
	run bat 'net start "IPSEC Services"' 'echo [%errorlevel%]' 'sc query policyagent | find "RUNNING"' 3>&-
	[[ $output == *'started successfully'*'[0]'*RUNNING* ]]
	enforced
	run bat 'net start policyagent' 'echo [%errorlevel%]' 'sc start policyagent' 'echo [%errorlevel%]'
	[[ $output == *'[2]'*'[1056]'* ]]
	run bat 'net stop PolicyAgent' 'echo [%errorlevel%]' 'sc stop policyagent' 'echo [%errorlevel%]'
	[[ $output == *'stopped successfully'*'[0]'*'[1062]'* ]]
	run ! enforced
	run lan_in andy "$BUILD/ipsecsh" static show policy all
	[[ $output == *'Assigned               : YES'* ]]
}

@test "what cannot be started is said" {
	rmdir "$LAN_DIR/andy/run"
	: >"$LAN_DIR/andy/run" # no folder: the enforcer can have no socket there
	run bat 'net start PolicyAgent' 3>&-
	is "$status" 2
	echo "$output"
	[[ $output == *'the service could not be started'* ]]
	[[ $output != *successfully* ]]
}
