/*
 * The numbers of IKEv1 with the names a trace prints, each table once. M(identifier, number, name).
 * Sources: RFC 2407 (IPsec DOI), RFC 2408 (ISAKMP), RFC 2409 (IKE), and those named in a row.
 */
#ifndef IKE_CODEC_NUMBERS_H
#define IKE_CODEC_NUMBERS_H

#include "common/base/str.h"

/* Payload types, RFC 2408 §3.1. */
#define IKE_PAYLOADS(M)                                                                            \
	M(IKE_P_SA, 1, "SA")             /* §3.4 */                                                \
	M(IKE_P_PROPOSAL, 2, "P")        /* §3.5; inside an SA payload only */                     \
	M(IKE_P_TRANSFORM, 3, "T")       /* §3.6; inside a proposal only */                        \
	M(IKE_P_KE, 4, "KE")             /* §3.7 */                                                \
	M(IKE_P_ID, 5, "ID")             /* §3.8, RFC 2407 §4.6.2 */                               \
	M(IKE_P_CERT, 6, "CERT")         /* §3.9 */                                                \
	M(IKE_P_CERTREQ, 7, "CERTREQ")   /* §3.10 */                                               \
	M(IKE_P_HASH, 8, "HASH")         /* §3.11 */                                               \
	M(IKE_P_SIG, 9, "SIG")           /* §3.12 */                                               \
	M(IKE_P_NONCE, 10, "NONCE")      /* §3.13 */                                               \
	M(IKE_P_NOTIFY, 11, "N")         /* §3.14 */                                               \
	M(IKE_P_DELETE, 12, "D")         /* §3.15 */                                               \
	M(IKE_P_VENDOR, 13, "VID")       /* §3.16 */                                               \
	M(IKE_P_NATD, 20, "NAT-D")       /* RFC 3947 §3.2 */                                       \
	M(IKE_P_NATOA, 21, "NAT-OA")     /* RFC 3947 §5.2 */                                       \
	M(IKE_P_GSS, 129, "GSS")         /* draft-ietf-ipsec-isakmp-gss-auth, kept as data */      \
	M(IKE_P_NATD_02, 130, "NAT-D")   /* draft-ietf-ipsec-nat-t-ike-02 §3.2 */                  \
	M(IKE_P_NATOA_02, 131, "NAT-OA") /* draft-ietf-ipsec-nat-t-ike-02 §5.2 */                  \
	M(IKE_P_FRAG, 132, "FRAG")       /* Windows' fragmentation, semantics §5.4 */

/* Exchange types, RFC 2408 §3.1, RFC 2409 App. A. */
#define IKE_EXCHANGES(M)                                                                           \
	M(IKE_X_MAIN, 2, "main mode")         /* identity protection, RFC 2408 §4.5 */             \
	M(IKE_X_AGGRESSIVE, 4, "aggressive mode")                                                  \
	M(IKE_X_INFO, 5, "informational")     /* RFC 2408 §4.8, RFC 2409 §5.7 */                   \
	M(IKE_X_QUICK, 32, "quick mode")      /* RFC 2409 §5.5 */                                  \
	M(IKE_X_NEWGROUP, 33, "new group mode")

/* Flags of the header, RFC 2408 §3.1. */
enum { IKE_F_ENCRYPTED = 1, IKE_F_COMMIT = 2, IKE_F_AUTH_ONLY = 4 };

/* Protocols of a proposal, notify and delete, RFC 2407 §4.4.1. */
#define IKE_PROTOCOLS(M)                                                                           \
	M(IKE_PROTO_ISAKMP, 1, "ISAKMP")                                                           \
	M(IKE_PROTO_AH, 2, "AH")                                                                   \
	M(IKE_PROTO_ESP, 3, "ESP")                                                                 \
	M(IKE_PROTO_IPCOMP, 4, "IPCOMP")

/* Transform identifiers. ISAKMP: RFC 2407 §4.4.2 (KEY_IKE, the only one). */
enum { IKE_T_KEY_IKE = 1 };
/* AH: RFC 2407 §4.4.3; SHA-2: RFC 4868 §4 and the IANA registry "IPSEC AH Transform Identifiers". */
#define IKE_AH_TRANSFORMS(M)                                                                       \
	M(IKE_AH_MD5, 2, "MD5")                                                                    \
	M(IKE_AH_SHA1, 3, "SHA1")                                                                  \
	M(IKE_AH_SHA256, 5, "SHA256")                                                              \
	M(IKE_AH_SHA384, 6, "SHA384")                                                              \
	M(IKE_AH_SHA512, 7, "SHA512")
