#!/usr/bin/env bats
# bats file_tags=netns
# The Debian packages on a clean Debian (debootstrap's, without systemd running, so with the LSB scripts) that has one
# neighbour: install, use, upgrade, remove, purge. With systemd: tests/vm/boot.

load ../netns/hosts
load deb

setup_file() { deb_build; }
setup() {
	hosts andy betty
	CLEAN=$LAN_DIR/clean
}
teardown() {
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then tail -n 20 "$CLEAN"/var/log/ipsec-{enforcerd,iked}.log 2>/dev/null || true; fi
	hosts_down
}

clean_root() {
	"$ROOT/tools/deb-root" "${IPSECSH_DEB_CACHE:-$BUILD/deb-root}" systemd-standalone-sysusers libmnl0 libnftables1 libreadline8 libsqlite3-0 libssl3
	mkdir "$CLEAN"
	tar -C "$CLEAN" -xf "${IPSECSH_DEB_CACHE:-$BUILD/deb-root}/root.tar"
	# There is no init system here; this lets services start all the same.
	printf '#!/bin/sh\nexit 0\n' >"$CLEAN/usr/sbin/policy-rc.d"
	chmod 755 "$CLEAN/usr/sbin/policy-rc.d"
}
# A command on the clean system, as its root, on andy's network.
inside() {
	# shellcheck disable=SC2016 # of the inner shell
	lan_in andy env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C unshare -m \
		sh -c 'root=$1 && shift && mount -t proc proc "$root/proc" && exec chroot "$root" "$@"' sh "$CLEAN" "$@" 3>&-
}
installs() { # FILES.deb
	local deb names=()
	for deb in "$@"; do
		cp "$deb" "$CLEAN/tmp"
		names+=("/tmp/${deb##*/}")
	done
	inside dpkg -i "${names[@]}"
	inside rm "${names[@]}"
}
next_version() {
	local name
	for name in ipsecsh ipsecsh-iked; do deb_next $name "$LAN_DIR/$name-next.deb"; done
}
# The process that has IKE's port.
iked_pid() { lan_in andy ss -Hulnp 'sport = :500' | sed -n 's/.*pid=\([0-9]*\).*/\1/p' | sort -u; }
iked_is_new() { [ -n "$(iked_pid)" ] && [ "$(iked_pid)" != "$1" ]; } # PID
enforcer_pid() { cat "$CLEAN/run/ipsecsh/enforcerd.lock"; }

# Everything but what package managers and the account files keep of their own.
listing() {
	(cd "$CLEAN" && find . \( -path ./proc -o -path ./tmp -o -path ./var/lib/dpkg -o -path ./var/log -o -path ./var/cache \) -prune -o -print |
		grep -vE '^./etc/(group-|gshadow-|passwd-|shadow-|.pwd.lock)$' | sort)
}

