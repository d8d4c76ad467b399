/* The name tables of numbers.h and failure.h, spelled once there. */
#include "ike/codec/failure.h"
#include "ike/codec/numbers.h"

#include <stddef.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

#define M(id, number, name) {(number), (name)},
#define TABLE(name, list) const struct enum_name name[] = {list(M){0, NULL}}
TABLE(ike_payload_names, IKE_PAYLOADS);
TABLE(ike_exchange_names, IKE_EXCHANGES);
TABLE(ike_protocol_names, IKE_PROTOCOLS);
TABLE(ike_ah_names, IKE_AH_TRANSFORMS);
TABLE(ike_esp_names, IKE_ESP_TRANSFORMS);
TABLE(ike_attr_names, IKE_ATTRS);
TABLE(ike_qm_attr_names, IKE_QM_ATTRS);
TABLE(ike_cipher_names, IKE_CIPHERS);
TABLE(ike_hash_names, IKE_HASHES);
TABLE(ike_auth_names, IKE_AUTHS);
TABLE(ike_group_names, IKE_GROUPS);
TABLE(ike_mode_names, IKE_MODES);
TABLE(ike_qm_auth_names, IKE_QM_AUTHS);
TABLE(ike_id_names, IKE_IDS);
TABLE(ike_notify_names, IKE_NOTIFIES);
#undef M

static const struct failure_row {
	int number;
	uint16_t notify;
	const char *name, *text;
} failures[] = {
#define M(id, number, notify, text) {(number), (notify), #id, (text)},
    IKE_FAILURES(M)
#undef M
};

static const struct failure_row *failure_row(enum ike_failure f)
{
	for (size_t i = 0; i < N_OF(failures); i++) {
		if (failures[i].number == (int)f)
			return &failures[i];
	}
	return NULL;
}

const char *ike_failure_name(enum ike_failure f)
{
	const struct failure_row *r = failure_row(f);

	return r ? r->name : NULL;
}

const char *ike_failure_text(enum ike_failure f)
{
	const struct failure_row *r = failure_row(f);

	return r ? r->text : NULL;
}

uint16_t ike_failure_notify(enum ike_failure f)
{
	const struct failure_row *r = failure_row(f);

	return r ? r->notify : 0;
}
