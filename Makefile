# ipsecsh: non-recursive make; everything lands in $(B). Targets: see README and CONTRIBUTING.
B        ?= build
CC       ?= cc
VERSION  := 0.1
SAN      ?=
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings \
            -Wformat=2 -Wpointer-arith
ifdef CI
WARN     += -Werror
endif
CFLAGS   ?= -O2 -g
HARDEN   := -fstack-protector-strong -fPIE $(if $(SAN),,-D_FORTIFY_SOURCE=2)
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -I. -DIPSECSH_VERSION='"$(VERSION)"' -MMD -MP $(WARN) $(CFLAGS) $(HARDEN) $(SAN)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(SAN) $(LDFLAGS)
Q        := $(if $(V),,@)

.PHONY: all clean
all: programs

# One static library a folder; a test links exactly the folders it may know of (house rule: a stray
# dependency does not link). NAME:FOLDER
LIBS := base:common/base model:common/model boot:common/boot ipc:common/ipc sandbox:common/sandbox store:store bat:cli/bat cli:cli \
        compile:enforcer/compile facts:enforcer/facts dynamic:enforcer/dynamic diff:enforcer/diff kernel:enforcer/kernel remote:enforcer/remote \
        daemon:enforcer/daemon bootgate:enforcer/bootgate \
        broker:enforcer/broker sas:enforcer/sas ike_codec:ike/codec ike_crypto:ike/crypto ike_engine:ike/engine ike_channel:ike/channel iked:ike/daemon sim:tests/sim
define lib
SRC_$(1) := $$(filter-out %/main.c,$$(wildcard $(2)/*.c))
$(B)/lib/$(1).a: $$(SRC_$(1):%.c=$(B)/obj/%.o) $$(GEN_$(1))
	@mkdir -p $$(@D)
	$$(Q)rm -f $$@ && ar rcs $$@ $$(filter %.o,$$^)
endef
-include $(wildcard */module.mk)
$(foreach l,$(LIBS),$(eval $(call lib,$(word 1,$(subst :, ,$(l))),$(word 2,$(subst :, ,$(l))))))
libs = $(foreach l,$(1),$(B)/lib/$(l).a)

# Stricter where bytes and numbers are converted.
$(B)/obj/common/base/%.o $(B)/obj/common/ipc/%.o $(B)/obj/enforcer/remote/%.o $(B)/obj/enforcer/kernel/%.o $(B)/obj/enforcer/broker/%.o $(B)/obj/enforcer/sas/%.o $(B)/obj/ike/%.o: WARN += -Wconversion

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC  $<")
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# A program: $(eval $(call program,NAME,MAIN.c,FOLDERS,LIBRARIES))
define program
PROGRAMS += $(B)/$(1)
$(B)/$(1): $(B)/obj/$(2:.c=.o) $(call libs,$(3))
	@echo "  LD  $$@"
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$< $(call libs,$(3)) $(4)
endef
$(eval $(call program,ipsecsh,cli/main.c,cli bat store ipc facts compile boot model base,-lreadline -lsqlite3 -lmnl))
$(eval $(call program,ipsec-enforcerd,enforcer/daemon/main.c,daemon sas broker facts remote kernel diff compile dynamic ike_channel ike_engine ike_codec store ipc boot sandbox model base,-lsqlite3 -lmnl -lseccomp))
$(eval $(call program,ipsec-bootgate,enforcer/bootgate/main.c,bootgate boot model base,-lnftables))
$(eval $(call program,ipsec-iked,ike/daemon/main.c,iked store ipc ike_channel ike_engine ike_codec ike_crypto sandbox model base,-lsqlite3 -lcrypto -lseccomp))
.PHONY: programs
programs: $(PROGRAMS)

# Unit tests: tests/unit/NAME.c, declared in a tests/unit/*.mk by
#   UNIT += NAME
#   FOLDERS_NAME := store model base
#   LIBS_NAME := -lsqlite3
UNIT :=
-include $(wildcard tests/unit/*.mk)
define unit
$(B)/tests/unit/$(1): $(B)/obj/tests/unit/$(1).o $(call libs,$(FOLDERS_$(1)))
	@mkdir -p $$(@D)
	@echo "  LD  $$@"
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$< $(call libs,$(FOLDERS_$(1))) $(LIBS_$(1))
endef
$(foreach u,$(UNIT),$(eval $(call unit,$(u))))
UNIT_BINS := $(UNIT:%=$(B)/tests/unit/%)
.PHONY: unit
unit: $(UNIT_BINS)

-include $(wildcard tools/*.mk tests/*.mk)

clean:
	rm -rf $(B)

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
