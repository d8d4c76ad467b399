/*
 * Private to the folder: attributes of nfnetlink messages. The bytes come from the kernel, but every length is checked: a value
 * that is missing or too short is no value.
 */
#ifndef KERNEL_NFT_ATTRS_H
#define KERNEL_NFT_ATTRS_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

/* Of one level, by number; those from NFA_ATTRS on do not concern us. */
enum { NFA_ATTRS = 16 };

/* Those of a message behind its struct nfgenmsg. false: too short for that header. */
bool nfa_msg(const struct nlmsghdr *h, const struct nlattr *tb[NFA_ATTRS]);
/* Those inside a nest; of NULL there are none. */
void nfa_nest(const struct nlattr *nest, const struct nlattr *tb[NFA_ATTRS]);
/* The attribute behind `prev` (NULL: the first) inside a nest, or NULL. */
const struct nlattr *nfa_next(const struct nlattr *nest, const struct nlattr *prev);

/* false: `a` is NULL, or no such value. Numbers come in network byte order. */
bool nfa_be32(const struct nlattr *a, uint32_t *v);
bool nfa_be64(const struct nlattr *a, uint64_t *v);
/* NUL-terminated text of less than `room` bytes; is it that one? */
bool nfa_str(const struct nlattr *a, char *out, size_t room);
bool nfa_is(const struct nlattr *a, const char *want);

#endif
