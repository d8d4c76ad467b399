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

/* What most scenarios begin with. */
#define UP "andy acquires betty\nrun 1\nandy sas 1\nbetty sas 1\n"

static void a_lost_third_message_is_sent_again(void)
{
	ladder("andy acquires betty\n"
	       "run 0.085\n"
	       "andy -> betty qm3 lost\n"
	       "wait 1\n"
	       "andy -> betty qm3\n"
	       "betty event QM_UP OK\n"
	       "betty -> andy qm4\n"
	       "wait 9\n"
	       "quiet\n"
	       "agreed\n");
}

static void traffic_proves_as_much_as_the_third_message(void)
{
	ladder("andy acquires betty\n"
	       "run 0.085\n"
	       "andy -> betty qm3 held\n"
	       "andy packet betty passes\n"
	       "wait 1.1\n"                   /* betty asks her kernel: the SA was used */
	       "betty event QM_UP OK\n"
	       "run 0.2\n"
	       "agreed\n"
	       "release\n"                    /* too late, and no harm */
	       "run 1\n"
	       "andy sas 1\n"
	       "betty sas 1\n"
	       "agreed\n");
}

static void a_lost_sixth_message_is_repeated(void)
{
	ladder("andy acquires betty\n"
	       "run 0.045\n"
	       "andy -> betty mm5\n"
	       "betty event MM_UP OK\n"
	       "betty -> andy mm6 lost\n"
	       "wait 1\n"
	       "andy -> betty mm5\n"
	       "betty -> andy mm6\n"
	       "andy event MM_UP OK\n"
	       "run 1\n"
	       "agreed\n");
}

static void a_damaged_fifth_message_ends_nothing(void)
{
	ladder("andy acquires betty\n"
	       "run 0.045\n"
	       "andy -> betty mm5 corrupt\n"
	       "betty event FAILED AUTH_FAIL\n" /* so it seems */
	       "run 2\n"
	       "betty event MM_UP OK\n"
	       "andy sas 1\n"
	       "agreed\n");
}

static void a_damaged_quick_mode_is_not_answered(void)
{
	ladder("andy acquires betty\n"
	       "run 0.065\n"
	       "andy -> betty qm1 corrupt\n"  /* readable, but its hash is wrong */
	       "quiet\n"
	       "wait 1\n"
	       "andy -> betty qm1\n"
	       "betty -> andy qm2 corrupt\n"
	       "quiet\n"
	       "wait 2\n"
	       "andy -> betty qm1\n"          /* repeated: so is the answer */
	       "betty -> andy qm2\n"
	       "run 1\n"
	       "agreed\n");
}

static void a_doubled_message_gets_the_same_answer(void)
{
	ladder("andy acquires betty\n"
	       "andy -> betty mm1 twice\n"
	       "betty -> andy mm2\n"
	       "betty -> andy mm2\n"
	       "andy -> betty mm3\n"
	       "betty -> andy mm4\n"
	       "andy -> betty mm5\n"
	       "betty -> andy mm6\n"
	       "andy -> betty qm1\n"
	       "run 1\n"
	       "agreed\n");
}

static void a_deleted_pair_is_gone_at_both_ends(void)
{
	ladder(UP "betty deletes\n"
	       "betty -> andy info\n"         /* quick mode */
	       "andy sas 0\n"
	       "andy event QM_DOWN SA_DELETED\n"
	       "betty -> andy info\n"         /* main mode */
	       "andy event MM_DOWN SA_DELETED\n"
	       "andy -> betty info\n"         /* both are confirmed */
	       "andy -> betty info\n"
	       "wait 60\n"
	       "quiet\n"
	       "andy packet betty held\n"     /* and the next packet begins anew */
	       "run 1\n"
	       "andy packet betty passes\n"
	       "agreed\n");
}

static void a_forged_delete_deletes_nothing(void)
{
	ladder(UP "betty deletes\n"
	       "betty -> andy info corrupt\n" /* readable, but its hash is wrong */
	       "andy sas 1\n"
	       "betty -> andy info\n"         /* the main mode's */
	       "andy -> betty info\n"
	       "wait 1\n"
	       "betty -> andy info\n"         /* once more, whole */
	       "andy sas 0\n");
}

static void a_delete_that_comes_first_wins(void)
{
	ladder(UP "wait 10\n"
	       "andy acquires betty\n"
	       "andy -> betty qm1 held\n"
	       "betty deletes\n"
	       "betty -> andy info\n"
	       "betty -> andy info\n"
	       "release\n"
	       "run 40\n"
	       "andy waits 0\n"
	       "agreed\n");
}

static void a_reboot_is_noticed(void)
{
	ladder(UP "wait 30\n"
	       "betty reboots\n"
	       "andy packet betty held\n"     /* betty does not know the SPI: she asks for a main mode */
	       "betty -> andy mm1\n"
	       "run 1\n"
	       "andy event QM_DOWN PEER_MM_ASSUMED_INVALID\n"
	       "andy packet betty held\n"
	       "run 1\n"
	       "andy packet betty passes\n"
	       "betty packet andy passes\n"
	       "agreed\n");
}

static void nobody_answers(void)
{
	ladder("andy acquires carol\n"
	       "wait 1\n"
	       "andy waits 0\n" /* no rule speaks of carol */
	       "quiet\n"
	       "andy acquires betty\n"
	       "andy -> betty mm1 lost\n"
	       "wait 1\n"
	       "andy -> betty mm1 lost\n"
	       "wait 2\n"
	       "andy -> betty mm1 lost\n"
	       "wait 60.5\n"
	       "andy event FAILED DROP_NO_RESPONSE\n"
	       "andy waits 0\n");
}

static const struct tap_case cases[] = {
    {"main mode and quick mode make one pair of SAs, in nine messages and a confirmation", main_and_quick_mode},
    {"quick mode 3 lost: it is sent again until it is confirmed", a_lost_third_message_is_sent_again},
    {"quick mode 3 late: traffic proves as much", traffic_proves_as_much_as_the_third_message},
    {"main mode 6 lost: it is repeated for a repeated 5", a_lost_sixth_message_is_repeated},
    {"main mode 5 damaged: a good one is still taken", a_damaged_fifth_message_ends_nothing},
    {"quick mode damaged: not answered, and still taken when it comes whole", a_damaged_quick_mode_is_not_answered},
    {"main mode 1 doubled: answered twice, continued once", a_doubled_message_gets_the_same_answer},
    {"deleted at one end, gone at both, confirmed", a_deleted_pair_is_gone_at_both_ends},
    {"a delete whose hash is wrong deletes nothing", a_forged_delete_deletes_nothing},
    {"a delete overtakes a quick mode", a_delete_that_comes_first_wins},
    {"a rebooted peer begins anew", a_reboot_is_noticed},
    {"nobody answers", nobody_answers},
};
TAP_MAIN(cases)
