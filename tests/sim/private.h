/* Private to tests/sim. */
#ifndef TESTS_SIM_PRIVATE_H
#define TESTS_SIM_PRIVATE_H

#include "tests/sim/sim.h"

struct sim_sa *sad_find(struct sim_host *h, const struct ike_sa_id *id);
uint32_t sad_get_spi(struct sim *sim, struct sim_host *h, const struct ike_action *a);
void sad_add(struct sim *sim, struct sim_host *h, const struct ike_sa *sa);
void sad_del(struct sim *sim, struct sim_host *h, const struct ike_sa_id *id);
void sad_move(struct sim *sim, struct sim_host *h, const struct ike_action *a);
/* The address under which `host` is seen by `by`. */
const struct ip *sim_seen_ip(const struct sim *sim, size_t host, size_t by);
/* The same with the port of NAT traversal. */
struct ike_end sim_seen_end(const struct sim *sim, size_t host, size_t by);
/* "mm1" ... "qm4", "info", and "again" when the very bytes were sent before. */
const char *sim_message_name(struct sim *sim, const struct ike_dgram *d, size_t from);
/* The next flight that is a message; NULL: none. */
struct sim_flight *sim_next_message(struct sim *sim);
void sim_deliver(struct sim *sim, struct sim_flight *f);
void sim_drop(struct sim *sim, struct sim_flight *f);
void sim_drain(struct sim *sim, size_t host);

#endif
