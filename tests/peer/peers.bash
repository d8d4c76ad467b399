# shellcheck shell=bash
# Words of the tests against other people's IKE daemons, which tools/peers keeps in $PEERS; needs those of
# tests/netns/hosts.bash. Where PEER_KERNEL is "fake" the daemon's kernel is tests/peer/fake_xfrm.c, and what it installs
# stands in $LAN_DIR/HOST/sad, in the same words as the log of ike_enforcer.

PEERS=${IPSECSH_PEERS:-$BUILD/peers}
PEER_KERNEL=${PEER_KERNEL:-fake}
declare -gA PEER=() # host -> pid

# peer_exec HOST COMMAND...: in place of this shell, a daemon of somebody else.
peer_exec() {
	local host=$1
	shift
	if [ "$PEER_KERNEL" = fake ]; then
		touch "$LAN_DIR/$host/sad"
		export LD_PRELOAD="$BUILD/tests/peer/fake_xfrm.so"
		[ -n "${PEER_QUIET:-}" ] || export FAKE_XFRM_LOG="$LAN_DIR/$host/sad"
	fi
	lan_exec "$host" "$@"
}

# --- strongSwan -------------------------------------------------------------------------------------------------------

# SWAN_SETTINGS are lines for strongswan.conf. Debian's own order of plugins; what negotiates PSK needs no others.
SWAN_PLUGINS="aes rc2 sha2 sha1 md5 random nonce openssl gmp xcbc hmac kdf gcm kernel-netlink socket-default vici"

swan_settings() { # DIR
	cat <<-END
	charon-systemd {
		load = $SWAN_PLUGINS
		install_routes = no
		install_virtual_ip = no
		${SWAN_SETTINGS-retransmit_timeout = 1.0}
		plugins {
			vici {
				socket = unix://$1/vici
			}
		}
		filelog {
			stderr {
				default = ${PEER_QUIET:+-}1
				ike = ${PEER_QUIET:+-}1
				flush_line = yes
			}
		}
	}
	swanctl {
		load = random
	}
	END
}

# swan_connection HOST PEER KEY [SETTING=VALUE...]: one connection "c" with one child "c", all traffic between the two; PEER %any
# is anybody. Settings are those of swanctl.conf; child.NAME of the child.
swan_connection() {
	local host=$1 remote=$2 key=$3 setting connection='' child=''
	[ "$remote" = %any ] || remote=$(lan_address "$remote" "${FAMILY:-}")
	shift 3
	for setting in "$@"; do
		case $setting in
		child.*) child+="${setting#child.}"$'\n' ;;
		*) connection+="$setting"$'\n' ;;
		esac
	done
	cat <<-END
	connections {
		c {
			version = 1
			local_addrs = $(lan_address "$host" "${FAMILY:-}")
			remote_addrs = $remote
			$connection
			local {
				auth = psk
			}
			remote {
				auth = psk
				id = $remote
			}
			children {
				c {
					mode = transport
					$child
				}
			}
		}
	}
	secrets {
		ike-c {
			secret = "$key"
		}
	}
	END
}

# swan HOST COMMAND...: swanctl there.
swan() {
	local host=$1
	shift
	lan_in "$host" env STRONGSWAN_CONF="$LAN_DIR/$host/strongswan.conf" swanctl "$@" --uri "unix://$LAN_DIR/$host/vici"
}
swan_load() { swan "$1" --load-all --file "$LAN_DIR/$1/swanctl.conf" >>"$LAN_DIR/$1/charon" 2>&1; }
# strongswan_up HOST PEER KEY [SETTING=VALUE...]: charon, ready, with that connection.
strongswan_up() {
	local dir=$LAN_DIR/$1
	swan_settings "$dir" >"$dir/strongswan.conf"
	swan_connection "$@" >"$dir/swanctl.conf"
	STRONGSWAN_CONF="$dir/strongswan.conf" peer_exec "$1" "$PEERS/charon-systemd" >>"$dir/charon" 2>&1 3>&- &
	PEER[$1]=$!
	lan_wait "charon on $1" test -S "$dir/vici"
	lan_wait "its connection" swan_load "$1" # the socket is there before it listens
}
strongswan_initiate() { swan "$1" --initiate --child c --timeout 10 >>"$LAN_DIR/$1/charon"; }
# What "meet" needs when a test has no wishes; those of the double without words.
# shellcheck disable=SC2034 # the tests read it
SWAN_DEFAULTS=(proposals=aes256-sha256-modp2048 child.esp_proposals=aes128-sha1-modp2048)

