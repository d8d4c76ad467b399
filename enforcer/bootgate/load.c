#include "enforcer/bootgate/load.h"

#include <errno.h>
#include <nftables/libnftables.h>
#include <string.h>

#include "enforcer/bootgate/rules.h"
#include "common/base/banned.h"

/* The first line; what follows points into our own text. */
static int refused(struct nft_ctx *ctx, struct err *e)
{
	const char *why = nft_ctx_get_error_buffer(ctx);

	err_set(e, GATE_REFUSED, why && *why ? why : "no reason given");
	e->text[strcspn(e->text, "\n")] = '\0';
	return -1;
}

/* One command of the library; `out` may be NULL. */
static int run(const char *text, struct buf *out, struct err *e)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	int rc = -1;

	if (!ctx)
		return err_set_errno(e, errno, GATE_REFUSED, "libnftables does not start");
	nft_ctx_buffer_output(ctx);
	nft_ctx_buffer_error(ctx);
	if (nft_run_cmd_from_buffer(ctx, text) == 0)
		rc = 0;
	else
		refused(ctx, e);
	if (rc == 0 && out)
		buf_adds(out, nft_ctx_get_output_buffer(ctx));
	nft_ctx_free(ctx);
	return rc;
}

int gate_load(const char *rules, struct err *e)
{
	return run(rules, NULL, e);
}

int gate_show(struct buf *out, struct err *e)
{
	struct err none = {0};

	/* Asking for all tables says whether one may ask; asking for one that is not there is an error too. */
	if (run("list tables inet", NULL, e) < 0)
		return -1;
	return run("list table inet " GATE_TABLE, out, &none) == 0 ? 0 : 1;
}
