#!/usr/bin/env bats
# The units as make install puts them down: what systemd says of them without running them.

load helpers

# An installation below a folder of its own, so that the programs the units name are there.
setup() {
	command -v systemd-analyze >/dev/null || skip "no systemd-analyze"
	PREFIX=$BATS_TEST_TMPDIR/usr
	UNITDIR=$PREFIX/lib/systemd/system
	# shellcheck disable=SC2153 # of helpers
	make -s -C "$ROOT" B="$BUILD" install PREFIX="$PREFIX" >/dev/null
}
analyze() { systemd-analyze --man=no "$@"; }

# exposed UNIT MOST: tenths.
exposed() {
	local at
	at=$(analyze security --offline=true "$UNITDIR/$1" | sed -n 's/.*exposure level for .*: \([0-9]*\)\.\([0-9]\).*/\1\2/p')
	echo "# $1: exposure $((10#$at / 10)).$((10#$at % 10)), at most $(($2 / 10)).$(($2 % 10))"
	[ "$((10#$at))" -le "$2" ]
}

@test "systemd finds nothing wrong with the units" {
	cp "$UNITDIR/ipsecsh-script@.service" "$UNITDIR/ipsecsh-script@x.service"
	quietly analyze verify "$UNITDIR"/ipsec-{bootgate,enforcerd,iked}.service "$UNITDIR/ipsecsh-script@x.service"
	printf "[Service]\nRestart=sometimes\n" >>"$UNITDIR/ipsec-enforcerd.service"
	run analyze verify "$UNITDIR/ipsec-enforcerd.service"
	[[ $output == *"sometimes"* ]]
}

@test "the enforcer's exposure is at most 2.5" { exposed ipsec-enforcerd.service 25; }
@test "the IKE daemon's exposure is at most 1.5" { exposed ipsec-iked.service 15; }
@test "the gate's exposure is at most 3.5: namespaces would cost it the time it does not have" { exposed ipsec-bootgate.service 35; }

@test "units name the programs where they were installed" {
	run grep -h '^ExecStart=' "$UNITDIR"/*.service
	is "$output" "ExecStart=$PREFIX/sbin/ipsec-bootgate
ExecStart=$PREFIX/sbin/ipsec-enforcerd
ExecStart=$PREFIX/sbin/ipsec-iked
ExecStart=$PREFIX/sbin/ipsecsh /etc/ipsecsh/scripts/%i.bat"
	run grep -r @ "$UNITDIR" --include='ipsec-*'
	[[ $output != *@sbindir@* ]]
}

@test "folders and the group, as systemd makes them" {
	local root=$BATS_TEST_TMPDIR/root
	mkdir -p "$root/etc"
	systemd-sysusers --root="$root" "$PREFIX/lib/sysusers.d/ipsecsh.conf" 2>/dev/null
	grep -q '^ipsecsh:' "$root/etc/group"
	[ "$(id -u)" = 0 ] || skip "the folders need root"
	systemd-tmpfiles --root="$root" --create "$PREFIX/lib/tmpfiles.d/ipsecsh.conf"
	is "$(stat -c '%n %a %U' "$root"/run/ipsecsh "$root"/var/lib/ipsecsh "$root"/etc/ipsecsh/boot "$root"/etc/ipsecsh/scripts | sed "s,$root,,")" \
		"/run/ipsecsh 750 root
/var/lib/ipsecsh 700 root
/etc/ipsecsh/boot 700 root
/etc/ipsecsh/scripts 700 root"
	is "$(stat -c %g "$root/run/ipsecsh")" "$(sed -n 's/^ipsecsh:[^:]*:\([0-9]*\):.*/\1/p' "$root/etc/group")"
}
