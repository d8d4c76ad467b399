# The store. Tests that look inside include store/internal.h.
STORE_TESTS := store_nouns store_tx store_changes store_open store_secrets store_fault store_kill
UNIT += $(STORE_TESTS)
define store_test
FOLDERS_$(1) := store model base
LIBS_$(1) := -lsqlite3
endef
$(foreach t,$(STORE_TESTS),$(eval $(call store_test,$(t))))

# Not a test: prints how fast adding, reading and counting are. make B=... $(B)/tests/unit/store_bench
$(B)/tests/unit/store_bench: $(B)/obj/tests/unit/store_bench.o $(B)/lib/store.a $(B)/lib/model.a $(B)/lib/base.a
	@mkdir -p $(@D)
	@echo "  LD  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lsqlite3
