/* Associations in memory; policies and pairs go into the fake kernel's state, so that packets meet them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "enforcer/kernel/backend.h"
#include "enforcer/kernel/sad.h"

#include "common/base/banned.h"

enum { FIRST_SPI = 0x1000 };

struct sad_fake {
	struct sad base;
	struct kernel *kernel;
	struct ike_sa *v;
	struct sad_usage *used; /* of each */
	size_t n, cap, cap_used;
	struct sad_event *events;
	size_t nevents, cap_events;
	int fd;
	uint32_t spi;
	size_t refuse;
	uint32_t released, forgotten;
	size_t changed; /* policies */
	struct mono now;
};

static struct sad_fake *of(struct sad *s)
{
	return (struct sad_fake *)s;
}

static bool refused(struct sad_fake *s, struct err *e)
{
	if (s->refuse == 0)
		return false;
	s->refuse--;
	err_set_errno(e, EPERM, SYS, "fault");
	return true;
}

/* As the kernel finds it: by destination, protocol and SPI. */
static struct ike_sa *find(const struct sad_fake *s, const struct ike_sa_id *id)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].id.spi == id->spi && s->v[i].id.protocol == id->protocol && ip_eq(&s->v[i].id.dst, &id->dst))
			return &s->v[i];
	return NULL;
}

static void put(struct sad_fake *s, const struct ike_sa *sa)
{
	/* The SPI, so that a test can tell. */
	const struct sad_usage used = {.bytes = sa->id.spi, .packets = 1};

	GROW(s->v, s->n, s->cap);
	GROW(s->used, s->n, s->cap_used);
	s->used[s->n] = used;
	s->v[s->n++] = *sa;
}

static int fake_spi(struct sad *sad, const struct sad_spi *a, uint32_t *spi, struct err *e)
{
	struct sad_fake *s = of(sad);
	struct ike_sa larval = {.id = a->id, .reqid = a->reqid, .tunnel = a->tunnel};

	if (refused(s, e))
		return -1;
	*spi = larval.id.spi = s->spi++;
	put(s, &larval);
	return 0;
}

static int fake_add(struct sad *sad, const struct ike_sa *sa, bool update, struct err *e)
{
	struct sad_fake *s = of(sad);
	struct ike_sa *there = find(s, &sa->id);

	if (refused(s, e))
		return -1;
	if ((there != NULL) != update)
		return err_set_errno(e, there ? EEXIST : ESRCH, SYS, "fake");
	if (there)
		*there = *sa;
	else
		put(s, sa);
	return 0;
}

static int fake_del(struct sad *sad, const struct ike_sa_id *id, struct err *e)
{
	if (refused(of(sad), e))
		return -1;
	sad_fake_drop(sad, id);
	return 0;
}

static int fake_move(struct sad *sad, const struct ike_sa_id *was, const struct ike_sa *to, struct err *e)
{
	struct sad_fake *s = of(sad);
	struct ike_sa *there = find(s, was);

	if (!there)
		return err_set_errno(e, ESRCH, SYS, "fake");
	if (refused(s, e)) {
		sad_fake_drop(sad, was);
		return 1;
	}
	there->id = to->id;
	there->sel = to->sel;
	there->reqid = to->reqid;
	there->encap_sport = to->encap_sport;
	there->encap_dport = to->encap_dport;
	s->used[there - s->v] = (struct sad_usage){.bytes = 0};
	return 0;
}

static int fake_query(struct sad *sad, const struct ike_sa_id *id, struct sad_usage *out, struct err *e)
{
	const struct sad_fake *s = of(sad);
	const struct ike_sa *there = find(s, id);

	if (!there)
		return err_set_errno(e, ESRCH, SYS, "fake");
	*out = s->used[there - s->v];
	out->last_use = s->now;
	return 0;
}

static int fake_list(struct sad *sad, struct sad_listed **out, size_t *n, struct err *e)
{
	struct sad_fake *s = of(sad);

	(void)e;
	*out = xcalloc(s->n + 1, sizeof **out);
	for (*n = 0; *n < s->n; ++*n)
		(*out)[*n] = (struct sad_listed){s->v[*n].id, s->used[*n]};
	return 0;
}

static int change_policy(struct sad *sad, enum op_kind kind, const struct kpol *p, struct err *e)
{
	struct xfrm_change c = {.before = *p, .after = *p};
	struct op op = {.kind = (uint8_t)kind};
	const struct ops o = {.v = &op, .n = 1, .xfrm = &c, .nxfrm = 1};

	if (refused(of(sad), e))
		return -1;
	kstate_apply(kernel_fake_own(of(sad)->kernel), &o, 0, 1);
	of(sad)->changed++;
	return 0;
}

static int fake_policy(struct sad *sad, const struct kpol *p, uint32_t life_s, struct err *e)
{
	(void)life_s;
	return change_policy(sad, OP_XFRM_UPDATE, p, e);
}

static int fake_policy_del(struct sad *sad, const struct kpol *p, struct err *e)
{
	return change_policy(sad, OP_XFRM_DEL, p, e);
}

static int fake_policy_used(struct sad *sad, const struct kpol *p, struct mono *last, struct err *e)
{
	(void)p, (void)e;
	*last = of(sad)->now;
	return 0;
}

