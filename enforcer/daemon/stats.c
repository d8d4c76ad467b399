#include "enforcer/daemon/stats.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

/* Names of Documentation/networking/xfrm_proc.rst. */
static const char *const lines[STATS_HOST_LINES] = {
	[STATS_NO_STATE] = "XfrmInNoStates",
	[STATS_PROTO] = "XfrmInStateProtoError",
	[STATS_MODE] = "XfrmInStateModeError",
};

static void take_line(const char *line, struct stats_host *out)
{
	for (size_t i = 0; i < N_OF(lines); i++) {
		size_t n = strlen(lines[i]);
		if (strncmp(line, lines[i], n) != 0 || !strchr(" \t", line[n]))
			continue;
		for (line += n; *line == ' ' || *line == '\t'; line++)
			;
		for (; *line >= '0' && *line <= '9'; line++)
			out->v[i] = out->v[i] * 10 + (uint64_t)(*line - '0');
		return;
	}
}

void stats_parse(const char *text, struct stats_host *out)
{
	*out = (struct stats_host){.v = {0}};
	while (text && *text) {
		take_line(text, out);
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
}

/* One that is smaller than before began anew. */
static uint64_t since(const struct stats_host *now, const struct stats_host *began, enum stats_host_line i)
{
	return began->v[i] <= now->v[i] ? now->v[i] - began->v[i] : now->v[i];
}

/* --- the block -------------------------------------------------------------------------------------- */

/* Places in dyn_stats.ipsec: the order of grammar §7.8. */
enum { ACTIVE = 0, PENDING = 2, TUNNELS = 6, BAD_SPI = 7, NOT_DECRYPTED, NOT_AUTHENTICATED, REPLAY_DETECTION,
	CONFIDENTIAL_SENT, CONFIDENTIAL_RECEIVED, AUTHENTICATED_SENT, AUTHENTICATED_RECEIVED, TRANSPORT_SENT,
	TRANSPORT_RECEIVED, TUNNEL_SENT = 19, TUNNEL_RECEIVED };
_Static_assert(TRANSPORT_RECEIVED == 16 && TUNNEL_RECEIVED + 1 == DYN_STATS_IPSEC, "between them what is offloaded");

/*
 * "Replay detection" counts packets whose number was checked and good, and "transport" all that IPsec carried, of either
 * mode: so Windows documents them (semantics §6.2). Nothing is ever offloaded to a network card.
 */
static const struct {
	uint8_t at, sum;
} carried[] = {
	{ACTIVE, KERNEL_SUM_PAIRS},
	{PENDING, KERNEL_SUM_WAITING},
	{TUNNELS, KERNEL_SUM_TUNNELS},
	{NOT_AUTHENTICATED, KERNEL_SUM_FORGED},
	{REPLAY_DETECTION, KERNEL_SUM_NUMBERED},
	{CONFIDENTIAL_SENT, KERNEL_SUM_ESP_SENT},
	{CONFIDENTIAL_RECEIVED, KERNEL_SUM_ESP_RECEIVED},
	{AUTHENTICATED_SENT, KERNEL_SUM_AH_SENT},
	{AUTHENTICATED_RECEIVED, KERNEL_SUM_AH_RECEIVED},
	{TRANSPORT_SENT, KERNEL_SUM_SENT},
	{TRANSPORT_RECEIVED, KERNEL_SUM_RECEIVED},
	{TUNNEL_SENT, KERNEL_SUM_TUNNEL_SENT},
	{TUNNEL_RECEIVED, KERNEL_SUM_TUNNEL_RECEIVED},
};

void stats_make(const struct stats_host *now, const struct stats_host *began, const struct kernel_sa_sums *sums,
    struct dyn_stats *out)
{
	uint64_t proto = since(now, began, STATS_PROTO), forged = sums->v[KERNEL_SUM_FORGED];

	*out = (struct dyn_stats){.replayed = sums->v[KERNEL_SUM_REPLAYED]};
	for (size_t i = 0; i < N_OF(carried); i++)
		out->ipsec[carried[i].at] = sums->v[carried[i].sum];
	out->ipsec[BAD_SPI] = since(now, began, STATS_NO_STATE);
	/* The kernel counts forged packets there, too; what remains was authentic or unchecked, and no packet came out of it. */
	out->ipsec[NOT_DECRYPTED] = (proto > forged ? proto - forged : 0) + since(now, began, STATS_MODE);
}

/* --- the host --------------------------------------------------------------------------------------- */

int stats_open(void)
{
	/* Not /proc/net: a unit with ProcSubset=pid does not see that name. */
	return open("/proc/self/net/xfrm_stat", O_RDONLY | O_CLOEXEC);
}

const char *stats_read(int fd, char room[STATS_TEXT])
{
	ssize_t n = fd < 0 ? -1 : pread(fd, room, STATS_TEXT - 1, 0); /* from the start: the kernel counts anew */

	if (n <= 0)
		return NULL;
	room[n] = '\0';
	return room;
}

void stats_host(int fd, struct stats_host *out)
{
	char text[STATS_TEXT];

	stats_parse(stats_read(fd, text), out);
}
