/*
 * net and sc of batch files, as far as they are about our service: on Windows the enforcer is the service
 * PolicyAgent (scripts-in-the-wild §3). Everything else that net and sc do is not there on Linux.
 */
#ifndef CLI_SERVICE_H
#define CLI_SERVICE_H

#include "cli/session.h"

enum service_verb {
	SERVICE_START,
	SERVICE_STOP,
	SERVICE_QUERY,
	SERVICE_LIST, /* net start without a name */
	SERVICE_AUTO, /* sc config start= auto: from the next boot on */
	SERVICE_OFF,  /* start= demand or disabled */
};

struct service_call {
	enum service_verb verb;
	bool sc; /* sc's words and errorlevels instead of net's */
};

/* Is that command line net or sc on our service? Pure. */
bool service_parse(const struct words *w, struct service_call *out);

/* How the service is reached; the machine's own in service_linux.c. 0, or -1 with `e` set. */
struct service_ops {
	int (*running)(bool *yes, struct err *e);
	int (*start)(struct err *e);
	int (*stop)(struct err *e);
	int (*at_boot)(bool yes, struct err *e);
};
extern const struct service_ops service_linux;

/* Does it and prints what net or sc would; returns their errorlevel. */
int service_run(struct session *s, const struct service_call *c, const struct service_ops *ops);

#endif
