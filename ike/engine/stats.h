/*
 * The counters of semantics §6, in the order of the labels of `dynamic show stats` (DYN_STATS_IKE, DYN_STATS_IPSEC).
 * M(identifier, gauge, meaning). The engine keeps the first block and those of the second that are its own; the
 * daemon adds what only the kernel or its sockets know (marked in the text).
 */
#ifndef IKE_ENGINE_STATS_H
#define IKE_ENGINE_STATS_H

#include <stdint.h>

#define IKE_STATS(M)                                                                               \
	M(MAIN_MODES, 0, "main modes that succeeded")                                              \
	M(QUICK_MODES, 0, "quick modes that succeeded")                                            \
	M(SOFT_SAS, 0, "associations in clear, because the peer did not answer")                   \
	M(AUTH_FAILURES, 0, "identities that failed in main mode")                                 \
	M(ACTIVE_ACQUIRE, 1, "requests of the kernel being worked on or queued")                   \
	M(ACTIVE_RECEIVE, 1, "received messages waiting; the daemon's")                            \
	M(ACQUIRE_FAILURES, 0, "requests of the kernel that failed")                               \
	M(RECEIVE_FAILURES, 0, "errors of the receive call; the daemon's")                         \
	M(SEND_FAILURES, 0, "errors of the send call; the daemon's")                               \
	M(ACQUIRE_HEAP, 1, "entries in the table of requests")                                     \
	M(RECEIVE_HEAP, 1, "receive buffers; the daemon's")                                        \
	M(NEGOTIATION_FAILURES, 0, "main or quick modes that failed")                              \
	M(INVALID_COOKIES, 0, "messages whose cookies fit no state")                               \
	M(TOTAL_ACQUIRE, 0, "requests of the kernel")                                              \
	M(TOTAL_GET_SPI, 0, "SPIs asked of the kernel")                                            \
	M(KEY_ADDS, 0, "outbound SAs given to the kernel")                                         \
	M(KEY_UPDATES, 0, "inbound SAs given to the kernel")                                       \
	M(GET_SPI_FAILURES, 0, "SPIs the kernel did not give")                                     \
	M(KEY_ADD_FAILURES, 0, "outbound SAs the kernel did not take")                             \
	M(KEY_UPDATE_FAILURES, 0, "inbound SAs the kernel did not take")                           \
	M(ISADB_SIZE, 1, "main mode states, failed ones not yet removed included")                 \
	M(CONN_LIST_SIZE, 1, "quick mode states")                                                  \
	M(INVALID_PACKETS, 0, "messages that are not valid: header, lengths, cookies")

#define IKE_IPSEC_STATS(M)                                                                         \
	M(ACTIVE_SAS, 1, "quick mode SAs in force")                                                \
	M(OFFLOADED_SAS, 1, "of them in hardware; the kernel's")                                   \
	M(PENDING_KEYS, 1, "key operations asked of the kernel and not answered")                  \
	M(QM_KEY_ADDS, 0, "quick modes whose keys are in force")                                   \
	M(QM_KEY_DELETES, 0, "quick mode SAs deleted")                                             \
	M(REKEYS, 0, "quick modes renewed")                                                        \
	M(ACTIVE_TUNNELS, 1, "tunnel mode SAs in force")                                           \
	M(BAD_SPI, 0, "packets of an unknown SPI, as far as it heard; the enforcer counts all")    \
	M(NOT_DECRYPTED, 0, "packets that could not be decrypted; this and what follows: the enforcer's") \
	M(NOT_AUTHENTICATED, 0, "packets whose check value was wrong")                             \
	M(REPLAY_DETECTION, 0, "packets received whose number was checked and good")               \
	M(CONFIDENTIAL_SENT, 0, "bytes in ESP")                                                    \
	M(CONFIDENTIAL_RECEIVED, 0, "bytes in ESP")                                                \
	M(AUTHENTICATED_SENT, 0, "bytes in AH")                                                    \
	M(AUTHENTICATED_RECEIVED, 0, "bytes in AH")                                                \
	M(TRANSPORT_SENT, 0, "bytes in either, of either mode")                                    \
	M(TRANSPORT_RECEIVED, 0, "likewise")                                                       \
	M(OFFLOADED_SENT, 0, "bytes, by hardware")                                                 \
	M(OFFLOADED_RECEIVED, 0, "likewise")                                                       \
	M(TUNNEL_SENT, 0, "bytes in tunnel mode")                                                  \
	M(TUNNEL_RECEIVED, 0, "likewise")

#define M(id, gauge, meaning) IKE_STAT_##id,
enum ike_stat { IKE_STATS(M) IKE_STAT_COUNT };
#undef M
#define M(id, gauge, meaning) IKE_QSTAT_##id,
enum ike_qstat { IKE_IPSEC_STATS(M) IKE_QSTAT_COUNT };
#undef M

struct ike_stats {
	uint64_t ike[IKE_STAT_COUNT];
	uint64_t ipsec[IKE_QSTAT_COUNT]; /* kept by the engine: up to ACTIVE_TUNNELS, without OFFLOADED_SAS */
};

#endif
