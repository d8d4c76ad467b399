# Installation and Debian packages: make install [DESTDIR=] [PREFIX=] [UNITDIR=], make install-lsb, make deb.

PREFIX     ?= /usr
SBINDIR    := $(PREFIX)/sbin
SHARE      := $(PREFIX)/share
# systemd looks below /usr/local too; what belongs to /usr is below /lib, where also older ones look.
UNITDIR    ?= $(filter-out /usr,$(PREFIX))/lib/systemd/system
SYSUSERS   := $(PREFIX)/lib/sysusers.d
TMPFILES   := $(PREFIX)/lib/tmpfiles.d
UNITS      := $(patsubst units/%.in,%,$(wildcard units/*.service.in))

.PHONY: install install-lsb deb

# Tells systemd where the programs are. The words of the folder are part of the name, so another PREFIX makes them anew.
$(B)/units$(SBINDIR)/%: units/%.in
	@mkdir -p $(@D)
	$(Q)sed 's,@sbindir@,$(SBINDIR),' $< >$@

install: programs $(B)/ipsecsh.bash-completion $(UNITS:%=$(B)/units$(SBINDIR)/%)
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(SHARE)/doc/ipsecsh/batch-examples
	install -m 755 $(PROGRAMS) $(DESTDIR)$(SBINDIR)
	install -D -m 644 $(B)/ipsecsh.bash-completion $(DESTDIR)$(SHARE)/bash-completion/completions/ipsecsh
	ln -sf ipsecsh $(DESTDIR)$(SHARE)/bash-completion/completions/netsh
	for page in $(wildcard man/*.[1-8]); do install -D -m 644 -t $(DESTDIR)$(SHARE)/man/man$${page##*.} $$page || exit; done
	install -m 644 README.md doc/*.md $(DESTDIR)$(SHARE)/doc/ipsecsh
	install -m 644 batch-examples/*.bat $(DESTDIR)$(SHARE)/doc/ipsecsh/batch-examples
	install -D -m 644 -t $(DESTDIR)$(UNITDIR) $(UNITS:%=$(B)/units$(SBINDIR)/%)
	install -D -m 644 units/sysusers.conf $(DESTDIR)$(SYSUSERS)/ipsecsh.conf
	install -D -m 644 units/tmpfiles.conf $(DESTDIR)$(TMPFILES)/ipsecsh.conf

# Where there is no systemd.
install-lsb: install
	install -D -m 755 -t $(DESTDIR)/etc/init.d units/lsb/*

# $(B)/deb/*.deb of a copy of the tree, so that nothing is written here. DEB_VERSION: a later one, for tests.
DEB_VERSION ?= $(VERSION)
deb:
	@tools/deps deb
	@tools/deb $(abspath $(B))/deb $(DEB_VERSION)
