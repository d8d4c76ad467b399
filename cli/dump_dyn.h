/* What the running enforcer alone holds, as text (dump.h): dynamic policies and rules. */
#ifndef CLI_DUMP_DYN_H
#define CLI_DUMP_DYN_H

#include "cli/dump.h"
#include "cli/session.h"

/*
 * Nothing without a running enforcer: then there is nothing. It never hands out a preshared key; a random one
 * that nobody knows stands in, because without the rule its traffic would pass in clear, and with any other
 * method somebody else might be let in. Those count as left out.
 */
int dump_dynamic(struct session *s, struct dump *d, struct err *e);

#endif
