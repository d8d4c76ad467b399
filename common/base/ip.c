#include "common/base/ip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "common/base/wr.h"
#include "common/base/banned.h"

unsigned ip_bits(uint8_t family)
{
	return family == IP_V4 ? 32 : family == IP_V6 ? 128 : 0;
}

bool ip_parse(const char *s, struct ip *out)
{
	struct ip a = {.family = strchr(s, ':') ? IP_V6 : IP_V4};

	if (inet_pton(a.family == IP_V6 ? AF_INET6 : AF_INET, s, a.b) != 1)
		return false;
	*out = a;
	return true;
}

char *ip_print(const struct ip *a, char out[IP_TEXT])
{
	out[0] = '\0';
	if (a->family != IP_NONE)
		inet_ntop(a->family == IP_V6 ? AF_INET6 : AF_INET, a->b, out, IP_TEXT);
	return out;
}

int ip_cmp(const struct ip *a, const struct ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->b, b->b, 16);
}

bool ip_eq(const struct ip *a, const struct ip *b)
{
	return ip_cmp(a, b) == 0;
}

struct ip ip_mask(const struct ip *a, unsigned plen)
{
	struct ip r = *a;

	for (unsigned i = 0; i < 16; i++) {
		unsigned have = plen > 8 * i ? plen - 8 * i : 0;
		if (have < 8)
			r.b[i] &= (uint8_t)(0xFF00u >> have);
	}
	return r;
}

struct ip ip_last(const struct ip *a, unsigned plen)
{
	struct ip r = *a;

	for (unsigned i = 0; i < ip_bits(a->family) / 8; i++) {
		unsigned have = plen > 8 * i ? plen - 8 * i : 0;
		if (have < 8)
			r.b[i] |= (uint8_t)(0xFFu >> have);
	}
	return r;
}

bool ip_in_prefix(const struct ip *a, const struct ip *net, unsigned plen)
{
	struct ip m = ip_mask(a, plen), n = ip_mask(net, plen);

	return ip_eq(&m, &n);
}

bool ip_mask_to_plen(const struct ip *mask, unsigned *plen)
{
	unsigned n = 0;

	if (mask->family != IP_V4)
		return false;
	while (n < 32 && (mask->b[n / 8] & (0x80u >> n % 8)))
		n++;
	struct ip want = ip_plen_to_mask(n);
	*plen = n;
	return ip_eq(&want, mask);
}

struct ip ip_plen_to_mask(unsigned plen)
{
	const struct ip ones = {.family = IP_V4, .b = {255, 255, 255, 255}};

	return ip_mask(&ones, plen);
}

/* a += 2^bit; false when it wraps. */
static bool add_pow2(struct ip *a, unsigned bits, unsigned bit)
{
	int i = (int)(bits / 8) - 1 - (int)(bit / 8);
	unsigned carry = 1u << bit % 8;

	for (; i >= 0 && carry; i--) {
		carry += a->b[i];
		a->b[i] = (uint8_t)carry;
		carry >>= 8;
	}
	return carry == 0;
}

size_t ip_range_split(const struct ip *lo, const struct ip *hi,
    struct ip_prefix out[IP_RANGE_PREFIXES])
{
	unsigned bits = ip_bits(lo->family);
	struct ip at = *lo;
	size_t n = 0;

	for (;;) {
		/* The largest block that starts at `at` and does not reach beyond `hi`. */
		unsigned plen = bits;
		while (plen > 0) {
			struct ip start = ip_mask(&at, plen - 1), last = ip_last(&at, plen - 1);
			if (!ip_eq(&start, &at) || ip_cmp(&last, hi) > 0)
				break;
			plen--;
		}
		out[n++] = (struct ip_prefix){.net = at, .plen = (uint8_t)plen};
		struct ip last = ip_last(&at, plen);
		if (ip_cmp(&last, hi) >= 0 || plen == 0 || !add_pow2(&at, bits, bits - plen))
			return n;
	}
}

unsigned ip_range_plen(const struct ip *lo, const struct ip *hi)
{
	unsigned bits = ip_bits(lo->family);

	/* The range fits 2^(bits-k) addresses iff lo + 2^(bits-k) - 1 >= hi. */
	for (unsigned k = bits; k > 0; k--) {
		struct ip end = *lo;
		if (k < bits) {
			/* lo + 2^(bits-k), compared with hi exclusive */
			if (!add_pow2(&end, bits, bits - k) || ip_cmp(&end, hi) > 0)
				return k;
		} else if (ip_eq(lo, hi)) {
			return bits;
		}
	}
	return 0;
}

void wr_ip(struct wr *w, const struct ip *a)
{
	wr_u8(w, a->family);
	wr_bytes(w, a->b, ip_bits(a->family) / 8);
}

uint8_t rd_family(struct rd *r)
{
	uint8_t family = rd_u8(r);

	if (family == IP_NONE || family == IP_V4 || family == IP_V6)
		return family;
	rd_bad(r, "an address is of no known family");
	return IP_NONE;
}

void rd_ip(struct rd *r, struct ip *a)
{
	*a = (struct ip){.family = rd_family(r)};
	rd_copy(r, a->b, ip_bits(a->family) / 8);
}
