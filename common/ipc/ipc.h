/*
 * The control channel of the enforcer: a Unix SOCK_SEQPACKET socket, so one packet is one message.
 * A client sends a request, the enforcer sends one answer with the same sequence number.
 *
 * Every message: the header {magic u32, version u16, type u16, length u32, sequence u32}, then the body
 * of that type; `length` counts the body only. All numbers are little-endian. Text is u16 length and so
 * many bytes of UTF-8 without NUL. What does not fit exactly is refused: no unknown types, no rest.
 *
 * Listings come in pages: the client asks for a page and, while that says there is more, for the next, so
 * that the enforcer never holds more than one answer for anybody. A message's texts live inside the message
 * itself: it cannot be copied by assignment, and wiping it (secret_wipe) wipes the keys it brought.
 *
 * Bump IPC_VERSION whenever the bytes of any message change; numbers of types are never reused.
 */
#ifndef IPC_IPC_H
#define IPC_IPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/guid.h"
#include "common/base/str.h"
#include "common/model/assoc.h"
#include "common/model/dynamic.h"
#include "common/model/packet.h"
#include "common/model/traffic.h"

enum {
	IPC_MAGIC = 0x31435049, /* the bytes "IPC1" */
	IPC_VERSION = 6,
	IPC_HEAD_BYTES = 16,
	IPC_BODY_MAX = 24576, /* the largest rule, with every method a long CA name, takes 19 kB */
	IPC_MSG_MAX = IPC_HEAD_BYTES + IPC_BODY_MAX,
	IPC_TEXT_MAX = 512, /* bytes of a message text, NUL included */
	IPC_NAME_MAX = 256, /* bytes of an object's name, NUL included */
	IPC_VERSION_TEXT_MAX = 32,
};

/* Requests are odd, answers even; spaced so that kin stay together. */
enum ipc_type {
	IPC_NOTIFY = 1,  /* client: the store has reached `counter`; answer when that is in force */
	IPC_RESULT = 2,  /* enforcer: how that went */
	IPC_STATUS = 11, /* client: what is in force? Empty body */
	IPC_STATE = 12,  /* enforcer: that */
	IPC_CHANGE = 21, /* client: change a dynamic object; answer when that is in force */
	IPC_DONE = 22,   /* enforcer: how that went */
	IPC_LIST = 23,   /* client: the next page of a listing */
	IPC_PAGE = 24,   /* enforcer: that */
	IPC_STATS = 25,  /* client: the counters. Empty body */
	IPC_COUNTS = 26, /* enforcer: those */
	IPC_EXPLAIN = 27,     /* client: what becomes of a packet, and why? */
	IPC_EXPLANATION = 28, /* enforcer: that, ready to be shown */
	IPC_TRAFFIC = 29,     /* client: the next page of the counters of rules or filters */
	IPC_TRAFFIC_PAGE = 30,
	IPC_SAS = 31,      /* client: the next page of security associations; only IKE knows them, so the answer takes a while */
	IPC_SAS_PAGE = 32, /* enforcer: that */
	IPC_KEY = 41,      /* ipsec-iked: the preshared key of a dynamic rule. Root's and the enforcer's own user's to ask */
	IPC_KEY_TEXT = 42, /* enforcer: that */
	IPC_ERROR = 100, /* enforcer: the request was not understood; it closes the connection */
};

struct ipc_notify {
	bool persistent;  /* which store: the persistent or the local one */
	uint64_t counter; /* of that store (store_counter) */
};
struct ipc_result {
	uint64_t counter; /* of that store, as it is in force now */
	bool failed;      /* the newest store content could not be read, compiled or applied */
	char text[IPC_TEXT_MAX]; /* why; "" when not failed */
};
/* Operational modes (semantics §2.2). Wire numbers. */
enum opmode {
	OPMODE_PERMIT = 0, /* nothing is in force yet */
	OPMODE_SECURE = 1,
	OPMODE_BLOCK = 2, /* a persistent policy is there and cannot be applied */
};
extern const struct enum_name opmode_names[]; /* Permit Secure Block */

