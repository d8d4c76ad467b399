/* IP addresses, prefixes and ranges of both families as values: parse, print, mask, compare, split. */
#ifndef BASE_IP_H
#define BASE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rd;
struct wr;

/* Address family numbers of our own, so that stored values do not depend on a platform's AF_*. */
enum ip_family { IP_NONE = 0, IP_V4 = 4, IP_V6 = 6 };

/* Network byte order; IPv4 uses b[0..3], the rest is zero. */
struct ip {
	uint8_t family; /* enum ip_family */
	uint8_t b[16];
};

enum { IP_TEXT = 48 };

/* Bits in an address of that family: 32 or 128 (0 for IP_NONE). */
unsigned ip_bits(uint8_t family);
/* Strict dotted quad (RFC 6943 §3.1.1 "strict form") or RFC 4291 text; no scope ids, no blanks. */
bool ip_parse(const char *s, struct ip *out);
/* Writes at most IP_TEXT bytes (RFC 5952 for IPv6); returns `out`. */
char *ip_print(const struct ip *a, char out[IP_TEXT]);
bool ip_eq(const struct ip *a, const struct ip *b);
/* Order by family, then numerically. */
int ip_cmp(const struct ip *a, const struct ip *b);
/* The address with all but the first `plen` bits cleared. */
struct ip ip_mask(const struct ip *a, unsigned plen);
/* The address with all but the first `plen` bits set: the last of the prefix. */
struct ip ip_last(const struct ip *a, unsigned plen);
/* Is `a` inside net/plen? Families must agree. */
bool ip_in_prefix(const struct ip *a, const struct ip *net, unsigned plen);
/* Is a dotted mask contiguous? Gives its prefix length. Masks are IPv4 only. */
bool ip_mask_to_plen(const struct ip *mask, unsigned *plen);
/* The IPv4 mask of a prefix length (0..32). */
struct ip ip_plen_to_mask(unsigned plen);
/* The largest k such that the range holds at most 2^(bits-k) addresses: how specific a range is. */
unsigned ip_range_plen(const struct ip *lo, const struct ip *hi);

/* Between processes: the family, then as many bytes as it has; none for IP_NONE. */
void wr_ip(struct wr *w, const struct ip *a);
void rd_ip(struct rd *r, struct ip *a);
/* The family alone; one byte. */
uint8_t rd_family(struct rd *r);

struct ip_prefix {
	struct ip net;
	uint8_t plen;
};
enum { IP_RANGE_PREFIXES = 256 };
/*
 * The fewest prefixes that cover exactly lo..hi (lo <= hi, same family), in ascending order.
 * At most 62 for IPv4, 254 for IPv6. Returns the count.
 */
size_t ip_range_split(const struct ip *lo, const struct ip *hi,
    struct ip_prefix out[IP_RANGE_PREFIXES]);

#endif
