/* ipsec-iked: options, start and end. */
#include <getopt.h>
#include <stdio.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/paths.h"
#include "ike/daemon/proc.h"

#include "common/base/banned.h"

/* Exit statuses are interface. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char usage[] =
    "usage: ipsec-iked [-d] [--trace FILE]\n"
    "       ipsec-iked -n | --open-sockets\n"
    "       ipsec-iked --help | --version\n";

static const char help[] =
    "\n"
    "Negotiates IPsec security associations with other hosts (IKE version 1) for ipsec-enforcerd.\n"
    "Runs in the foreground until SIGTERM or SIGINT, then says goodbye to all peers.\n"
    "\n"
    "  -d, --debug       log what is done\n"
    "  -n, --dry-run     try the known answers of all algorithms and exit; needs no privilege\n"
    "      --trace FILE  messages and decisions go there, not into the log, while ikelogging is on\n"
    "      --open-sockets  open the UDP sockets, give them to the service manager, and exit; for units\n"
    "  -h, --help        print this help and exit\n"
    "      --version     print the version and exit\n"
    "\n"
    "environment:\n"
    "  IPSECSH_STATE     folder of the policy stores (/var/lib/ipsecsh): preshared keys\n"
    "  IPSECSH_RUN       folder of the enforcer's sockets (/run/ipsecsh)\n"
    "  IPSECSH_JOURNAL   socket that events are sent to (the journal's, where standard error goes there)\n"
    "\n"
    "exit status: 0 done, 1 failed, 2 wrong use\n";

enum role { ROLE_PARENT, ROLE_SOCKETS, ROLE_NET, ROLE_KEYS };
struct options {
	struct proc_options parent;
	bool dry_run;
	enum role role; /* proc.h */
};

static int wrong_use(void)
{
	fputs(usage, stderr);
	return EXIT_USAGE;
}

/* -1: go on; otherwise the exit status. */
static int parse_options(int argc, char **argv, struct options *o)
{
	enum { OPT_TRACE = 256, OPT_VERSION, OPT_SOCKETS, OPT_NET, OPT_KEYS };
	static const struct option longs[] = {
	    {"debug", no_argument, NULL, 'd'},
	    {"dry-run", no_argument, NULL, 'n'},
	    {"trace", required_argument, NULL, OPT_TRACE},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, OPT_VERSION},
	    {"open-sockets", no_argument, NULL, OPT_SOCKETS},
	    {PROC_NET_OPTION, no_argument, NULL, OPT_NET},
	    {PROC_KEYS_OPTION, no_argument, NULL, OPT_KEYS},
	    {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "dnh", longs, NULL)) != -1) {
		switch (c) {
		case 'd':
			o->parent.debug = true;
			break;
		case 'n':
			o->dry_run = true;
			break;
		case OPT_TRACE:
			o->parent.trace = optarg;
			break;
		case OPT_SOCKETS:
			o->role = ROLE_SOCKETS;
			break;
		case OPT_NET:
			o->role = ROLE_NET;
			break;
		case OPT_KEYS:
			o->role = ROLE_KEYS;
			break;
		case 'h':
			printf("%s%s", usage, help);
			return EXIT_OK;
		case OPT_VERSION:
			printf("ipsec-iked %s\n", IPSECSH_VERSION);
			return EXIT_OK;
		default: /* getopt said what is wrong */
			return wrong_use();
		}
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "ipsec-iked: '%s' is not expected\n", argv[optind]);
	return wrong_use();
}

/* What would be there to negotiate with. */
static int try_crypto(struct err *e)
{
	static const uint16_t groups[] = {1, 2, 5, 14, 15, 16, 19, 20, 21, 31};
	struct crypto *c = proc_crypto(e);

	if (!c)
		return -1;
	for (int i = 1; i < CRYPTO_CIPHERS; i++)
		if (c->has_cipher(c->ctx, (enum crypto_cipher)i))
			printf("cipher %s\n", crypto_cipher_name((enum crypto_cipher)i));
	for (int i = 1; i < CRYPTO_HASHES; i++)
		if (c->has_hash(c->ctx, (enum crypto_hash)i))
			printf("hash %s\n", crypto_hash_name((enum crypto_hash)i));
	for (size_t i = 0; i < N_OF(groups); i++)
		if (c->has_group(c->ctx, groups[i]))
			printf("group %u\n", groups[i]);
	crypto_openssl_free(c);
	return 0;
}

static int run_role(const struct options *o, struct err *e)
{
	switch (o->role) {
	case ROLE_SOCKETS:
		return proc_open_sockets(e);
	case ROLE_NET:
		return proc_net(e);
	case ROLE_KEYS:
		return proc_keys(e);
	case ROLE_PARENT:
		break;
	}
	return proc_parent(&o->parent, e);
}

int main(int argc, char **argv)
{
	struct options o = {.role = ROLE_PARENT};
	struct err e = {0};
	int status = parse_options(argc, argv, &o);

	if (status >= 0)
		return status;
	if (o.dry_run) {
		if (try_crypto(&e) == 0)
			return EXIT_OK;
		fprintf(stderr, "ipsec-iked: %s\n", e.text);
		return EXIT_FAILED;
	}
	log_open("ipsec-iked", o.parent.debug ? LOG_L_DEBUG : LOG_L_INFO);
	if (run_role(&o, &e) == 0)
		return EXIT_OK;
	log_line(LOG_L_ERROR, "%s", e.text);
	return EXIT_FAILED;
}
