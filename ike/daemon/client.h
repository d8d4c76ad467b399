/*
 * The daemon's end of the channel to the enforcer (ike/channel). The enforcer may come late, go and come again: what was
 * asked and not answered has failed then, the SAs stay where they are, and a delete that nobody took is said to
 * the next one.
 */
#ifndef IKE_DAEMON_CLIENT_H
#define IKE_DAEMON_CLIENT_H

#include "ike/channel/channel.h"
#include "ike/daemon/chan.h"

enum { CLIENT_DELETES_MAX = 65536 };

struct client {
	struct chan policy, kernel; /* closed while there is no enforcer */
	struct ikc_assembly assembly; /* a profile that is coming in */
	struct client_asked {
		uint32_t op;
		enum ike_do kind;
	} *asked; /* in order */
	size_t nasked, cap_asked;
	struct ike_sa_id *deletes; /* that nobody took */
	size_t ndeletes, cap_deletes;
	struct ikc_msg out; /* room: a message is large */
};

void client_init(struct client *c);
void client_free(struct client *c);
bool client_connected(const struct client *c);
/* Takes the two descriptors over and says READY. false: it is gone already. */
bool client_connect(struct client *c, int policy, int kernel);
/*
 * Passes an action of the engine on: any but SEND and PSK_PRF. false: it cannot be; when it has an op, that one has
 * failed, and the connection may have.
 */
bool client_do(struct client *c, const struct ike_action *a);
/* To *policy*: an answer with the question's `seq`. false: the connection is lost. */
bool client_tell(struct client *c, const struct ikc_msg *m);
/* The next message of the kernel or the policy into *m. 1; 0: none is there; -1: it is gone, or said nonsense (*e). */
int client_read(struct client *c, struct ikc_msg *m, struct err *e);
/* What a RESULT answers; false: nothing that was asked. */
bool client_answer(struct client *c, const struct ikc_msg *m, struct ike_result *out);
/* Sends what waits. false: the connection is lost. */
bool client_flush(struct client *c);
/* Closes; afterwards each call of client_failed() gives the op of a question that has failed, then 0. */
void client_disconnect(struct client *c);
uint32_t client_failed(struct client *c);

#endif
