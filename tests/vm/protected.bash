# shellcheck shell=bash
# Words for boots of a host with a policy (tests/vm/boot/*.bats): what make install gives, a policy, a neighbour who sends to
# it all the time (tests/vm/guest/neighbour), and what became of his packets.

# shellcheck disable=SC2154 # output is set by run

load ../boot

GUEST=$ROOT/tests/vm/guest

# A host without our programs, its network configured by an early unit, and the neighbour.
network_files() {
	boot_files
	early neighbour Before=network-pre.target "$GUEST/neighbour" "$BUILD/tools/probe"
	put /etc/vm-eth0 <<-'END'
		address add 192.0.2.1/24 dev eth0
		address add 2001:db8::1/64 dev eth0 nodad
		link set lo up
		link set eth0 up
	END
	early net "After=network-pre.target neighbour.service" ip -batch /etc/vm-eth0
	job_after net.service
}
job_after() { # UNIT
	put /etc/systemd/system/vm-job.service.d/after.conf <<-END
		[Unit]
		After=$1
	END
}
# The same with what make install gives.
host_files() {
	network_files
	make -s -C "$ROOT" B="$BUILD" install DESTDIR="$FILES" >/dev/null
	rm -r "${FILES:?}/usr/share"
	host_boots
}
# Our units are enabled.
host_boots() {
	local unit
	for unit in ipsec-bootgate ipsec-enforcerd; do wants vm.target $unit.service; done
	# The gate alone; then the enforcer.
	early gate-phase "After=net.service Before=ipsec-enforcerd.service" sh -c "'. $GUEST/words; phase gate'"
	job_after gate-phase.service
}
wants() { # TARGET UNIT
	mkdir -p "$FILES/etc/systemd/system/$1.wants"
	ln -sf "/lib/systemd/system/$2" "$FILES/etc/systemd/system/$1.wants/$2"
}
early() { # NAME ORDER COMMAND...
	local name=$1 order=$2
	shift 2
	put "/etc/systemd/system/$name.service" <<-END
		[Unit]
		DefaultDependencies=no
		$(tr ' ' '\n' <<<"$order" | sed '/=/!s/^/After=/')
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/usr/bin/env $*
	END
	mkdir -p "$FILES/etc/systemd/system/vm.target.wants"
	ln -sf "../$name.service" "$FILES/etc/systemd/system/vm.target.wants/$name.service"
}
# A command of the host's administrator, before the boot.
admin() { IPSECSH_STATE=$FILES/var/lib/ipsecsh IPSECSH_BOOT=$FILES/etc/ipsecsh/boot IPSECSH_RUN=$FILES/run-is-empty "$BUILD/ipsecsh" "$@"; }
# Prints the commands: port 9 is shut, port 7 open.
policy_commands() {
	cat <<-END
		static
		add policy P activatedefaultrule=no
		add filteraction permit action=permit
		add filteraction block action=block
		add filter filterlist=anything srcaddr=any dstaddr=me
		add filter filterlist=echo srcaddr=any dstaddr=me protocol=udp dstport=7
		add filter filterlist=echo srcaddr=any dstaddr=me protocol=tcp dstport=7
		add rule anything P filterlist=anything filteraction=block
		add rule echo P filterlist=echo filteraction=permit
		set policy P assign=y
	END
}
# By policy and in this boot mode.
host_policy() { # MODE
	mkdir -p "$FILES/var/lib" "$FILES/etc/ipsecsh"
	{
		policy_commands
		printf '%s\n' .. dynamic "set config bootmode $1" 'set config bootexemptions "UDP:0:7:inbound TCP:0:7:inbound"'
	} | put /policy
	admin -f "$FILES/policy"
	rm "$FILES/policy"
}

# The test's script, in the words of tests/vm/guest/words; what was said before it comes first.
guest_script() {
	{ printf '#!/bin/sh\nPROBE=%q\n. %q\ncat /run/vm/phases\n' "$BUILD/tools/probe" "$GUEST/words"; cat; } | boot_script
}

# state_is NAME ACTIVE-STATE TABLES...
state_is() {
	local name=$1
	shift
	is "$(sed -n "s/^state $name: //p" <<<"$output" | sed 's/ *$//')" "$*"
}
# phase_is NAME FORBIDDEN EXEMPT, in $output: each none or some, of those that came; UDP and TCP alike.
phase_is() {
	local line want what passed came
	line=$(grep "^phase $1:" <<<"$output") || { echo "no phase $1"; return 1; }
	for what in udp9 tcp9 udp7 tcp7; do
		[[ $line =~ \ $what\ ([0-9]+)/([0-9]+) ]]
		passed=${BASH_REMATCH[1]} came=${BASH_REMATCH[2]}
		[[ $what == *9 ]] && want=$2 || want=$3
		[ "$came" -gt 5 ] || { echo "$line: hardly any $what came"; return 1; }
		if [ "$want" = none ]; then [ "$passed" = 0 ]; else [ "$passed" -gt 3 ]; fi ||
			{ echo "$line: $what should be $want"; return 1; }
	done
}