static int fake_soft(struct sad *sad, const struct ip *local, const struct ip *remote, bool add, struct err *e)
{
	struct kstate *state = kernel_fake_own(of(sad)->kernel);
	size_t n = ip_bits(local->family) / 8;
	struct nft_set set = {.name = PLAN_SOFT4};
	struct nft_elem el = {.verdict = NFT_V_DROP};
	struct op op = {.kind = add ? OP_ELEMS_ADD : OP_ELEMS_DEL, .n = 1};
	const struct ops o = {.v = &op, .n = 1, .nft_n = 1, .sets = &set, .nsets = 1, .elems = &el, .nelems = 1};

	if (local->family == IP_V6)
		memcpy(set.name, PLAN_SOFT6, sizeof PLAN_SOFT6);
	memcpy(el.key, local->b, n);
	memcpy(el.key + n, remote->b, n);
	if (refused(of(sad), e))
		return -1;
	if (!kstate_set(state, set.name, set.gen))
		return add ? err_set_errno(e, ENOENT, SYS, "fake") : 0;
	kstate_apply(state, &o, 0, 1);
	return 0;
}

static int fake_soft_count(struct sad *sad, const struct ip *local, const struct ip *remote, struct sad_usage *out,
    struct err *e)
{
	(void)sad, (void)local, (void)remote, (void)e;
	out->bytes = 700;
	out->packets = 7;
	return 0;
}

static int fake_fd(const struct sad *s)
{
	return ((const struct sad_fake *)s)->fd;
}

static bool fake_event(struct sad *sad, struct sad_event *out)
{
	struct sad_fake *s = of(sad);
	uint64_t ignored;

	if (s->nevents == 0) {
		(void)!read(s->fd, &ignored, sizeof ignored);
		return false;
	}
	*out = s->events[0];
	memmove(s->events, s->events + 1, --s->nevents * sizeof *s->events);
	return true;
}

static struct mono fake_now(struct sad *s)
{
	return of(s)->now;
}

static void fake_close(struct sad *sad)
{
	struct sad_fake *s = of(sad);

	close(s->fd);
	secret_wipe(s->v, s->n * sizeof *s->v);
	free(s->v);
	free(s->used);
	free(s->events);
	free(s);
}

static int fake_release(struct sad *s, uint32_t policy, struct err *e)
{
	(void)e;
	of(s)->released = policy;
	return 0;
}

static int fake_forget(struct sad *s, uint32_t acquire, const struct ip *local, const struct ip *remote, struct err *e)
{
	(void)local, (void)remote, (void)e;
	of(s)->forgotten = acquire;
	return 0;
}

uint32_t sad_fake_released(const struct sad *s)
{
	return ((const struct sad_fake *)s)->released;
}

uint32_t sad_fake_forgotten(const struct sad *s)
{
	return ((const struct sad_fake *)s)->forgotten;
}

size_t sad_fake_changed_policies(const struct sad *s)
{
	return ((const struct sad_fake *)s)->changed;
}

static const struct sad_ops ops = {.spi = fake_spi, .add = fake_add, .del = fake_del, .move = fake_move, .query = fake_query,
    .release = fake_release, .forget = fake_forget, .list = fake_list, .policy = fake_policy, .policy_del = fake_policy_del, .policy_used = fake_policy_used,
    .soft = fake_soft, .soft_count = fake_soft_count, .fd = fake_fd, .event = fake_event, .now = fake_now, .close = fake_close};

struct sad *sad_fake_open(struct kernel *k)
{
	struct sad_fake *s = xcalloc(1, sizeof *s);

	s->base.ops = &ops;
	s->kernel = k;
	s->spi = FIRST_SPI;
	s->now = (struct mono){1000000};
	s->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (s->fd < 0)
		abort();
	return &s->base;
}

const struct ike_sa *sad_fake_sas(const struct sad *s, size_t *n)
{
	*n = ((const struct sad_fake *)s)->n;
	return ((const struct sad_fake *)s)->v;
}

void sad_fake_put(struct sad *s, const struct ike_sa *sa)
{
	put(of(s), sa);
}

void sad_fake_drop(struct sad *sad, const struct ike_sa_id *id)
{
	struct sad_fake *s = of(sad);
	struct ike_sa *there = find(s, id);

	if (!there)
		return;
	s->used[there - s->v] = s->used[--s->n];
	*there = s->v[s->n];
}

void sad_fake_carry(struct sad *sad, const struct ike_sa_id *id, const struct sad_usage *used)
{
	struct sad_fake *s = of(sad);
	const struct ike_sa *there = find(s, id);

	if (there)
		s->used[there - s->v] = *used;
}

void sad_fake_event(struct sad *sad, const struct sad_event *ev)
{
	struct sad_fake *s = of(sad);
	const uint64_t one = 1;

	GROW(s->events, s->nevents, s->cap_events);
	s->events[s->nevents++] = *ev;
	if (write(s->fd, &one, sizeof one) < 0)
		abort();
}

void sad_fake_refuse(struct sad *s, size_t n)
{
	of(s)->refuse = n;
}

void sad_fake_pass(struct sad *s, struct dur d)
{
	of(s)->now = mono_add(of(s)->now, d);
}
