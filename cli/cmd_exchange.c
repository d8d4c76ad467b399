/*
 * dump, static exportpolicy, importpolicy, restorepolicyexamples (grammar §5.4, §9, §10). The text is that of
 * dump.h everywhere; Windows' own file format is not public.
 */
#include "cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/dump.h"
#include "cli/dump_dyn.h"
#include "cli/examples.h"
#include "cli/import.h"
#include "cli/save.h"
#include "common/base/mem.h"
#include "common/base/secret.h"
#include "common/base/banned.h"

struct exchange_args {
	const char *file;
	uint8_t release;
	bool secrets, force;
	struct {
		bool file, release, secrets, force;
	} given;
};

#define HELP_SECRETS "Write preshared keys too? Without them a rule names its key only by an id of this host."
#define HELP_DUMP_FILE "Where to write; without it the text is printed."

static const struct tag dump_tags[] = {
	TAG(exchange_args, file, type_file, TAG_EXTENSION, NULL, HELP_DUMP_FILE),
	TAG(exchange_args, secrets, type_yesno, TAG_EXTENSION, "no", HELP_SECRETS),
};
static const struct tag export_tags[] = {
	TAG(exchange_args, file, type_file, TAG_REQUIRED, NULL, "The file; .ipsec is added to a name without extension."),
	TAG(exchange_args, secrets, type_yesno, TAG_EXTENSION, "no", HELP_SECRETS),
};
static const struct tag import_tags[] = {
	TAG(exchange_args, file, type_file, TAG_REQUIRED, NULL,
	    "The file; a name without extension is looked for with .ipsec first."),
	FORCE_TAG(exchange_args),
};
static const struct tag restore_tags[] = {
	TAG(exchange_args, release, type_release, TAG_REQUIRED, NULL,
	    "The Windows whose examples they are; both have the same."),
	FORCE_TAG(exchange_args),
};

/* --- writing ------------------------------------------------------------------------------------ */

/* Where the text goes: to the session, or to a file. */
struct writer {
	struct session *s;
	struct save file;
	bool to_file;
};

static int flush(void *ctx, struct buf *text, struct err *e)
{
	struct writer *w = ctx;
	int rc = 0;

	if (w->to_file) {
		rc = save_write(&w->file, buf_text(text), text->len, e);
	} else {
		buf_add(&w->s->text, buf_text(text), text->len);
		session_flush_text(w->s);
	}
	buf_clear(text);
	return rc;
}

static int key(void *ctx, const struct guid *id, char **out, struct err *e)
{
	struct writer *w = ctx;

	if (store_psk_get(w->s->store, id, out, e) == 0)
		return 0;
	if (e->id != SECRET_NOTFOUND)
		return -1;
	*e = (struct err){0}; /* a rule that was imported without its key has none to give */
	*out = NULL;
	return 0;
}

enum dump_parts { DUMP_STATIC = 1, DUMP_DYNAMIC = 2 };

static int put_parts(struct session *s, unsigned parts, struct dump *d, struct err *e)
{
	struct policyset *ps;
	struct settings settings;
	enum dialect dialect;
	int rc;

	if (session_host(s, &settings, &dialect, e) < 0)
		return -1;
	ps = store_snapshot(s->store, e);
	if (!ps)
		return -1;
	buf_adds(&d->text, "# IPsec configuration\n");
	rc = parts & DUMP_STATIC ? dump_policies(ps, s->at == LOCATION_PERSISTENT, dialect, d, e) : 0;
	if (rc == 0 && parts & DUMP_DYNAMIC)
		rc = dump_settings(&settings, d, e);
	policyset_free(ps);
	if (rc == 0 && parts & DUMP_DYNAMIC)
		rc = dump_dynamic(s, d, e);
	return rc < 0 ? -1 : d->flush(d->ctx, &d->text, e);
}

/* One line, so that nobody believes to hold a complete copy. */
static void say_what_is_missing(struct session *s, size_t keys)
{
	if (keys > 0)
		session_say(s, arena_printf(&s->arena, "%zu preshared key%s left out; secrets=yes writes keys of the store",
		    keys, keys == 1 ? " is" : "s are"));
}

