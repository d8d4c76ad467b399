# The demonstration, the benchmark and installation.

# Object files that only pattern rules name are kept.
.SECONDARY:

.PHONY: demo bench install

$(B)/tools/%: $(B)/obj/tools/%.o $(B)/lib/base.a
	@mkdir -p $(@D)
	@echo "  LD  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^

$(B)/tools/bench-plan: $(B)/obj/tools/bench-plan.o $(call libs,kernel diff compile model base)
	@mkdir -p $(@D)
	@echo "  LD  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lmnl

$(B)/tools/man-tables: $(B)/obj/tools/man-tables.o $(call libs,cli store compile boot model base)
	@mkdir -p $(@D)
	@echo "  LD  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lsqlite3

# Writes what the manual says of commands and messages anew from their rows; tests/unit/manual.c compares.
.PHONY: man-tables
MANUAL := $(wildcard man/*.[1-8] doc/errors.md)
man-tables: $(B)/tools/man-tables
	$(Q)$(B)/tools/man-tables $(MANUAL)

$(B)/tools/words: $(B)/obj/tools/words.o $(call libs,cli store ipc compile boot model base)
	@mkdir -p $(@D)
	@echo "  LD  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lsqlite3

$(B)/ipsecsh.bash-completion: $(B)/tools/words tools/completion.bash
	$(Q){ $< bash && cat tools/completion.bash; } >$@.new && mv $@.new $@
TEST_TOOLS += $(B)/ipsecsh.bash-completion

demo:
	@tools/deps demo
	@$(MAKE) --no-print-directory programs $(B)/tools/probe
	@tools/demo $(abspath $(B))

bench:
	@tools/deps bench
	@$(MAKE) --no-print-directory programs $(B)/tools/bench-plan $(B)/tools/probe
	@tools/bench $(abspath $(B))

PREFIX ?= /usr
install: programs $(B)/ipsecsh.bash-completion
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/share/doc/ipsecsh/batch-examples
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/sbin
	install -D -m 644 $(B)/ipsecsh.bash-completion $(DESTDIR)$(PREFIX)/share/bash-completion/completions/ipsecsh
	ln -sf ipsecsh $(DESTDIR)$(PREFIX)/share/bash-completion/completions/netsh
	for page in man/*.[1-8]; do install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man$${page##*.} $$page || exit; done
	install -m 644 README.md doc/*.md $(DESTDIR)$(PREFIX)/share/doc/ipsecsh
	install -m 644 batch-examples/*.bat $(DESTDIR)$(PREFIX)/share/doc/ipsecsh/batch-examples
