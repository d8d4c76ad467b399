# ipsec-iked: the parts of its processes, and the double of the enforcer for tests/netns/iked.bats.
UNIT += iked_parts iked_net $(if $(findstring address,$(SAN)),,iked_secrets)
FOLDERS_iked_parts := iked store ipc ike_channel ike_engine ike_codec ike_crypto sandbox model base
LIBS_iked_parts := -lsqlite3 -lcrypto -lseccomp
FOLDERS_iked_net := $(FOLDERS_iked_parts)
LIBS_iked_net := $(LIBS_iked_parts)
FOLDERS_iked_secrets := $(FOLDERS_iked_parts)
LIBS_iked_secrets := $(LIBS_iked_parts)

IKE_ENFORCER_FOLDERS := ike_channel ike_engine ike_codec store model base
$(B)/tests/netns/ike_enforcer: $(B)/obj/tests/netns/ike_enforcer.o $(B)/obj/tests/netns/ike_words.o $(call libs,$(IKE_ENFORCER_FOLDERS))
	@mkdir -p $(@D)
	@echo "  LD  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lsqlite3
TEST_TOOLS += $(B)/tests/netns/ike_enforcer

IKE_ASKER_FOLDERS := ike_channel ike_engine ike_codec model base
$(B)/tests/netns/ike_asker: $(B)/obj/tests/netns/ike_asker.o $(call libs,$(IKE_ASKER_FOLDERS))
	@mkdir -p $(@D)
	@echo "  LD  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^
TEST_TOOLS += $(B)/tests/netns/ike_asker

# The kernel of other people's daemons (tests/peer). A library of its own making: it is put in front of libc's calls, which the
# flags of our programs would not let it name.
$(B)/tests/peer/fake_xfrm.so: tests/peer/fake_xfrm.c
	@mkdir -p $(@D)
	@echo "  LD  $@"
	$(Q)$(CC) -std=c11 $(WARN) -O1 -g -fPIC -shared -I. -o $@ $< -ldl -lpthread
TEST_TOOLS += $(B)/tests/peer/fake_xfrm.so

# Many initiators at once, for tools/bench.
INITIATOR_FOLDERS := iked ike_channel ike_engine ike_codec ike_crypto sandbox base
$(B)/tests/peer/initiator: $(B)/obj/tests/peer/initiator.o $(B)/obj/tests/netns/ike_words.o $(call libs,$(INITIATOR_FOLDERS))
	@mkdir -p $(@D)
	@echo "  LD  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcrypto
TEST_TOOLS += $(B)/tests/peer/initiator

# The baseline of what negotiation costs, for tools/bench.
$(B)/tests/peer/group_cost: $(B)/obj/tests/peer/group_cost.o $(call libs,ike_crypto base)
	@mkdir -p $(@D)
	@echo "  LD  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcrypto
TEST_TOOLS += $(B)/tests/peer/group_cost
