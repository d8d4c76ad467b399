# shellcheck shell=bash
# Words for tests that boot a guest with systemd as PID 1 (tests/vm/boot/*.bats). They run on this machine:
#   boot_files            sets FILES, a folder whose files are put over the root before systemd starts; fill it with
#                         put, or with make install DESTDIR="$FILES"; damage in it what shall be damaged at boot
#   put PATH [MODE]       writes standard input to that file of the guest
#   boot_script           the same for the test's script, which runs when the boot is over, as root
#   boot [SECONDS]        boots, runs the script, ends the guest. What the script prints is our output, its exit
#                         status ours, so "run boot" and look. Each boot starts from the same root: what a guest
#                         wrote is gone, unless the script printed it
# The target is vm.target: sysinit and network-pre, nothing of the machine's own services. A neighbour is a namespace with
# a veth made by an early unit; units may write to /run/vm, which lasts until the guest ends.

load ../../bats/helpers

boot_files() {
	local mask
	FILES=$BATS_TEST_TMPDIR/files
	mkdir -p "$FILES/etc/systemd/system"
	# systemd-tmpfiles-setup would look through the machine's /tmp over 9p, for a minute; the others have no hardware
	# or no use here, and a guest is slow at starting programs.
	for mask in systemd-{tmpfiles-setup,tmpfiles-setup-dev,udevd,udev-trigger,hwdb-update,journal-flush,binfmt}.service \
		systemd-{journal-catalog-update,update-done,machine-id-commit,remount-fs,sysusers,random-seed,firstboot}.service \
		systemd-{update-utmp,timesyncd,modules-load,sysctl,pcrphase-sysinit,boot-system-token}.service modprobe@.service \
		kmod-static-nodes.service networking.service ifupdown-pre.service apparmor.service keyboard-setup.service \
		proc-sys-fs-binfmt_misc.automount dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount \
		sys-kernel-tracing.mount sys-kernel-config.mount sys-fs-fuse-connections.mount; do
		ln -sf /dev/null "$FILES/etc/systemd/system/$mask"
	done
	# Nor do these make any unit here, at each boot and each reload.
	mkdir -p "$FILES/etc/systemd/system-generators"
	for mask in /lib/systemd/system-generators/*; do ln -sf /dev/null "$FILES/etc/systemd/system-generators/${mask##*/}"; done
	: | put /etc/fstab
	put /etc/systemd/system/vm.target <<-END
		[Unit]
		Description=The target of guest tests
		Requires=sysinit.target vm-job.service
		Wants=network-pre.target
		After=sysinit.target network-pre.target
		AllowIsolate=yes
	END
	put /etc/systemd/system/vm-job.service <<-END
		[Unit]
		Description=The test's script
		After=sysinit.target network-pre.target
		DefaultDependencies=no
		[Service]
		Type=oneshot
		ExecStart=/run/vm/job
	END
}
put() { # PATH [MODE]
	mkdir -p "$FILES${1%/*}"
	rm -f "$FILES$1"
	cat >"$FILES$1"
	chmod "${2:-644}" "$FILES$1"
}
boot_script() { put /etc/vm-script 755; }
boot() { # [SECONDS]
	"$ROOT/tools/vm-run" -t "${1:-240}" -f "$FILES" -i "/lib/systemd/systemd --unit=vm.target" \
		"${IPSECSH_VM_CACHE:-$BUILD/vm}" /etc/vm-script
}
