# shellcheck shell=bash
# The Debian packages, for tests that install them; load it after helpers.
# shellcheck disable=SC2034 # used by tests
VERSION=$(sed -n 's/^VERSION *:= //p' "$ROOT/Makefile")
NEXT_VERSION=$VERSION.1
DEB=$BUILD/deb

deb_build() { "$ROOT/tools/deb" "$DEB" "$VERSION" >/dev/null; }
deb_file() { echo "$DEB/$1_${VERSION}_$(dpkg --print-architecture).deb"; } # NAME
# The same package with a higher version.
deb_next() { # NAME FILE
	local tree=$BATS_TEST_TMPDIR/$1
	dpkg-deb -R "$(deb_file "$1")" "$tree"
	sed -i "s/^Version: .*/Version: $NEXT_VERSION/; /^Depends/s/(= $VERSION)/(= $NEXT_VERSION)/" "$tree/DEBIAN/control"
	dpkg-deb -b "$tree" "$2" >/dev/null
}
