/* Scenarios of two IKE engines as ladder text; the language stands in tests/sim/ladder.c. */
#include "tests/sim/sim.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static void ladder(const char *text)
{
	struct sim *sim = sim_new(1, NULL);

	sim_pair(sim);
	ok(sim_ladder(sim, text));
	sim_free(sim);
}

static void main_and_quick_mode(void)
{
	ladder("andy acquires betty\n"
	       "andy -> betty mm1\n"
	       "betty -> andy mm2\n"
	       "andy -> betty mm3\n"
	       "betty -> andy mm4\n"
	       "andy -> betty mm5\n"
	       "betty -> andy mm6\n"
	       "andy -> betty qm1\n"
	       "betty -> andy qm2\n"
	       "andy event QM_UP OK\n"
	       "andy waits 0\n"
	       "andy -> betty qm3\n"
	       "betty event QM_UP OK\n"
	       "betty -> andy qm4\n"
	       "quiet\n"
	       "agreed\n"
	       "andy packet betty passes\n"
	       "betty packet andy passes\n");
}

static const struct tap_case cases[] = {
    {"main mode and quick mode make one pair of SAs, in nine messages and a confirmation", main_and_quick_mode},
};
TAP_MAIN(cases)