struct ipc_state {
	uint8_t mode;                       /* enum opmode */
	char reason[IPC_TEXT_MAX];          /* why that mode */
	int64_t applied_s;                  /* when the filters in force were last changed, seconds since 1970; 0: never */
	char version[IPC_VERSION_TEXT_MAX]; /* of the enforcer program */
	bool assigned;                      /* is a policy of the local store in force? */
	char policy[IPC_NAME_MAX];          /* its name; "" when none */
	struct guid guid;                   /* null when none */
	uint64_t counter;                   /* of the local store, as it is in force */
	bool persistent_assigned;           /* the same of the persistent store */
	char persistent_policy[IPC_NAME_MAX];
	struct guid persistent_guid;
	uint64_t persistent_counter;
	uint32_t nfilters, nxfrm;           /* specific filters; XFRM policies */
	bool ike_running;                   /* is an IKE daemon connected? */
	char ike[IPC_TEXT_MAX];             /* what it is doing, or that there is none */
	char last_error[IPC_TEXT_MAX];      /* "" when the last change went well */
};
struct ipc_error {
	char text[IPC_TEXT_MAX];
};
struct ipc_done {
	uint32_t number; /* of the message (messages.h), 0: done */
	char text[IPC_TEXT_MAX];
};
struct ipc_explain {
	bool json; /* as a JSON document, otherwise as lines for people */
	struct packet packet;
};
struct ipc_explanation {
	uint32_t number;  /* of the message (messages.h) that `text` is, 0: it is the explanation */
	const char *text; /* at most IPC_EXPLANATION_MAX bytes */
};
enum { IPC_EXPLANATION_MAX = IPC_BODY_MAX - 16 };
struct ipc_traffic {
	uint8_t of;     /* enum traffic_of */
	bool persistent; /* of the policy of the persistent store, otherwise of the local one */
	uint32_t after; /* 0: read the counters anew; otherwise the id that ended the last page */
};
enum { IPC_TRAFFIC_MAX = 1200 };
struct ipc_traffic_page {
	struct guid policy; /* whose rules and filters these are; null: no policy is in force */
	bool more;
	size_t n;
	struct traffic v[IPC_TRAFFIC_MAX]; /* by id */
};
/* What IKE was asked and how that went. No daemon is running: an empty answer and no error. */
struct ipc_ike {
	bool running;
	uint32_t number; /* of the message (messages.h) that says why there is no answer; 0: there is one */
	char text[IPC_TEXT_MAX];
};
struct ipc_counts {
	struct ipc_ike ike; /* running false: the counters of key exchange are 0 */
	struct dyn_stats stats;
};
struct ipc_sas {
	bool quick;     /* quick mode, otherwise main mode */
	uint64_t after; /* 0: from the beginning; otherwise `next` of the last page */
};
struct ipc_sas_page {
	struct ipc_ike ike;
	int64_t now_s; /* of the answer, seconds since 1970 */
	bool quick;    /* which member of u */
	union {
		struct mmsa_page mm;
		struct qmsa_page qm;
	} u;
};
/* The text is wiped by whoever received it. */
struct ipc_key {
	bool found;
	const char *text; /* at most MODEL_TEXT_MAX bytes */
};
struct ipc_list {
	uint8_t kind;   /* enum dyn_kind, not DYN_ALL */
	uint64_t after; /* 0: from the beginning; otherwise dyn_page.next */
};

/* Some 60 kB: one lives on the stack at a time. */
struct ipc_msg {
	uint16_t type; /* enum ipc_type: which member of u */
	uint32_t seq;
	union {
		struct ipc_notify notify;
		struct ipc_result result;
		struct ipc_state state;
		struct ipc_error error;
		struct dyn_change change;
		struct ipc_done done;
		struct ipc_list list;
		struct dyn_page page;
		struct ipc_counts counts;
		struct ipc_sas sas;
		struct ipc_sas_page sas_page;
		struct guid key_name; /* IPC_KEY */
		struct ipc_key key;
		struct ipc_explain explain;
		struct ipc_explanation explanation;
		struct ipc_traffic traffic;
		struct ipc_traffic_page traffic_page;
	} u;
	size_t pool_used;
	char pool[IPC_BODY_MAX]; /* decoded texts of change, pages, explanation and key */
};

