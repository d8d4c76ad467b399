# diff/ and kernel/: properties over random plans, codecs, the fake kernel.
UNIT += diff_test torn_test patch_test patch_steps verdict_test kernel_codec_test kernel_apply_test
FOLDERS_patch_test := kernel diff compile model base
LIBS_patch_test := -lmnl
FOLDERS_patch_steps := kernel diff compile model base
LIBS_patch_steps := -lmnl
FOLDERS_verdict_test := kernel diff compile model base
LIBS_verdict_test := -lmnl
FOLDERS_diff_test := kernel diff compile model base
LIBS_diff_test := -lmnl
FOLDERS_torn_test := kernel diff compile model base
LIBS_torn_test := -lmnl
FOLDERS_kernel_codec_test := kernel diff compile model base
LIBS_kernel_codec_test := -lmnl
FOLDERS_kernel_apply_test := kernel diff compile model base
LIBS_kernel_apply_test := -lmnl

# The same against the real kernel, in a network namespace of its own; needs root.
NETNS_UNIT += kernel_netns packets_netns
FOLDERS_kernel_netns := kernel diff compile model base
LIBS_kernel_netns := -lmnl
FOLDERS_packets_netns := kernel diff compile model base
LIBS_packets_netns := -lmnl
$(B)/tests/netns/packets_netns: $(B)/obj/tests/netns/wire.o
define netns_unit
$(B)/tests/netns/$(1): $(B)/obj/tests/netns/$(1).o $(call libs,$(FOLDERS_$(1)))
	@mkdir -p $$(@D)
	@echo "  LD  $$@"
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$(filter %.o,$$^) $(call libs,$(FOLDERS_$(1))) $(LIBS_$(1))
endef
$(foreach u,$(NETNS_UNIT),$(eval $(call netns_unit,$(u))))
NETNS_BINS := $(NETNS_UNIT:%=$(B)/tests/netns/%)
.PHONY: netns-unit
netns-unit: $(NETNS_BINS)