/* ESP: RFC 2407 §4.4.4. */
#define IKE_ESP_TRANSFORMS(M)                                                                      \
	M(IKE_ESP_DES, 2, "DES")                                                                   \
	M(IKE_ESP_3DES, 3, "3DES")           /* RFC 2451 */                                        \
	M(IKE_ESP_NULL, 11, "NULL")          /* RFC 2410 */                                        \
	M(IKE_ESP_AES_CBC, 12, "AES-CBC")    /* RFC 3602 §5.3 */                                   \
	M(IKE_ESP_AES_GCM8, 18, "AES-GCM-8") /* RFC 4106 §8.1 */                                   \
	M(IKE_ESP_AES_GCM12, 19, "AES-GCM-12")                                                     \
	M(IKE_ESP_AES_GCM16, 20, "AES-GCM-16")

/* Attributes of a main mode transform, RFC 2409 App. A; B = basic (TV), V = variable (TLV) allowed. */
#define IKE_ATTRS(M)                                                                               \
	M(IKE_A_CIPHER, 1, "cipher")           /* B */                                             \
	M(IKE_A_HASH, 2, "hash")               /* B */                                             \
	M(IKE_A_AUTH, 3, "authentication")     /* B */                                             \
	M(IKE_A_GROUP, 4, "group")             /* B */                                             \
	M(IKE_A_GROUP_TYPE, 5, "group type")   /* B */                                             \
	M(IKE_A_PRIME, 6, "group prime")       /* V */                                             \
	M(IKE_A_GENERATOR, 7, "generator")     /* V */                                             \
	M(IKE_A_LIFE_TYPE, 11, "life type")    /* B */                                             \
	M(IKE_A_LIFE, 12, "life")              /* V */                                             \
	M(IKE_A_PRF, 13, "prf")                /* B */                                             \
	M(IKE_A_KEY_LENGTH, 14, "key length")  /* B */                                             \
	M(IKE_A_GSS_ID, 16384, "GSS identity") /* V, semantics §5.6 */
/* Attributes of a quick mode transform, RFC 2407 §4.5. */
#define IKE_QM_ATTRS(M)                                                                            \
	M(IKE_QA_LIFE_TYPE, 1, "life type")   /* B */                                              \
	M(IKE_QA_LIFE, 2, "life")             /* V */                                              \
	M(IKE_QA_GROUP, 3, "group")           /* B */                                              \
	M(IKE_QA_MODE, 4, "mode")             /* B */                                              \
	M(IKE_QA_AUTH, 5, "authentication")   /* B */                                              \
	M(IKE_QA_KEY_LENGTH, 6, "key length") /* B */                                              \
	M(IKE_QA_KEY_ROUNDS, 7, "key rounds") /* B */

/* IKE ciphers, RFC 2409 App. A; AES: RFC 3602 §5.1. Values of IKE_A_CIPHER. */
#define IKE_CIPHERS(M)                                                                             \
	M(IKE_CIPHER_DES, 1, "DES")                                                                \
	M(IKE_CIPHER_3DES, 5, "3DES")                                                              \
	M(IKE_CIPHER_AES, 7, "AES-CBC")
/* IKE hashes, RFC 2409 App. A; SHA-2: IANA "IKE Hash Algorithms" (RFC 4868 §4). Values of IKE_A_HASH. */
#define IKE_HASHES(M)                                                                              \
	M(IKE_HASH_MD5, 1, "MD5")                                                                  \
	M(IKE_HASH_SHA1, 2, "SHA1")                                                                \
	M(IKE_HASH_SHA256, 4, "SHA256")                                                            \
	M(IKE_HASH_SHA384, 5, "SHA384")                                                            \
	M(IKE_HASH_SHA512, 6, "SHA512")
/* Authentication methods, RFC 2409 App. A. Values of IKE_A_AUTH. */
#define IKE_AUTHS(M)                                                                               \
	M(IKE_AUTH_PSK, 1, "preshared key")                                                        \
	M(IKE_AUTH_DSS, 2, "DSS signature")                                                        \
	M(IKE_AUTH_RSA, 3, "RSA signature")                                                        \
	M(IKE_AUTH_GSS, 65001, "Kerberos") /* semantics §5.6 */
/* Groups, RFC 2409 §6, RFC 3526, RFC 5903 §3; 31: RFC 8031 numbers it for IKEv2, we use the same. */
#define IKE_GROUPS(M)                                                                              \
	M(IKE_GROUP_1, 1, "MODP-768")                                                              \
	M(IKE_GROUP_2, 2, "MODP-1024")                                                             \
	M(IKE_GROUP_5, 5, "MODP-1536")                                                             \
	M(IKE_GROUP_14, 14, "MODP-2048")                                                           \
	M(IKE_GROUP_15, 15, "MODP-3072")                                                           \
	M(IKE_GROUP_16, 16, "MODP-4096")                                                           \
	M(IKE_GROUP_19, 19, "ECP-256")                                                             \
	M(IKE_GROUP_20, 20, "ECP-384")                                                             \
	M(IKE_GROUP_21, 21, "ECP-521")                                                             \
	M(IKE_GROUP_31, 31, "X25519")