/* --- bytes (codec.c): pure ------------------------------------------------------------------------ */

/* Writes the message; returns its length. Text that is too long was cut by its array already. */
size_t ipc_encode(const struct ipc_msg *m, uint8_t out[IPC_MSG_MAX]);
/*
 * Reads exactly one message. -1 with IPC_BAD when anything is off; then m->seq still holds the sequence
 * number when the header was readable (otherwise 0), so that the error can be answered.
 */
int ipc_decode(const uint8_t *bytes, size_t n, struct ipc_msg *m, struct err *e);
/*
 * Adds a copy of `it` (its texts stay where they are) to a page that is to be sent. false: it is full; an
 * empty page takes any item. *bytes, 0 for an empty page, counts what the page will take.
 */
bool ipc_page_add(struct dyn_page *page, size_t *bytes, const struct dyn_item *it);
/* "version 0.1, policy 'p' {guid}, change 7, ..." as lines "name: value\n". */
void ipc_state_print(const struct ipc_state *s, struct buf *b);

/* --- sockets (sock.c) ----------------------------------------------------------------------------- */

/*
 * Binds and listens on run_dir/enforcerd.sock (non-blocking, mode 0660); an old socket file is replaced,
 * so the caller must hold the lock of the run folder. Returns the descriptor, or -1 with `e` set.
 */
int ipc_listen(const char *run_dir, struct err *e);
/* Sends one message; -1 with IPC_SYSTEM when it cannot be sent whole (the enforcer's side never waits). */
int ipc_send(int fd, const struct ipc_msg *m, struct err *e);
/* Receives one message. 1: got it; 0: the other side closed; -1: `e` is set (as ipc_decode). */
int ipc_recv(int fd, struct ipc_msg *m, struct err *e);

/* --- client --------------------------------------------------------------------------------------- */

/*
 * Tells the enforcer that one of the stores has reached `counter` and waits until it has done what it can.
 *  0: a plan at least as new as `counter` is in force and `complaint` is empty; or the enforcer could not
 *     read, compile or apply it, kept the plan it had, and `complaint` (cleared first) says why
 *  1: no enforcer is running (no socket, or nobody behind it): not an error
 * -1: `e` is set: no answer within timeout_ms, an answer that is not understood, or no permission
 */
int ipc_notify_enforcer(const char *run_dir, bool persistent, uint64_t counter, int timeout_ms, struct buf *complaint,
    struct err *e);
/* Sends `m` and waits for its answer of type `want` in the same struct. 0, 1 and -1 as above. */
int ipc_ask(const char *run_dir, int timeout_ms, uint16_t want, struct ipc_msg *m, struct err *e);
/* The process that listens for the enforcer's clients. 0; 1 nobody does; -1 with `e` set. */
int ipc_peer(const char *run_dir, int timeout_ms, pid_t *pid, struct err *e);
/*
 * When ipc_ask() says that nobody is there: did an enforcer end without an orderly stop, so that what it put into the
 * kernel is still there? Told by its socket file, which only the orderly stop and a new start of the host remove; so
 * it needs no privilege.
 */
bool ipc_left_behind(const char *run_dir);
/*
 * Asks for the preshared key of a dynamic rule, of an enforcer of root or of our own user only. 0: *text is it (the caller
 * wipes and frees it: secret_free()), or NULL when no rule has a key of that name; 1 and -1 as above.
 */
int ipc_key(const char *run_dir, int timeout_ms, const struct guid *name, char **text, struct err *e);
/* Asks what is in force. 0, 1 and -1 as above. */
int ipc_status(const char *run_dir, int timeout_ms, struct ipc_state *out, struct err *e);

#endif
