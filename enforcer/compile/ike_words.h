/* Numbers of the model and of IKE, as one table each. */
#ifndef COMPILE_IKE_WORDS_H
#define COMPILE_IKE_WORDS_H

#include "common/model/dynamic.h"
#include "ike/engine/profile.h"

/* Of the model -> of the profile. What has no counterpart gives none (0). */
uint8_t ike_cipher_of(uint8_t encr);
uint8_t ike_hash_of(uint8_t integ);
uint8_t ike_esp_of(uint8_t encr);
uint16_t ike_auth_of(uint8_t auth_kind);
/* netsh's 3 is 14 (semantics §4.6); the others are IKE's. */
uint16_t ike_group_of(uint8_t group);
uint16_t ike_pfs_of(uint8_t pfs_group);

/* The other way, for printing and listings. */
struct mm_offer ike_mm_offer_back(const struct ike_mm_offer *o);
struct qm_offer ike_qm_offer_back(const struct ike_qm_offer *o);

#endif