# --- libreswan ----------------------------------------------------------------------------------------------------------

# pluto_connection HOST PEER [SETTING=VALUE...]: one connection "c", all traffic between the two; settings are
# those of ipsec.conf.
pluto_connection() {
	local host=$1 peer=$2 dir=$LAN_DIR/$1
	shift 2
	cat <<-END
	config setup
	  nssdir=$dir/nss
	  dumpdir=$dir/pluto-run
	  secretsfile=$dir/secrets
	  ipsecdir=$dir
	  ikev1-policy=accept
	  seedbits=0
	  dnssec-enable=no
	  nhelpers=0

	conn c
	  ikev2=no
	  authby=secret
	  left=$(lan_address "$host" "${FAMILY:-}")
	  right=$(lan_address "$peer" "${FAMILY:-}")
	  leftupdown=%disabled
	  auto=add
	END
	printf '  %s\n' "$@"
}
# whack HOST OPTION...: 10 s at most.
whack() {
	local host=$1
	shift
	lan_in "$host" timeout 10 "$PEERS/libreswan/whack" --ctlsocket "$LAN_DIR/$host/pluto-run/pluto.ctl" "$@"
}
# libreswan_up HOST PEER KEY [SETTING=VALUE...]: pluto, ready, with that connection. It wants its programs in /usr/libexec/ipsec; in
# the mounts of that host, which are its own, they are.
libreswan_up() {
	local host=$1 peer=$2 key=$3 dir=$LAN_DIR/$1
	shift 3
	mkdir -p "$dir/pluto-run" "$dir/nss"
	[ -e "$dir/nss/cert9.db" ] || certutil -N -d "sql:$dir/nss" --empty-password
	echo ": PSK \"$key\"" >"$dir/secrets"
	pluto_connection "$host" "$peer" "$@" >"$dir/ipsec.conf"
	# shellcheck disable=SC2016 # the inner shell expands
	peer_exec "$host" sh -c 'mount -t tmpfs peers /usr/libexec && mkdir /usr/libexec/ipsec && mount --bind "$0" /usr/libexec/ipsec &&
		exec /usr/libexec/ipsec/pluto "$@"' "$PEERS/libreswan" --nofork --stderrlog --log-no-time --rundir "$dir/pluto-run" \
		--config "$dir/ipsec.conf" >>"$dir/pluto" 2>&1 3>&- &
	# shellcheck disable=SC2034 # the tests read it
	PEER[$host]=$!
	lan_wait "pluto on $host" grep -qs 'loading secrets' "$dir/pluto"
	lan_wait "its connection" grep -q '"c".*: added' "$dir/pluto"
}

libreswan_initiate() { whack "$1" --initiate --asynchronous --name c >>"$LAN_DIR/$1/whack"; }

# --- ipsec-iked on andy, the other daemon ($DAEMON, strongswan or libreswan) on betty ---------------------------------------

