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

demo:
	@tools/deps demo
	@$(MAKE) --no-print-directory programs $(B)/tools/probe
	@tools/demo $(abspath $(B))

bench:
	@tools/deps bench
	@$(MAKE) --no-print-directory programs $(B)/tools/bench-plan
	@tools/bench $(abspath $(B))

PREFIX ?= /usr
install: programs
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/share/man/man8 $(DESTDIR)$(PREFIX)/share/doc/ipsecsh/batch-examples
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/sbin
	install -m 644 man/*.8 $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 644 README.md doc/*.md $(DESTDIR)$(PREFIX)/share/doc/ipsecsh
	install -m 644 batch-examples/*.bat $(DESTDIR)$(PREFIX)/share/doc/ipsecsh/batch-examples