static int write_parts(struct session *s, unsigned parts, const char *path, bool secrets, struct err *e)
{
	struct writer w = {.s = s, .to_file = path != NULL};
	struct dump d = {.flush = flush, .key = secrets ? key : NULL, .ctx = &w};
	int rc = 0;

	if (path && save_begin(&w.file, path, e) < 0) {
		save_end(&w.file, false, e);
		return -1;
	}
	rc = put_parts(s, parts, &d, e);
	if (path) {
		struct err second = {0};
		int ended = save_end(&w.file, rc == 0 && !s->checking, rc == 0 ? e : &second);
		rc = rc < 0 ? rc : ended;
	}
	secret_wipe(d.text.data, d.text.cap);
	buf_free(&d.text);
	if (rc == 0)
		say_what_is_missing(s, d.keys_left_out);
	return rc;
}

static const char *with_extension(struct session *s, const char *path)
{
	const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;

	return strchr(last, '.') ? path : arena_printf(&s->arena, "%s.ipsec", path);
}

static int dump_parts(struct session *s, const struct exchange_args *a, unsigned parts, struct err *e)
{
	return write_parts(s, parts, a->given.file ? session_path(s, a->file) : NULL, a->secrets, e);
}

static int dump_all(struct session *s, const void *args, struct err *e)
{
	return dump_parts(s, args, DUMP_STATIC | DUMP_DYNAMIC, e);
}

static int dump_static(struct session *s, const void *args, struct err *e)
{
	return dump_parts(s, args, DUMP_STATIC, e);
}

static int dump_dynamic_only(struct session *s, const void *args, struct err *e)
{
	return dump_parts(s, args, DUMP_DYNAMIC, e);
}

static int export_policy(struct session *s, const void *args, struct err *e)
{
	const struct exchange_args *a = args;

	return write_parts(s, DUMP_STATIC, with_extension(s, session_path(s, a->file)), a->secrets, e);
}

/* --- reading ------------------------------------------------------------------------------------ */

static int open_import(struct session *s, const char **path, struct err *e)
{
	const char *as_given = *path, *extended = with_extension(s, as_given);
	int fd;

	*path = session_existing_path(s, extended);
	fd = open(*path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && extended != as_given) {
		*path = session_existing_path(s, as_given);
		fd = open(*path, O_RDONLY | O_CLOEXEC);
	}
	return fd < 0 ? err_set_errno(e, errno, FILE_OPEN, *path) : fd;
}

static int import_policy(struct session *s, const void *args, struct err *e)
{
	const struct exchange_args *a = args;
	const char *path = session_path(s, a->file);
	int rc, fd = open_import(s, &path, e);

	if (fd < 0)
		return -1;
	guard_note_policy(s);
	rc = import_fd(s, fd, path, e);
	close(fd);
	return rc;
}

static int restore_examples(struct session *s, const void *args, struct err *e)
{
	(void)args; /* what differs between the releases, if anything does, is not known (grammar §12, Q7) */
	guard_note_policy(s);
	return import_text(s, examples, "examples", e);
}

#define DUMP_ROW(name, path_, run_, brief_)                                                        \
	const struct cmd name = {                                                                   \
		.path = (path_),                                                                    \
		CMD_TAGS(exchange_args, dump_tags),                                                 \
		.flags = CMD_READS,                                                                 \
		.run = (run_),                                                                      \
		.brief = (brief_),                                                                  \
		.example = "dump secrets=yes",                                                      \
	}
DUMP_ROW(cmd_dump, "dump", dump_all, "Writes a script that makes the whole configuration again.");
DUMP_ROW(cmd_static_dump, "static dump", dump_static, "Writes a script that makes the policy store again.");
DUMP_ROW(cmd_dynamic_dump, "dynamic dump", dump_dynamic_only,
    "Writes a script that makes settings, dynamic policies and rules again.");

const struct cmd cmd_static_exportpolicy = {
	.path = "static exportpolicy",
	CMD_TAGS(exchange_args, export_tags),
	.flags = CMD_READS,
	.run = export_policy,
	.brief = "Writes all policies, filter lists and filter actions to a file.",
	.example = "exportpolicy file=policy1.ipsec",
};
const struct cmd cmd_static_importpolicy = {
	.path = "static importpolicy",
	CMD_TAGS(exchange_args, import_tags),
	.flags = CMD_WRITES,
	.run = import_policy,
	.brief = "Reads such a file; objects with the same guid are replaced.",
	.example = "importpolicy file=policy1.ipsec",
};
const struct cmd cmd_static_restorepolicyexamples = {
	.path = "static restorepolicyexamples",
	CMD_TAGS(exchange_args, restore_tags),
	.flags = CMD_WRITES,
	.run = restore_examples,
	.brief = "Makes the example policies of Windows 2000 and 2003 anew.",
	.example = "restorepolicyexamples release=win2003",
};
