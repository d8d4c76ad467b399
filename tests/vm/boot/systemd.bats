#!/usr/bin/env bats
# bats file_tags=vm
# A guest boots with systemd, and what a test puts over its root is there from the first unit on.

load ../boot

@test "a unit before network-pre.target runs before the network and the test's script, in each boot anew" {
	boot_files
	put /etc/systemd/system/early.service <<-END
		[Unit]
		DefaultDependencies=no
		Before=network-pre.target
		Wants=network-pre.target
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/bin/sh -c 'cat /sys/class/net/lo/operstate /etc/word >/run/vm/early; echo lost >/etc/word'
	END
	mkdir -p "$FILES/etc/systemd/system/network-pre.target.wants"
	ln -s ../early.service "$FILES/etc/systemd/system/network-pre.target.wants/early.service"
	boot_script <<-'END'
		#!/bin/sh
		cat /proc/1/comm /run/vm/early
		systemctl is-active early.service network-pre.target
		exit 7
	END
	for word in first second; do
		echo $word | put /etc/word
		run boot
		echo "$output"
		is "$status" 7
		is "$(tail -n 2 <<<"$output")" $'active\nactive'
		[[ $output == systemd*$word* ]]
	done
}
