/* What associations carried: sums that do not fall when one ends, and what one of them says. */
#include "tests/unit/sas_bed.h"

#include "common/base/banned.h"

static void carries(const struct ike_sa_id *id, uint64_t bytes, uint64_t packets)
{
	sad_fake_carry(sad, id, &(struct sad_usage){.bytes = bytes, .packets = packets});
}

static uint64_t sum(enum kernel_sa_sum which)
{
	struct kernel_sa_sums all;
	struct err e = {0};

	is_int(kernel_sa_sums(k, &all, &e), 0);
	return all.v[which];
}

static void sums_are(const struct kernel_sa_sums *want)
{
	for (enum kernel_sa_sum i = 0; i < KERNEL_SUMS; i++)
		is_int(sum(i), want->v[i]);
}

static void each_sum_counts_what_it_says(void)
{
	struct two esp, ah;

	start();
	sums_are(&(struct kernel_sa_sums){.v = {0}});
	esp = negotiate(0, 0x5555);
	ah = negotiate(1, 0x6666);
	sad_fake_carry(sad, &esp.in, &(struct sad_usage){.bytes = 1000, .packets = 10, .replayed = 2, .forged = 3});
	carries(&esp.out, 500, 5);
	sad_fake_carry(sad, &ah.in, &(struct sad_usage){.bytes = 70, .packets = 7, .replayed = 20, .forged = 30});
	carries(&ah.out, 60, 6);
	ok(say(IKC_GET_SPI, ask_spi(0)).ok);
	sums_are(&(struct kernel_sa_sums){.v = {[KERNEL_SUM_ESP_SENT] = 500, [KERNEL_SUM_ESP_RECEIVED] = 1000,
	    [KERNEL_SUM_AH_SENT] = 60, [KERNEL_SUM_AH_RECEIVED] = 70, [KERNEL_SUM_SENT] = 560, [KERNEL_SUM_RECEIVED] = 1070,
	    [KERNEL_SUM_NUMBERED] = 17, [KERNEL_SUM_REPLAYED] = 22, [KERNEL_SUM_FORGED] = 33, [KERNEL_SUM_PAIRS] = 2,
	    [KERNEL_SUM_WAITING] = 1}});
	stop();
}

/* However an association ends: by IKE, in time, by another's hand, with the plan, or unseen. */
static void sums_do_not_fall_when_associations_end(void)
{
	struct two p;

	start();
	p = negotiate(0, 0x5555);
	carries(&p.in, 100, 1);
	carries(&p.out, 10, 1);
	is_int(sum(KERNEL_SUM_RECEIVED), 100);
	carries(&p.in, 150, 2); /* since it was read */
	del(&p);
	is_int(sum(KERNEL_SUM_RECEIVED), 150);
	is_int(sum(KERNEL_SUM_SENT), 10);
	is_int(sum(KERNEL_SUM_PAIRS), 0);

	p = negotiate(0, 0x5555); /* the name of before: it begins at 0 */
	carries(&p.in, 1000, 1);
	carries(&p.out, 7, 1);
	is_int(sum(KERNEL_SUM_SENT), 17);
	last_words = (struct sad_usage){.bytes = 2000, .packets = 2};
	sad_fake_drop(sad, &p.in);
	event(SAD_EXPIRE, &p.in, true, 0);
	is_int(sum(KERNEL_SUM_RECEIVED), 2150);
	last_words.bytes = 27;
	sad_fake_drop(sad, &p.out);
	event(SAD_GONE, &p.out, false, 0);
	is_int(sum(KERNEL_SUM_SENT), 37);

	p = negotiate(0, 0x6666);
	carries(&p.out, 50, 1);
	is_int(sum(KERNEL_SUM_SENT), 87);
	sad_fake_drop(sad, &p.out);
	is_int(sum(KERNEL_SUM_SENT), 87); /* between its end and the word of it */
	last_words.bytes = 60;
	event(SAD_GONE, &p.out, false, 0);
	is_int(sum(KERNEL_SUM_SENT), 97);

	p = negotiate(0, 0x7777);
	carries(&p.out, 40, 1);
	is_int(sum(KERNEL_SUM_SENT), 137);
	sad_fake_drop(sad, &p.out);
	event(SAD_SAS_LOST, NULL, false, 0);
	is_int(sum(KERNEL_SUM_SENT), 137); /* what was read last */
	stop();
}

static void sums_outlive_the_plan_that_they_were_of(void)
{
	struct two p;

	start();
	p = negotiate(1, 0x5555);
	carries(&p.in, 100, 1);
	w.actions[0].offers = ike_qm_words("ESP[3DES,SHA1]:100000k/3600s");
	is_int(enforce(), 0);
	is_int(associations(), 0);
	is_int(sum(KERNEL_SUM_AH_RECEIVED), 100);
	stop();
}

/* A deletion that is refused ends nothing, and counts nothing twice. */
static void what_stays_is_counted_once(void)
{
	struct two p;

	start();
	p = negotiate(0, 0x5555);
	carries(&p.in, 100, 1);
	is_int(sum(KERNEL_SUM_RECEIVED), 100);
	sad_fake_refuse(sad, 1);
	sas_take(s, &(struct ikc_msg){.type = IKC_SA_DEL, .u.sa_id = p.in});
	is_int(sum(KERNEL_SUM_RECEIVED), 100);
	sad_fake_put(sad, &(struct ike_sa){.id = {ip("10.0.0.9"), ip("10.0.0.1"), IKE_PROTO_ESP, 0x4321}}); /* a stranger's */
	is_int(sum(KERNEL_SUM_RECEIVED), 100);
	stop();
}

static void one_association_tells_what_it_carried(void)
{
	struct ike_sa_id ids[3];
	struct kernel_sa_use uses[3];
	struct err e = {0};
	struct two p;

	start();
	p = negotiate(0, 0x5555);
	carries(&p.in, 100, 3);
	ids[0] = p.in;
	ids[1] = (struct ike_sa_id){ip("10.0.0.9"), ip("10.0.0.1"), IKE_PROTO_ESP, 0x4321};
	sad_fake_put(sad, &(struct ike_sa){.id = ids[1]}); /* is there, and was not granted */
	ids[2] = p.out;
	sad_fake_drop(sad, &p.out); /* was granted, and is not there */
	is_int(kernel_sa_uses(k, ids, 3, uses, &e), 0);
	ok(uses[0].known && uses[0].bytes == 100 && uses[0].packets == 3);
	ok(!uses[1].known && uses[1].bytes == 0 && !uses[2].known);
	stop();
}

static const struct tap_case cases[] = {
    {"each sum counts what it says", each_sum_counts_what_it_says},
    {"sums do not fall when associations end", sums_do_not_fall_when_associations_end},
    {"sums outlive the plan that they were of", sums_outlive_the_plan_that_they_were_of},
    {"what stays is counted once", what_stays_is_counted_once},
    {"one association tells what it carried", one_association_tells_what_it_carried},
};
TAP_MAIN(cases)