/* Values of IKE_A_LIFE_TYPE and IKE_QA_LIFE_TYPE: RFC 2409 App. A, RFC 2407 §4.5. */
enum { IKE_LIFE_SECONDS = 1, IKE_LIFE_KILOBYTES = 2 };
/* Values of IKE_QA_MODE: RFC 2407 §4.5, RFC 3947 §5.1, draft-ietf-ipsec-nat-t-ike-02 §5.1. */
#define IKE_MODES(M)                                                                               \
	M(IKE_MODE_TUNNEL, 1, "tunnel")                                                            \
	M(IKE_MODE_TRANSPORT, 2, "transport")                                                      \
	M(IKE_MODE_UDP_TUNNEL, 3, "tunnel in UDP")                                                 \
	M(IKE_MODE_UDP_TRANSPORT, 4, "transport in UDP")                                           \
	M(IKE_MODE_UDP_TUNNEL_02, 61443, "tunnel in UDP (draft)")                                  \
	M(IKE_MODE_UDP_TRANSPORT_02, 61444, "transport in UDP (draft)")
/* Values of IKE_QA_AUTH: RFC 2407 §4.5; SHA-2: RFC 4868 §4. */
#define IKE_QM_AUTHS(M)                                                                            \
	M(IKE_QAUTH_MD5, 1, "MD5")                                                                 \
	M(IKE_QAUTH_SHA1, 2, "SHA1")                                                               \
	M(IKE_QAUTH_SHA256, 5, "SHA256")                                                           \
	M(IKE_QAUTH_SHA384, 6, "SHA384")                                                           \
	M(IKE_QAUTH_SHA512, 7, "SHA512")

/* Identification types, RFC 2407 §4.6.2.1. */
#define IKE_IDS(M)                                                                                 \
	M(IKE_ID_IPV4_ADDR, 1, "IPv4")                                                             \
	M(IKE_ID_FQDN, 2, "FQDN")                                                                  \
	M(IKE_ID_USER_FQDN, 3, "user FQDN")                                                        \
	M(IKE_ID_IPV4_SUBNET, 4, "IPv4 subnet")                                                    \
	M(IKE_ID_IPV6_ADDR, 5, "IPv6")                                                             \
	M(IKE_ID_IPV6_SUBNET, 6, "IPv6 subnet")                                                    \
	M(IKE_ID_IPV4_RANGE, 7, "IPv4 range")                                                      \
	M(IKE_ID_IPV6_RANGE, 8, "IPv6 range")                                                      \
	M(IKE_ID_DER_DN, 9, "DN")                                                                  \
	M(IKE_ID_DER_GN, 10, "GN")                                                                 \
	M(IKE_ID_KEY_ID, 11, "key id")

/*
 * Notify types: RFC 2408 §3.14.1 (errors 1..30), RFC 2407 §4.6.3 (status), RFC 3706 §5.2 (DPD),
 * semantics §5.9 (Windows' own).
 */
