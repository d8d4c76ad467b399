/*
 * The records of which the language is made: value types, tags, commands. One command is one row of
 * table.c; words, binding, defaults, help and the man page all come from its row.
 */
#ifndef CLI_TAG_H
#define CLI_TAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/model/model.h"

struct session;
struct tag;

/* What a value names, for completion. */
enum object_kind {
	OBJECT_NONE,
	OBJECT_POLICY,
	OBJECT_RULE, /* of the policy that the line names, or of any */
	OBJECT_FILTERLIST,
	OBJECT_FILTERACTION,
	OBJECT_MMPOLICY, /* in force */
	OBJECT_QMPOLICY,
	OBJECT_FILE,
	OBJECT_CONTEXT,
};

/* A value type: text -> field of the args struct, and back. */
struct value_type {
	const char *usage;             /* what help shows: "yes | no" */
	const struct enum_name *names; /* words that may stand there, for enumerated types all; or NULL */
	enum object_kind object;
	const struct value_type *windows; /* what stands there in the windows dialect; NULL: the same */
	/* `out` is the field. Text that is kept lives in `a`. */
	int (*parse)(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e);
	/* Writes what parse() reads back as the same value. */
	void (*print)(const struct tag *t, const void *value, struct buf *b);
	/* Optional: what in the value nobody should use any more, as a word; NULL: nothing. */
	const char *(*weak)(const void *value);
};

enum tag_flags {
	TAG_REQUIRED = 1, /* of alternatives: one of them */
	TAG_ALT = 2,      /* shares the position of the tag before it */
	TAG_KEYWORD = 4,  /* not a tag at all: the word itself ("all") in that position */
	TAG_RESERVED = 8, /* a keyword that cannot be a name: "name=all" means it too */
	TAG_REPEAT = 16,  /* may be given more than once */
	TAG_SECRET = 32,  /* its value appears in no message */
	TAG_NAMED = 128,    /* written by dump, seldom by people: takes no untagged word, is not offered */
	TAG_EXTENSION = 64, /* Windows has no such tag: unknown in the windows dialect */
	TAG_FORCE = 256,    /* the lock-out guard is told to be silent (guard.h); takes no untagged word */
};
/* No untagged word goes there. */
#define TAG_TAKES_NO_WORD (TAG_ALT | TAG_NAMED | TAG_FORCE)

struct tag {
	const char *name;
	const struct value_type *type; /* NULL for keywords */
	unsigned flags;
	const char *dflt; /* as text, run through the same parser; NULL: the field stays zero */
	const char *windows_dflt; /* that of the windows dialect; NULL: the same */
	const char *help;
	size_t offset; /* of the field in the args struct */
	size_t given;  /* of the bool that says that the line named it */
	int64_t min, max; /* type_u32 */
};

/* The args struct of a command has a member `given` with one bool for each field. */
#define TAG(args, field, type_, flags_, default_, help_)                                           \
	{.name = #field, .type = &(type_), .flags = (flags_), .dflt = (default_), .help = (help_),  \
	 .offset = offsetof(struct args, field), .given = offsetof(struct args, given.field)}
/* A tag whose default Windows words differently. */
#define TAG_DIALECTS(args, field, type_, flags_, default_, windows_default_, help_)                 \
	{.name = #field, .type = &(type_), .flags = (flags_), .dflt = (default_),                   \
	 .windows_dflt = (windows_default_), .help = (help_), .offset = offsetof(struct args, field), \
	 .given = offsetof(struct args, given.field)}
#define TAG_NUMBER(args, field, flags_, default_, min_, max_, help_)                               \
	{.name = #field, .type = &type_u32, .flags = (flags_), .dflt = (default_), .help = (help_), \
	 .offset = offsetof(struct args, field), .given = offsetof(struct args, given.field),       \
	 .min = (min_), .max = (max_)}
#define KEYWORD(args, field, flags_, help_)                                                        \
	{.name = #field, .flags = TAG_KEYWORD | TAG_ALT | (flags_), .help = (help_),                \
	 .given = offsetof(struct args, given.field)}
/* The three authentication tags fill one ordered list (grammar §3.8). */
#define AUTH_TAGS(args)                                                                            \
	{.name = "kerberos", .type = &type_kerberos, .offset = offsetof(struct args, auth),         \
	 .given = offsetof(struct args, given.kerberos),                                            \
	 .help = "Kerberos V5 as a method; the order of these tags is the preference."},            \
	{.name = "psk", .type = &type_psk, .flags = TAG_SECRET,                                     \
	 .offset = offsetof(struct args, auth), .given = offsetof(struct args, given.psk),          \
	 .help = "A preshared key as a method."},                                                   \
	{.name = "rootca", .type = &type_rootca, .flags = TAG_REPEAT,                               \
	 .offset = offsetof(struct args, auth), .given = offsetof(struct args, given.rootca),       \
	 .help = "A certificate authority as a method; may be given more than once."}

/* A key that is in the key file already, or is not on this host: what dump writes in place of a key. */
#define PSKID_TAG(args)                                                                            \
	{.name = "pskid", .type = &type_pskid, .flags = TAG_EXTENSION | TAG_NAMED,                  \
	 .offset = offsetof(struct args, auth), .given = offsetof(struct args, given.pskid),        \
	 .help = "A preshared key as a method, by the id under which this host keeps it."}
