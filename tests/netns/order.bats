#!/usr/bin/env bats
# bats file_tags=netns
# Which filter wins (windows-ipsec-semantics §3.4), where a wrong order would show in a connection.

load hosts

setup() {
	hosts andy betty carol
	serve andy tcp:23 tcp:80
	enforcer_start andy
	policy
}
teardown() { hosts_down; }

@test "host beats subnet beats any" {
	says block srcaddr=any dstaddr=me protocol=tcp dstport=23
	says permit srcaddr=192.0.2.0 srcmask=24 dstaddr=me protocol=tcp dstport=23
	says block srcaddr=192.0.2.3 dstaddr=me protocol=tcp dstport=23
	expect open betty tcp 4 23
	expect shut carol tcp 4 23
	expect shut betty tcp 6 23
}

@test "the longer prefix beats the shorter one" {
	says permit srcaddr=192.0.2.2 srcmask=255.255.255.254 dstaddr=me
	says block srcaddr=192.0.2.0 srcmask=255.255.255.252 dstaddr=me
	expect open betty tcp 4 23
	expect open carol tcp 4 23
	says block srcaddr=192.0.2.2 srcmask=32 dstaddr=me
	expect shut betty tcp 4 23
	expect open carol tcp 4 23
}

@test "the classic: all is blocked, one port is open for everyone" {
	says block srcaddr=any dstaddr=any
	says permit srcaddr=any dstaddr=me protocol=tcp dstport=80
	both open betty tcp 80
	both shut betty tcp 23
}

@test "addresses outrank ports: any to any with a port loses against me to any without" {
	says block srcaddr=me dstaddr=any
	says permit srcaddr=any dstaddr=any protocol=tcp dstport=80
	both shut betty tcp 80
}

@test "port beats protocol beats nothing, between the same addresses" {
	says block srcaddr=any dstaddr=me
	says permit srcaddr=any dstaddr=me protocol=tcp
	both open betty tcp 80
	both shut betty ping -
	says block srcaddr=any dstaddr=me protocol=tcp dstport=80
	both shut betty tcp 80
	both open betty tcp 23
}

@test "destination port beats source port, both beat each" {
	says block srcaddr=any dstaddr=me protocol=tcp srcport=999 mirrored=no # mirrored, 999 would be a destination port
	says permit srcaddr=any dstaddr=me protocol=tcp dstport=80
	both open betty tcp 80 -s 999
	both shut betty tcp 23 -s 999
	says block srcaddr=any dstaddr=me protocol=tcp srcport=999 dstport=80
	both shut carol tcp 80 -s 999
	both open carol tcp 80 -s 998
}

@test "equally specific: block beats permit, in either order of adding" {
	says permit srcaddr=any dstaddr=me protocol=tcp dstport=23
	says block srcaddr=any dstaddr=me protocol=tcp dstport=23
	says block srcaddr=any dstaddr=me protocol=tcp dstport=80
	says permit srcaddr=any dstaddr=me protocol=tcp dstport=80
	both shut betty tcp 23
	both shut betty tcp 80
}

@test "no filter matches: the packet passes" {
	says block srcaddr=any dstaddr=me protocol=tcp dstport=22
	both open betty tcp 23
	both open betty ping -
}
