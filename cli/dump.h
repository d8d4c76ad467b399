/*
 * The store as text in the language of this shell (grammar §10): what dump prints and exportpolicy writes,
 * and importpolicy (import.h) reads back. Pure: values in, text out.
 *
 * Every tag of a line is written, so that defaults may change; objects stand before their users and the
 * assignment last. Identity travels in tags of ours (guid, defaultruleguid), a filter that was made from a
 * name keeps name and address (srcdns, dstdns). These words are not Windows', so the text chooses the dialect
 * linux first, and that of the store last. Row numbers and times of change do not travel: they belong to the
 * store that gave them.
 */
#ifndef CLI_DUMP_H
#define CLI_DUMP_H

#include "common/base/buf.h"
#include "common/model/model.h"

struct dump {
	/* Takes the text that has gathered, and empties the buffer. */
	int (*flush)(void *ctx, struct buf *text, struct err *e);
	/*
	 * The text of a preshared key, which dump wipes and frees; NULL in *out when there is none. Without
	 * this function keys are left out: the rule names the key by its id (tag pskid), which is of use only
	 * where the key file still has it.
	 */
	int (*key)(void *ctx, const struct guid *id, char **out, struct err *e);
	void *ctx;

	size_t keys_left_out; /* result */
	struct buf text;      /* freed by whoever made the struct */
};

/*
 * Policies, rules, lists, actions, of the local or the persistent store. -1: flush or key failed, or a text cannot be written (DUMP_TEXT): the
 * language has no way to say a double quote inside one, or a control character.
 */
int dump_policies(const struct policyset *ps, bool persistent, enum dialect dialect, struct dump *d, struct err *e);
/* Settings of the host that are not at their defaults. */
int dump_settings(const struct settings *s, struct dump *d, struct err *e);

/* Pieces of a line, for the objects that only the enforcer has (cmd_exchange.c). */
int dump_text(struct dump *d, const char *tag, const char *text, struct err *e); /*  tag="text" */
void dump_yes(struct dump *d, const char *tag, bool yes);
void dump_word(struct dump *d, const char *tag, const struct enum_name *names, int value);
/* Addresses, masks, protocol, mirrored and ports of a filter, in the tags of add filter. */
void dump_traffic(struct dump *d, const struct filter *f);
int dump_rootca(struct dump *d, const struct auth_method *m, struct err *e);
/* The line is complete. */
int dump_line(struct dump *d, struct err *e);
/* All lines of a context: its frame around what stands between the two calls. */
int dump_begin(struct dump *d, const char *context, struct err *e);
int dump_end(struct dump *d, struct err *e);

#endif