@test "lintian finds no error and nothing to warn of" {
	run lintian --allow-root --fail-on error,warning "$DEB"/*.deb
	echo "$output"
	is "$status" 0
}

@test "install, use, upgrade without a gap, stop, remove, purge without a trace" {
	local arch before pid iked
	arch=$(dpkg --print-architecture)
	clean_root
	before=$(listing)
	installs "$DEB"/ipsecsh{,-iked}_"${VERSION}_$arch.deb" "$DEB/ipsecsh-examples_${VERSION}_all.deb"
	run inside ldd /usr/sbin/ipsecsh /usr/sbin/ipsec-enforcerd /usr/sbin/ipsec-bootgate /usr/sbin/ipsec-iked
	is "$status" 0
	[[ $output != *"not found"* ]]
	is "$(inside netsh --version)" "ipsecsh $VERSION"
	lan_wait "the enforcer" test -S "$CLEAN/run/ipsecsh/enforcerd.sock"
	is "$(stat -c '%a %G' "$CLEAN/run/ipsecsh/enforcerd.sock" "$CLEAN/run/ipsecsh" | sed 's/[^ ]*$/group/')" $'660 group\n750 group'
	is "$(stat -c %g "$CLEAN/run/ipsecsh/enforcerd.sock")" "$(sed -n 's/^ipsecsh:[^:]*:\([0-9]*\):.*/\1/p' "$CLEAN/etc/group")"

	inside /etc/init.d/ipsec-iked status
	grep -q 'is ready' "$CLEAN/var/log/ipsec-iked.log"
	is "$(stat -c %a "$CLEAN/var/log/ipsec-iked.log")" 600

	serve andy tcp:445 udp:445 tcp:9 udp:9
	both open betty tcp 445
	inside ipsecsh /usr/share/doc/ipsecsh/batch-examples/block-smb.bat
	both shut betty tcp 445
	both open betty tcp 9

	# An upgrade: everything stays, and not one packet gets through.
	next_version
	pid=$(enforcer_pid)
	iked=$(iked_pid)
	lan_exec betty "$PROBE" flood "$(lan_address andy)" 445 -n 1000000 -r 1000 >"$LAN_DIR/flood" 3>&- &
	FLOOD=$!
	lan_in andy nft "table inet watch { counter seen { }; counter came { }; chain raw { type filter hook prerouting priority -400; udp dport 445 counter name came; }; chain input { type filter hook input priority 400; udp dport 445 counter name seen; }; }"
	installs "$LAN_DIR"/ipsecsh{,-iked}-next.deb
	lan_wait "the new enforcer" test -S "$CLEAN/run/ipsecsh/enforcerd.sock"
	[ "$(enforcer_pid)" != "$pid" ]
	[ ! -e "/proc/$pid" ]
	[[ $(inside dpkg-query -W ipsecsh) == *"$NEXT_VERSION" ]]
	lan_wait "the new IKE daemon" iked_is_new "$iked"
	inside /etc/init.d/ipsec-enforcerd restart
	[ "$(counted came)" -gt 300 ]
	is "$(counted seen)" 0
	kill "$FLOOD"
	wait "$FLOOD" || true
	is "$(inside ipsecsh static show policy Worms | sed -n 's/^Assigned *: //p')" YES
	both shut betty tcp 445

	# The service's own ends, by the LSB script.
	inside /etc/init.d/ipsec-enforcerd status
	inside /etc/init.d/ipsec-enforcerd stop
	both open betty tcp 445
	inside /etc/init.d/ipsec-bootgate start
	both shut betty tcp 9
	inside /etc/init.d/ipsec-enforcerd start
	lan_wait "the enforcer" sh -c "! ip netns exec andy-$LAN_TAG nft list table inet ipsecsh_boot 2>/dev/null"
	both shut betty tcp 445
	both open betty tcp 9
	inside env RUNLEVEL=0 /etc/init.d/ipsec-enforcerd stop # the machine ends
	both shut betty tcp 445
	inside /etc/init.d/ipsec-enforcerd start
	lan_wait "the enforcer" test -S "$CLEAN/run/ipsecsh/enforcerd.sock"

	inside /etc/init.d/ipsec-iked stop
	is "$(iked_pid)" ""
	inside /etc/init.d/ipsec-iked restart
	[ -n "$(iked_pid)" ]
	inside dpkg -r ipsecsh-iked
	is "$(iked_pid)" ""
	both shut betty tcp 445
	inside dpkg -r ipsecsh
	both open betty tcp 445
	[ -e "$CLEAN/var/lib/ipsecsh/policy.db" ]
	inside dpkg -P ipsecsh-iked ipsecsh ipsecsh-examples
	is "$(listing)" "$before"
	run grep ipsecsh "$CLEAN/etc/group"
	is "$output" ""
}
counted() { lan_in andy nft list counter inet watch "$1" | sed -n 's/.*packets \([0-9]*\).*/\1/p'; }
