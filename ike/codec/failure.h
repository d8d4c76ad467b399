/*
 * Why a negotiation failed: the Win32 numbers of semantics §5.11, which travel in NOTIFY-STATUS notifies
 * and are shown in logs and listings. M(identifier, number, notify, text); the full Windows name is
 * ERROR_IPSEC_IKE_ and the identifier. Texts are ours. `notify` is what the peer is told (RFC 2408 §3.14.1), 0 = nothing.
 */
#ifndef IKE_CODEC_FAILURE_H
#define IKE_CODEC_FAILURE_H

#include <stdint.h>

/* clang-format off */
#define IKE_FAILURES(M) \
	M(AUTH_FAIL, 13801, 24, "authentication failed: the preshared keys or credentials differ") \
	M(ATTRIB_FAIL, 13802, 13, "the offered attributes do not fit our policy") \
	M(NEGOTIATION_PENDING, 13803, 0, "the negotiation is still going on") \
	M(GENERAL_PROCESSING_ERROR, 13804, 0, "a message could not be processed") \
	M(TIMED_OUT, 13805, 0, "the negotiation timed out") \
	M(NO_CERT, 13806, 28, "there is no usable machine certificate") \
	M(SA_DELETED, 13807, 0, "the peer deleted the association") \
	M(SA_REAPED, 13808, 0, "the association was given up: nothing used it, or it never got ready") \
	M(MM_ACQUIRE_DROP, 13809, 0, "the main mode request waited too long") \
	M(QM_ACQUIRE_DROP, 13810, 0, "the quick mode request waited too long") \
	M(QUEUE_DROP_MM, 13811, 0, "the queue of main mode messages is full") \
	M(QUEUE_DROP_NO_MM, 13812, 0, "a message without main mode was dropped from the queue") \
	M(DROP_NO_RESPONSE, 13813, 0, "the peer does not answer") \
	M(MM_DELAY_DROP, 13814, 0, "the main mode message came too late") \
	M(QM_DELAY_DROP, 13815, 0, "the quick mode message came too late") \
	M(ERROR, 13816, 0, "an unspecified error") \
	M(CRL_FAILED, 13817, 20, "our certificate was revoked or could not be checked") \
	M(INVALID_KEY_USAGE, 13818, 20, "the key usage of a certificate does not fit") \
	M(INVALID_CERT_TYPE, 13819, 21, "a certificate is of a wrong type") \
	M(NO_PRIVATE_KEY, 13820, 0, "a certificate has no private key") \
	M(SIMULTANEOUS_REKEY, 13821, 0, "both ends renewed at once") \
	M(DH_FAIL, 13822, 17, "the Diffie-Hellman computation failed") \
	M(CRITICAL_PAYLOAD_NOT_RECOGNIZED, 13823, 1, "a critical payload is not known") \
	M(INVALID_HEADER, 13824, 16, "the header is not valid") \
	M(NO_POLICY, 13825, 14, "no policy applies") \
	M(INVALID_SIGNATURE, 13826, 25, "the signature could not be verified") \
	M(KERBEROS_ERROR, 13827, 24, "Kerberos authentication failed") \
	M(NO_PUBLIC_KEY, 13828, 20, "a certificate has no public key") \
	M(PROCESS_ERR, 13829, 16, "a payload could not be processed") \
	M(PROCESS_ERR_SA, 13830, 16, "the SA payload is not valid") \
	M(PROCESS_ERR_PROP, 13831, 15, "a proposal is not valid") \
	M(PROCESS_ERR_TRANS, 13832, 15, "a transform is not valid") \
	M(PROCESS_ERR_KE, 13833, 17, "the key exchange payload is not valid") \
	M(PROCESS_ERR_ID, 13834, 18, "the identification payload is not valid") \
	M(PROCESS_ERR_CERT, 13835, 20, "the certificate payload is not valid") \
	M(PROCESS_ERR_CERT_REQ, 13836, 22, "the certificate request is not valid") \
	M(PROCESS_ERR_HASH, 13837, 23, "the hash payload is not valid") \
	M(PROCESS_ERR_SIG, 13838, 25, "the signature payload is not valid") \
	M(PROCESS_ERR_NONCE, 13839, 16, "the nonce is not valid") \
	M(PROCESS_ERR_NOTIFY, 13840, 0, "the notify payload is not valid") \
	M(PROCESS_ERR_DELETE, 13841, 0, "the delete payload is not valid") \
	M(PROCESS_ERR_VENDOR, 13842, 16, "the vendor id payload is not valid") \
	M(INVALID_PAYLOAD, 13843, 16, "a payload is not valid here") \
	M(LOAD_SOFT_SA, 13844, 0, "the peer knows no IPsec: a soft association was made") \
	M(SOFT_SA_TORN_DOWN, 13845, 0, "a soft association ended") \
	M(INVALID_COOKIE, 13846, 4, "the cookie is not one of ours") \
	M(NO_PEER_CERT, 13847, 20, "the peer sent no certificate") \
	M(PEER_CRL_FAILED, 13848, 20, "the peer's certificate was revoked or could not be checked") \
	M(POLICY_CHANGE, 13849, 0, "the policy changed") \
	M(NO_MM_POLICY, 13850, 14, "no main mode policy applies") \
	M(NOTCBPRIV, 13851, 0, "the privilege for Kerberos is missing") \
	M(SECLOADFAIL, 13852, 0, "Kerberos is not available") \
	M(FAILSSPINIT, 13853, 0, "Kerberos could not be started") \
	M(FAILQUERYSSP, 13854, 0, "Kerberos could not be asked") \
	M(SRVACQFAIL, 13855, 0, "no Kerberos credential for this machine") \
	M(SRVQUERYCRED, 13856, 0, "the Kerberos credential could not be read") \
	M(GETSPIFAIL, 13857, 0, "the kernel gave no SPI") \
	M(INVALID_FILTER, 13858, 18, "the traffic does not fit a filter") \
	M(OUT_OF_MEMORY, 13859, 0, "out of memory") \
	M(ADD_UPDATE_KEY_FAILED, 13860, 0, "the kernel did not take the keys") \
	M(INVALID_POLICY, 13861, 0, "the policy is not valid") \
	M(UNKNOWN_DOI, 13862, 2, "the domain of interpretation is not IPsec") \
	M(INVALID_SITUATION, 13863, 3, "the situation is not known") \
	M(DH_FAILURE, 13864, 17, "the peer's public value is not acceptable") \
	M(INVALID_GROUP, 13865, 13, "the group is not known") \
	M(ENCRYPT, 13866, 0, "encryption failed") \
	M(DECRYPT, 13867, 16, "decryption failed") \
	M(POLICY_MATCH, 13868, 14, "nothing the peer offered fits our policy") \
	M(UNSUPPORTED_ID, 13869, 18, "the kind of identity is not supported") \
	M(INVALID_HASH, 13870, 23, "the hash of the message is wrong") \
	M(INVALID_HASH_ALG, 13871, 13, "the hash algorithm is not known") \
	M(INVALID_HASH_SIZE, 13872, 23, "the hash has a wrong length") \
	M(INVALID_ENCRYPT_ALG, 13873, 13, "the cipher is not known") \
	M(INVALID_AUTH_ALG, 13874, 13, "the authentication method is not known") \
	M(INVALID_SIG, 13875, 25, "the signature is not valid") \
	M(LOAD_FAILED, 13876, 0, "the daemon could not start") \
	M(RPC_DELETE, 13877, 0, "deleted by an administrator") \
	M(BENIGN_REINIT, 13878, 0, "the negotiation starts again") \
	M(INVALID_RESPONDER_LIFETIME_NOTIFY, 13879, 0, "the responder's lifetime is below the minimum") \
	M(INVALID_CERT_KEYLEN, 13881, 20, "the key of a certificate has a wrong length") \
	M(MM_LIMIT, 13882, 0, "too many main modes with this peer") \
	M(NEGOTIATION_DISABLED, 13883, 0, "negotiation is switched off") \
	M(QM_LIMIT, 13884, 0, "the main mode has made as many quick modes as it may") \
	M(MM_EXPIRED, 13885, 0, "the main mode has expired") \
	M(PEER_MM_ASSUMED_INVALID, 13886, 0, "the peer does not answer any more, or began anew") \
	M(CERT_CHAIN_POLICY_MISMATCH, 13887, 22, "the certificate does not lead to the wanted authority") \
	M(UNEXPECTED_MESSAGE_ID, 13888, 9, "the message id is not expected") \
	M(INVALID_UMATTS, 13889, 13, "attributes of user mode authentication are not valid") \
	M(DOS_COOKIE_SENT, 13890, 0, "the peer was asked to prove its address") \
	M(SHUTTING_DOWN, 13891, 0, "the service is ending") \
	M(CGA_AUTH_FAILED, 13892, 24, "CGA authentication failed") \
	M(PROCESS_ERR_NATOA, 13893, 16, "the original address is not valid") \
	M(INVALID_MM_FOR_QM, 13894, 0, "the main mode does not fit the quick mode") \
	M(QM_EXPIRED, 13895, 0, "the quick mode has expired") \
	M(TOO_MANY_FILTERS, 13896, 0, "too many filters")
/* clang-format on */

enum ike_failure {
	IKE_OK = 0,
#define M(id, number, notify, text) IKE_FAIL_##id = (number),
	IKE_FAILURES(M)
#undef M
};

/* "AUTH_FAIL"; NULL for a number that is not in the table. */
const char *ike_failure_name(enum ike_failure f);
/* A sentence for a person; NULL likewise. */
const char *ike_failure_text(enum ike_failure f);
/* The notify type that tells a peer (enum ike_notify_type), 0: do not tell. */
uint16_t ike_failure_notify(enum ike_failure f);

#endif
