# The migrations become a C file, so that the programs need nothing but themselves.
STORE_SQL := $(sort $(wildcard store/schema/[0-9]*.sql)) $(sort $(wildcard store/schema/secrets_*.sql))
GEN_store := $(B)/gen/store/schema.o

$(B)/gen/store/schema.c: store/schema/embed.awk $(STORE_SQL)
	@mkdir -p $(@D)
	$(Q)awk -f store/schema/embed.awk $(STORE_SQL) > $@.tmp && mv $@.tmp $@

$(B)/gen/store/schema.o: $(B)/gen/store/schema.c store/schema.h
	$(if $(V),,@echo "  CC  $<")
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<