# meet "WORDS of the double" [SETTING=VALUE of the other's connection...]: both daemons, ready for each other.
meet() {
	# shellcheck disable=SC2086 # words by intent
	double andy betty $1
	shift
	iked andy
	"${DAEMON}_up" betty andy "${BETTYS_KEY:-the same text}" "$@"
	ready andy
}
# Ends what meet() began, so that the next one begins with nothing.
part() {
	kill -9 "${IKED[andy]}" "${DOUBLE[andy]}" "${PEER[betty]}" 2>/dev/null
	wait "${IKED[andy]}" "${DOUBLE[andy]}" "${PEER[betty]}" 2>/dev/null || true
	lan_wait "their end" alone andy
	rm -f "$LAN_DIR"/*/{double,iked,charon,pluto,sad,vici,in} "$LAN_DIR"/betty/pluto-run/*
}
begins() { # andy|betty
	if [ "$1" = andy ]; then tell andy acquire; else "${DAEMON}_initiate" betty; fi
}

# Lines "SPI KEY" of a log, each once, sorted.
keys_in() { sed -nE 's/^sa (out |in )?([0-9a-f]{8}) .* key ([0-9a-f]+)$/\2 \3/p' "$1" | sort -u; }
have_same_keys() { # PAIRS
	local ours
	ours=$(keys_in "$LAN_DIR/andy/double")
	[ "$(grep -c . <<<"$ours")" -eq $(($1 * 2)) ] && [ "$ours" = "$(keys_in "$LAN_DIR/betty/sad")" ]
}
# same_keys PAIRS: so many pairs of associations were installed, the same at both ends.
same_keys() {
	lan_wait "$1 pairs of associations" have_same_keys "$1" && return
	grep '^sa ' "$LAN_DIR/andy/double" "$LAN_DIR/betty/sad"
	return 1
}
# main_modes NUMBER: ipsec-iked has so many, within 10 s.
main_modes() {
	local i
	for ((i = 0; i < 100; i++)); do
		tell andy list
		sleep 0.1
		[ "$(sed -n 's/^mmsas //p' "$LAN_DIR/andy/double" | tail -n 1)" != "$1" ] || return 0
	done
	echo "not $1 main modes"
	return 1
}
# Every association that the other daemon installed is gone from its kernel.
installed_none() {
	[ "$(sed -nE 's/^sa ([0-9a-f]{8}) .*/\1/p' "$LAN_DIR/betty/sad" | sort -u)" = "$(sed -n 's/^del //p' "$LAN_DIR/betty/sad" | sort -u)" ]
}
# The other daemon has nothing any more, of either phase.
strongswan_none() { [ -z "$(swan betty --list-sas)" ] && installed_none; }
libreswan_none() { [[ $(whack betty --briefstatus) == *'total(0)'*'IPsec SAs: total(0)'* ]] && installed_none; }
acks() { [ "$(grep -c 'N(DPD_ACK)' "$LAN_DIR/betty/charon")" -ge "$1" ]; }
# ipsec-iked is gone, without a word.
part_of_us() {
	kill -9 "${IKED[andy]}"
	wait "${IKED[andy]}" 2>/dev/null || true
}
# For teardown: what the other daemon said, when the test failed.
peer_words() {
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then tail -n 40 "$LAN_DIR"/*/charon "$LAN_DIR"/*/pluto 2>/dev/null || true; fi
}
# For setup: these programs of tools/peers.
peers_there() {
	local program
	for program in "$@"; do
		[ -x "$PEERS/$program" ] || skip "$program is not here: tools/peers $PEERS"
	done
}
# Setup and teardown of files that try ipsec-iked on andy with another daemon on betty.
peer_hosts() { # PROGRAM...
	peers_there "$@"
	hosts andy betty carol
	key andy "the same text"
}
peer_hosts_down() {
	peer_words
	iked_hosts_down
}

# begun_by_either SETTING...: both families, begun by each of the two; the kernels hold the same keys, no log has one.
begun_by_either() {
	local who
	for FAMILY in 4 6; do
		for who in andy betty; do
			echo "IPv$FAMILY, $who begins"
			meet '' "$@"
			begins $who
			same_keys 1
			hears andy iked 'quick mode is up'
			absent 'the same text' "$LAN_DIR/andy/iked"
			part
		done
	done
}
# both_ways, lines "OUR-WORDS ITS-SETTINGS" with ; between words from standard input: we begin, and when we have deleted that
# the other begins.
both_ways() {
	local ours theirs
	while read -r ours theirs; do
		echo "IPv${FAMILY:-4}: $ours $theirs"
		# shellcheck disable=SC2086 # words by intent
		meet "${ours//;/ }" ${theirs//;/ }
		begins andy
		same_keys 1
		tell andy delete
		lan_wait "its end at betty" "${DAEMON}_none"
		begins betty
		same_keys 2
		part
	done
}
# no_bundles SETTING...: the other does not know AH+ESP. Whoever begins, it is refused, the reason is named, and nothing is left.
no_bundles() {
	meet 'qm=ah:sha1+aes128-sha1 pfs=0' "$@"
	begins andy
	hears andy double '^event 7 POLICY_MATCH the peer says: NO-PROPOSAL-CHOSEN'
	begins betty || true # which says that it failed
	hears andy double '^event 7 POLICY_MATCH offered protocols ESP, wanted AH\+ESP'
	absent '^sa ' "$LAN_DIR/andy/double" "$LAN_DIR/betty/sad"
	part
}
