/* How a test in the simulator ends, and the shortest thing it can ask: do the two talk? For unit tests. */
#ifndef TESTS_SIM_ENDS_H
#define TESTS_SIM_ENDS_H

#include "tests/sim/sim.h"
#include "tests/unit/tap.h"

static inline void done(struct sim *sim)
{
	sim_check(sim);
	ok(sim_ok(sim));
	sim_free(sim);
}

/* A request of andy's is answered, and packets pass both ways. */
static inline bool talks(struct sim *sim)
{
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(5));
	return sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10);
}

#endif