/* On every row that the lock-out guard watches; the last one, and never written by dump. */
#define FORCE_TAG(args)                                                                            \
	TAG(args, force, type_yesno, TAG_EXTENSION | TAG_FORCE, "no",                               \
	    "Do it even where it would cut the connection over which it is typed?")
/* Identity: what dump writes and importpolicy keeps. */
#define GUID_TAG(args, field, what)                                                                \
	TAG(args, field, type_guid, TAG_EXTENSION | TAG_NAMED, NULL, what " gets this guid instead of a fresh one.")

enum cmd_flags {
	CMD_READS = 1, /* the store; neither of these: the command does not need it */
	CMD_WRITES = 2,
	/*
	 * Windows has no such command: unknown in the windows dialect, and in ours an abbreviation that
	 * could be it or a word of Windows' is the latter.
	 */
	CMD_EXTENSION = 4,
	CMD_ALWAYS = 8, /* an extension that every dialect knows */
	CMD_IN_FILES = 16, /* may stand in a policy file (import.h) */
	CMD_SHELL = 32, /* of the shell itself: done here and now, whatever machine and mode are set */
	CMD_HOST = 128, /* of the host: works on the local store, whatever set store says */
	CMD_WORDS = 64, /* its args are a struct words, as they were typed; its tags are for help only */
};

struct cmd {
	const char *path; /* "static add policy" */
	const struct tag *tags; /* order = the order in which untagged words bind */
	size_t ntags;
	size_t args_size;
	unsigned flags; /* enum cmd_flags */
	int (*run)(struct session *s, const void *args, struct err *e);
	const char *brief, *example;
};
#define CMD_TAGS(args, array) .tags = (array), .ntags = N_OF(array), .args_size = sizeof(struct args)

struct context {
	const char *word, *brief;
};

extern const struct cmd *const cmd_table[]; /* ends with NULL; in the order of help */
extern const struct context contexts[];     /* ends with a NULL word */

/* --- values as the args structs hold them ------------------------------------------------------- */

/* An address word: what it says without mask, or a name that is still to be resolved. */
struct addr_arg {
	const char *text;
	bool is_name;
	bool has_plen; /* written a.b.c.d/nn */
	struct endpoint at;
};
struct auth_args {
	struct auth_list list;
	const char *psk[MODEL_AUTH_MAX]; /* same index; NULL for other methods */
};

enum level { LEVEL_NORMAL, LEVEL_VERBOSE };
enum format { FORMAT_LIST, FORMAT_TABLE, FORMAT_JSON };
enum rule_type { RULE_TYPE_ALL, RULE_TYPE_TUNNEL, RULE_TYPE_TRANSPORT };
enum location { LOCATION_LOCAL, LOCATION_DOMAIN, LOCATION_PERSISTENT };
enum direction { DIRECTION_IN, DIRECTION_OUT };
enum filter_type { FILTER_TYPE_ALL, FILTER_TYPE_GENERIC, FILTER_TYPE_SPECIFIC };
enum stats_type { STATS_ALL, STATS_IKE, STATS_IPSEC };
enum release { RELEASE_WIN2K, RELEASE_WIN2003 };
enum mode { MODE_ONLINE, MODE_OFFLINE };
enum file_mode { FILE_MODE_OPEN, FILE_MODE_APPEND, FILE_MODE_CLOSE };
enum batch_mode { BATCH_DISABLE, BATCH_ENABLE };

extern const struct value_type type_name;     /* const char *: an object's name */
extern const struct value_type type_newname;  /* the same for a name to be given: keywords are refused */
/* Names of objects that exist (or, _or_new, are made when missing); as type_name, type_newname. */
extern const struct value_type type_policy_name, type_rule_name, type_filterlist_name,
    type_filteraction_name, type_mmpolicy_name, type_qmpolicy_name, type_filterlist_or_new;
extern const struct value_type type_text;     /* const char * */
extern const struct value_type type_setting;  /* const char *: the value of any setting */
extern const struct value_type type_guid;     /* struct guid */
extern const struct value_type type_yesno;    /* bool */
extern const struct value_type type_u32;      /* uint32_t, tag.min..tag.max */
extern const struct value_type type_port;     /* uint16_t */
extern const struct value_type type_protocol; /* uint8_t */
extern const struct value_type type_action, type_conntype;                     /* uint8_t */
extern const struct value_type type_level, type_format, type_rule_type;        /* uint8_t */
extern const struct value_type type_listformat; /* uint8_t: list or json, where Windows has no table */
extern const struct value_type type_location, type_batch, type_dialect;                      /* uint8_t */
extern const struct value_type type_pfsgroup, type_filter_type, type_direction, type_stats;    /* uint8_t */
extern const struct value_type type_property;                                  /* uint8_t: enum setting_id */
extern const struct value_type type_addr;     /* struct addr_arg */
extern const struct value_type type_mask;     /* const char *: meaning depends on the address */
extern const struct value_type type_mmlist;   /* struct mm_offers */
extern const struct value_type type_qmlist;   /* struct qm_offers */
extern const struct value_type type_tunnel;   /* const char *: address or name */
extern const struct value_type type_file;     /* const char *: the name of a file */
extern const struct value_type type_context;  /* a path of words: a context */
extern const struct value_type type_mode, type_filemode; /* uint8_t */
extern const struct value_type type_release;  /* uint8_t: enum release */
extern const struct value_type type_pskid;    /* struct auth_args, appended: a key by its id in the key file */
extern const struct value_type type_kerberos, type_psk, type_rootca; /* struct auth_args, appended */

#endif
