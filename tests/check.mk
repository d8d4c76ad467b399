# Tests, checks and the targets that run them. Every test speaks TAP; tools/run-tests sums up.
# Two runs with different B do not meet: logs, stores and namespaces are private to each.

# What bats files and the namespace tests need beside the programs; fragments add to it.
TEST_TOOLS += $(B)/tools/probe $(NETNS_BINS)


# --- fuzz targets: tests/fuzz/NAME_fuzz.c, whose first lines say what to link:
#   // FOLDERS: cli store compile model base
#   // LIBS: -lsqlite3
# Corpus in tests/fuzz/corpus/NAME, dictionary in tests/fuzz/NAME.dict, or made as $(B)/fuzz/NAME.dict (both optional).
CLANG     ?= clang
FUZZ_SAN  := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
FUZZ      := $(patsubst tests/fuzz/%_fuzz.c,%,$(wildcard tests/fuzz/*_fuzz.c))
FUZZ_BINS := $(FUZZ:%=$(B)/fuzz/%_fuzz)
FUZZ_TIME ?= 5
TIME      ?= 60

.PHONY: fuzz-build fuzz
fuzz-build: $(B)/tools/words
ifneq ($(FUZZ),)
	@mkdir -p $(B)/fuzz
	$(Q)$(B)/tools/words fuzz >$(B)/fuzz/cli.dict
	$(Q)cp $(B)/fuzz/cli.dict $(B)/fuzz/import.dict
	$(Q)$(MAKE) --no-print-directory B=$(B)/fuzz CC=$(CLANG) SAN='$(FUZZ_SAN)' fuzz-link
endif

# The rest of this part is for the make that fuzz-build starts, whose B is $(B)/fuzz.
fuzz_words = $(shell sed -n 's,^// $(2): *,,p' tests/fuzz/$(1)_fuzz.c)
define fuzz_target
$(B)/$(1)_fuzz: $(B)/obj/tests/fuzz/$(1)_fuzz.o $$(call libs,$$(call fuzz_words,$(1),FOLDERS))
	@echo "  LD  $$@"
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -fsanitize=fuzzer -o $$@ $$^ $$(call fuzz_words,$(1),LIBS)
endef
ifneq ($(filter fuzz-link,$(MAKECMDGOALS)),)
$(foreach f,$(FUZZ),$(eval $(call fuzz_target,$(f))))
endif
.PHONY: fuzz-link
fuzz-link: $(FUZZ:%=$(B)/%_fuzz)

# make fuzz T=name TIME=600
fuzz:
	@tools/deps fuzz
	@$(MAKE) --no-print-directory fuzz-build
	@tools/fuzz $(B) $(T) $(TIME)

# Other people's IKE daemons (tools/peers). IPSECSH_PEERS keeps them elsewhere than in $(B)/peers.
PEERS := $(or $(IPSECSH_PEERS),$(abspath $(B))/peers)
.PHONY: peers
peers:
	@tools/deps peers
	@tools/peers $(PEERS)

# --- runs
# The list for tools/run-tests: NAME SECONDS COMMAND
TEST_ENV  := env BATS_TEST_TIMEOUT=60 IPSECSH_BUILD=$(abspath $(B)) IPSECSH_PEERS=$(PEERS)
list_unit  = $(foreach u,$(UNIT),'unit/$(u) 120 $(B)/tests/unit/$(u)')
list_lint  = 'lint 300 tools/lint'
list_bats  = $(foreach f,$(wildcard tests/bats/*.bats),'bats/$(basename $(notdir $(f))) 300 $(TEST_ENV) bats --tap $(f)')
list_netns = $(foreach u,$(NETNS_UNIT),'netns/$(u) 120 $(B)/tests/netns/$(u)') \
             $(foreach f,$(wildcard tests/netns/*.bats),'netns/$(basename $(notdir $(f))) 300 $(TEST_ENV) bats --tap $(f)')
list_fuzz  = $(foreach f,$(FUZZ),'fuzz/$(f) 300 tools/fuzz $(B) $(f) $(FUZZ_TIME)')
# Guests: boots for tests/vm, and the files of tests/vm/boot, which boot guests of their own; the longest first. An emulated
# machine is slow: make check has ESP, IKE and a boot of each kind, make check-vm has all.
VM_CACHE  := $(or $(IPSECSH_VM_CACHE),$(abspath $(B))/vm)
boot_list  = $(foreach f,$(1),'vm/$(basename $(notdir $(f))) 1500 env BATS_TEST_TIMEOUT=900 IPSECSH_VM_CACHE=$(VM_CACHE) IPSECSH_BUILD=$(abspath $(B)) bats --tap $(f)')
vm_files   = $(addprefix tests/vm/,$(addsuffix .bats,$(1)))
BOOT_LONG := $(call vm_files,boot/protected)
BOOT_MORE := $(call vm_files,boot/shut boot/upgrade boot/restart boot/ends)
VM_IKE    := $(call vm_files,ike_methods ike_life ike_kernel)
VM_MORE   := $(call vm_files,strongswan ike_tunnel ike_stats tunnel)
guest_run  = 'vm/$(1) 1500 tools/vm-run -t 1400 $(VM_CACHE) env IPSECSH_PEERS=$(PEERS) tests/vm/run $(abspath $(B)) $(2)'
list_vm    = $(call guest_run,guest,$(filter-out $(VM_IKE) $(VM_MORE),$(wildcard tests/vm/*.bats))) \
             $(call boot_list,$(BOOT_LONG) $(filter-out $(BOOT_LONG) $(BOOT_MORE),$(wildcard tests/vm/boot/*.bats)))
list_more  = $(call guest_run,ike,$(VM_IKE)) $(call guest_run,more,$(VM_MORE)) $(call boot_list,$(BOOT_MORE))
# Packages on a clean Debian; the cache is that of the root without them.
list_deb   = 'deb/packages 600 env BATS_TEST_TIMEOUT=400 IPSECSH_BUILD=$(abspath $(B)) bats --tap tests/deb/packages.bats'
run_tests  = printf '%s\n' $(1) | tools/run-tests $(B)/tests/log

.PHONY: check check-run check-vm check-vm-run check-asan unit-run lint bats-run netns-run demo install
check:
	@tools/deps check
	@$(MAKE) --no-print-directory check-build
	@$(MAKE) --no-print-directory check-run
.PHONY: check-build check-asan-run
check-build: programs unit peers $(TEST_TOOLS) fuzz-build
check-run:
	@$(call run_tests,$(list_vm) $(list_deb) $(list_netns) $(list_fuzz) $(list_bats) $(list_unit) $(list_lint))

# Real ESP and AH, and real boots, in guest machines with Debian's kernel.
check-vm:
	@tools/deps vm deb
	@$(MAKE) --no-print-directory programs peers $(TEST_TOOLS)
	@$(MAKE) --no-print-directory check-vm-run
check-vm-run:
	@$(call run_tests,$(list_more) $(list_vm))

# Packages: built, installed on a clean Debian, upgraded, purged.
.PHONY: check-deb check-deb-run
check-deb:
	@tools/deps check
	@$(MAKE) --no-print-directory programs $(TEST_TOOLS)
	@$(MAKE) --no-print-directory check-deb-run
check-deb-run:
	@$(call run_tests,$(list_deb))

# The same tests, less lint and fuzzing, under AddressSanitizer and UndefinedBehaviorSanitizer.
ASAN := B=$(B)-asan SAN='-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer'
check-asan:
	@tools/deps check
	@$(MAKE) --no-print-directory $(ASAN) programs unit $(TEST_TOOLS:$(B)/%=$(B)-asan/%)
	@$(MAKE) --no-print-directory $(ASAN) check-asan-run
check-asan-run:
	@$(call run_tests,$(list_bats) $(list_unit))

# Long runs of what make check runs shortly, for minutes or hours: make soak SOAK=minutes. A failure prints the
# seed that shows it again at once.
SOAK ?= 10
.PHONY: soak
soak: $(TEST_TOOLS)
	@tools/soak $(B) $(SOAK)

unit-run: unit
	@$(call run_tests,$(list_unit))
bats-run: programs $(TEST_TOOLS)
	@$(call run_tests,$(list_bats))
netns-run: programs peers $(TEST_TOOLS)
	@$(call run_tests,$(list_netns))
# Rewrites the golden files from what the programs say now; review reads the difference.
.PHONY: golden
golden: programs
	GOLDEN_WRITE=1 $(TEST_ENV) bats $$(grep -l GOLDEN_WRITE tests/bats/*.bats)
lint:
	@$(call run_tests,$(list_lint))
