/*
 * The system calls of a process, as a table: what is neither in it nor in the part that all processes share (calls.c)
 * ends the process, with SIGSYS. Where a call can do much more than is needed, a row says with which arguments.
 */
#ifndef SANDBOX_CALLS_H
#define SANDBOX_CALLS_H

#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/err.h"

/* Whose number the first argument must be. */
enum sandbox_target { SANDBOX_ANYBODY, SANDBOX_SELF, SANDBOX_CHILD };

struct sandbox_call {
	int call;
	enum sandbox_target target;
	uint8_t n; /* arguments looked at */
	struct scmp_arg_cmp args[2];
};

/* libseccomp's SCMP_A0() and so on leave a field out, which clang does not let pass. */
#define EQ(n, value) {.arg = (n), .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)(value)}
#define CALL(name) {.call = SCMP_SYS(name)}
#define CALL_1(name, a) {.call = SCMP_SYS(name), .n = 1, .args = {a}}
#define CALL_2(name, a, b) {.call = SCMP_SYS(name), .n = 2, .args = {a, b}}
#define CALL_OF(name, who) {.call = SCMP_SYS(name), .target = (who)}

/*
 * From now on only the shared calls and those of the table may be made; with `files` those of whoever reads a store,
 * too. `child` is the process of SANDBOX_CHILD rows. Needs no_new_privs (sandbox_capabilities()). One way only.
 * -1: SANDBOX.
 */
int sandbox_calls(const struct sandbox_call *v, size_t n, bool files, pid_t child, struct err *e);

#endif
