# IKE: codec, crypto, the pure parts of the engine.
UNIT += ike_codec ike_frag ike_crypto ike_keymat ike_proposal ike_profile
FOLDERS_ike_codec := ike_codec base
FOLDERS_ike_frag := ike_codec base
FOLDERS_ike_crypto := ike_crypto base
LIBS_ike_crypto := -lcrypto
FOLDERS_ike_keymat := ike_engine ike_codec ike_crypto base
LIBS_ike_keymat := -lcrypto
FOLDERS_ike_proposal := ike_engine ike_codec base
FOLDERS_ike_profile := ike_engine base

# The engine in the simulator of tests/sim.
SIM_UNIT := ike_ladder ike_loops ike_life ike_ends ike_engine ike_natt ike_abuse ike_foreign ike_counters ike_failures ike_soft ike_times ike_limits ike_rules ike_natt_wire \
    $(if $(findstring address,$(SAN)),,ike_secrets) # which looks into the heap: tests/unit/memory.h
SIM_FOLDERS := sim ike_engine ike_codec ike_crypto base
UNIT += $(SIM_UNIT)
$(foreach u,$(SIM_UNIT),$(eval FOLDERS_$(u) := $(SIM_FOLDERS))$(eval LIBS_$(u) := -lcrypto))
