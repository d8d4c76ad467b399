/* What a person must hear before there is a log: standard error, the kernel's log, the console. */
#ifndef BOOTGATE_TELL_H
#define BOOTGATE_TELL_H

#include <stdbool.h>

/*
 * One line on standard error, which the service manager keeps. When it is `urgent` also into the kernel's log and
 * on the console, as far as they can be opened: there may be nobody else to read it.
 */
void gate_tell(bool urgent, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
