# Goldens: a script and the facts of a host give exactly this plan. `make golden` rewrites them.
setup() {
	B="${IPSECSH_BUILD:-build}"
	export IPSECSH_STATE="$BATS_TEST_TMPDIR/state" IPSECSH_RUN="$BATS_TEST_TMPDIR/run"
}

plan_of() {
	"$B/ipsecsh" "$1" >"$BATS_TEST_TMPDIR/out" 2>&1 || { cat "$BATS_TEST_TMPDIR/out"; return 1; }
	[ ! -s "$BATS_TEST_TMPDIR/out" ] || { cat "$BATS_TEST_TMPDIR/out"; return 1; }
	"$B/ipsec-enforcerd" -n --facts tests/golden/plan/host.facts | sed -E 's/\{[0-9A-F-]{36}\}/{GUID}/'
}

golden() {
	local want="tests/golden/plan/$1.plan" got="$BATS_TEST_TMPDIR/$1.got"
	plan_of "tests/golden/plan/$1.bat" >"$got" || { cat "$got"; return 1; }
	if [ -n "${GOLDEN_WRITE:-}" ]; then cp "$got" "$want"; fi
	diff -u "$want" "$got"
}

@test "plan: telnet blocked for all, permitted for one" { golden telnet; }
@test "plan: negotiate with holes" { golden negotiate; }
@test "plan: every form of address" { golden shapes; }
@test "plan: connection types and literal own addresses" { golden conntype; }
@test "plan: inbound pass-through and tunnels" { golden inpass; }
@test "plan: AH, AH around ESP, and mixed offers" { golden protections; }