#define IKE_NOTIFIES(M)                                                                            \
	M(IKE_N_INVALID_PAYLOAD_TYPE, 1, "INVALID-PAYLOAD-TYPE")                                   \
	M(IKE_N_DOI_NOT_SUPPORTED, 2, "DOI-NOT-SUPPORTED")                                         \
	M(IKE_N_SITUATION_NOT_SUPPORTED, 3, "SITUATION-NOT-SUPPORTED")                             \
	M(IKE_N_INVALID_COOKIE, 4, "INVALID-COOKIE")                                               \
	M(IKE_N_INVALID_MAJOR_VERSION, 5, "INVALID-MAJOR-VERSION")                                 \
	M(IKE_N_INVALID_MINOR_VERSION, 6, "INVALID-MINOR-VERSION")                                 \
	M(IKE_N_INVALID_EXCHANGE_TYPE, 7, "INVALID-EXCHANGE-TYPE")                                 \
	M(IKE_N_INVALID_FLAGS, 8, "INVALID-FLAGS")                                                 \
	M(IKE_N_INVALID_MESSAGE_ID, 9, "INVALID-MESSAGE-ID")                                       \
	M(IKE_N_INVALID_PROTOCOL_ID, 10, "INVALID-PROTOCOL-ID")                                    \
	M(IKE_N_INVALID_SPI, 11, "INVALID-SPI")                                                    \
	M(IKE_N_INVALID_TRANSFORM_ID, 12, "INVALID-TRANSFORM-ID")                                  \
	M(IKE_N_ATTRIBUTES_NOT_SUPPORTED, 13, "ATTRIBUTES-NOT-SUPPORTED")                          \
	M(IKE_N_NO_PROPOSAL_CHOSEN, 14, "NO-PROPOSAL-CHOSEN")                                      \
	M(IKE_N_BAD_PROPOSAL_SYNTAX, 15, "BAD-PROPOSAL-SYNTAX")                                    \
	M(IKE_N_PAYLOAD_MALFORMED, 16, "PAYLOAD-MALFORMED")                                        \
	M(IKE_N_INVALID_KEY_INFORMATION, 17, "INVALID-KEY-INFORMATION")                            \
	M(IKE_N_INVALID_ID_INFORMATION, 18, "INVALID-ID-INFORMATION")                              \
	M(IKE_N_INVALID_CERT_ENCODING, 19, "INVALID-CERT-ENCODING")                                \
	M(IKE_N_INVALID_CERTIFICATE, 20, "INVALID-CERTIFICATE")                                    \
	M(IKE_N_CERT_TYPE_UNSUPPORTED, 21, "CERT-TYPE-UNSUPPORTED")                                \
	M(IKE_N_INVALID_CERT_AUTHORITY, 22, "INVALID-CERT-AUTHORITY")                              \
	M(IKE_N_INVALID_HASH_INFORMATION, 23, "INVALID-HASH-INFORMATION")                          \
	M(IKE_N_AUTHENTICATION_FAILED, 24, "AUTHENTICATION-FAILED")                                \
	M(IKE_N_INVALID_SIGNATURE, 25, "INVALID-SIGNATURE")                                        \
	M(IKE_N_ADDRESS_NOTIFICATION, 26, "ADDRESS-NOTIFICATION")                                  \
	M(IKE_N_NOTIFY_SA_LIFETIME, 27, "NOTIFY-SA-LIFETIME")                                      \
	M(IKE_N_CERTIFICATE_UNAVAILABLE, 28, "CERTIFICATE-UNAVAILABLE")                            \
	M(IKE_N_UNSUPPORTED_EXCHANGE_TYPE, 29, "UNSUPPORTED-EXCHANGE-TYPE")                        \
	M(IKE_N_UNEQUAL_PAYLOAD_LENGTHS, 30, "UNEQUAL-PAYLOAD-LENGTHS")                            \
	M(IKE_N_CONNECTED, 16384, "CONNECTED")                                                     \
	M(IKE_N_RESPONDER_LIFETIME, 24576, "RESPONDER-LIFETIME")                                   \
	M(IKE_N_REPLAY_STATUS, 24577, "REPLAY-STATUS")                                             \
	M(IKE_N_INITIAL_CONTACT, 24578, "INITIAL-CONTACT")                                         \
	M(IKE_N_R_U_THERE, 36136, "R-U-THERE")                                                     \
	M(IKE_N_R_U_THERE_ACK, 36137, "R-U-THERE-ACK")                                             \
	M(IKE_N_MS_STATUS, 40003, "NOTIFY-STATUS")                                                 \
	M(IKE_N_MS_DOS_COOKIE, 40004, "NOTIFY-DOS-COOKIE")                                         \
	M(IKE_N_MS_EXCHANGE_INFO, 40005, "EXCHANGE-INFO")

/* RFC 2407 §3 and §4.2: DOI of IPsec, the only situation we know (identity only). */
enum { IKE_DOI_ISAKMP = 0, IKE_DOI_IPSEC = 1, IKE_SIT_IDENTITY_ONLY = 1 };

#define M(id, number, name) id = (number),
enum ike_payload_type { IKE_P_NONE = 0, IKE_PAYLOADS(M) };
enum ike_exchange { IKE_EXCHANGES(M) };
enum ike_protocol { IKE_PROTOCOLS(M) };
enum ike_ah_transform { IKE_AH_TRANSFORMS(M) };
enum ike_esp_transform { IKE_ESP_TRANSFORMS(M) };
enum ike_attr_type { IKE_ATTRS(M) };
enum ike_qm_attr_type { IKE_QM_ATTRS(M) };
enum ike_cipher_number { IKE_CIPHERS(M) };
enum ike_hash_number { IKE_HASHES(M) };
enum ike_auth_number { IKE_AUTHS(M) };
enum ike_group_number { IKE_GROUPS(M) };
enum ike_mode_number { IKE_MODES(M) };
enum ike_qm_auth_number { IKE_QM_AUTHS(M) };
enum ike_id_type { IKE_IDS(M) };
enum ike_notify_type { IKE_NOTIFIES(M) };
#undef M

/* Number -> name, for enum_to_name(); each ends with {0, NULL}. */
extern const struct enum_name ike_payload_names[], ike_exchange_names[], ike_protocol_names[],
    ike_ah_names[], ike_esp_names[], ike_attr_names[], ike_qm_attr_names[], ike_cipher_names[],
    ike_hash_names[], ike_auth_names[], ike_group_names[], ike_mode_names[], ike_qm_auth_names[],
    ike_id_names[], ike_notify_names[];

#endif
