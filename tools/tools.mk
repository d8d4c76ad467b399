# The demonstration and the benchmark.

# Object files that only pattern rules name are kept.
.SECONDARY:

.PHONY: demo bench

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
	@tools/peers $(PEERS)
	@$(MAKE) --no-print-directory programs $(B)/tools/bench-plan $(B)/tools/probe $(B)/tests/netns/ike_enforcer $(B)/tests/peer/initiator $(B)/tests/peer/group_cost \
		$(B)/tests/peer/fake_xfrm.so
	@IPSECSH_PEERS=$(PEERS) tools/bench $(abspath $(B))
