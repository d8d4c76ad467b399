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
UNIT += ike_ladder ike_loops ike_life ike_ends ike_engine ike_natt ike_abuse ike_foreign
SIM_FOLDERS := sim ike_engine ike_codec ike_crypto base
FOLDERS_ike_ladder := $(SIM_FOLDERS)
FOLDERS_ike_loops := $(SIM_FOLDERS)
FOLDERS_ike_life := $(SIM_FOLDERS)
FOLDERS_ike_ends := $(SIM_FOLDERS)
FOLDERS_ike_abuse := $(SIM_FOLDERS)
FOLDERS_ike_foreign := $(SIM_FOLDERS)
FOLDERS_ike_engine := $(SIM_FOLDERS)
FOLDERS_ike_natt := $(SIM_FOLDERS)
LIBS_ike_ladder := -lcrypto
LIBS_ike_loops := -lcrypto
LIBS_ike_life := -lcrypto
LIBS_ike_ends := -lcrypto
LIBS_ike_abuse := -lcrypto
LIBS_ike_foreign := -lcrypto
LIBS_ike_engine := -lcrypto
LIBS_ike_natt := -lcrypto
