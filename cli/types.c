/* The value types of the language: each parses, prints and names what it expects. */
#include "cli/tag.h"

#include <limits.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/model/dynamic.h"
#include "common/model/settings.h"
#include "common/model/values.h"
#include "common/base/banned.h"

static const struct enum_name yesno_names[] = {{1, "yes"}, {0, "no"}, {0, NULL}};
/* The words among the addresses; endpoint_parse() reads them. */
static const struct enum_name addr_names[] = {
	{END_ANY, "any"}, {END_ME, "me"}, {END_DNS, "dns"}, {END_WINS, "wins"}, {END_DHCP, "dhcp"},
	{END_GATEWAY, "gateway"}, {0, NULL}};
static const struct enum_name level_names[] = {
	{LEVEL_VERBOSE, "verbose"}, {LEVEL_NORMAL, "normal"}, {0, NULL}};
static const struct enum_name format_names[] = {
	{FORMAT_LIST, "list"}, {FORMAT_TABLE, "table"}, {FORMAT_JSON, "json"}, {0, NULL}};
static const struct enum_name windows_format_names[] = {
	{FORMAT_LIST, "list"}, {FORMAT_TABLE, "table"}, {0, NULL}};
static const struct enum_name listformat_names[] = {
	{FORMAT_LIST, "list"}, {FORMAT_JSON, "json"}, {0, NULL}};
static const struct enum_name rule_type_names[] = {
	{RULE_TYPE_TUNNEL, "tunnel"}, {RULE_TYPE_TRANSPORT, "transport"}, {0, NULL}};
static const struct enum_name location_names[] = {
	{LOCATION_LOCAL, "local"}, {LOCATION_DOMAIN, "domain"}, {LOCATION_PERSISTENT, "persistent"}, {0, NULL}};
static const struct enum_name filter_type_names[] = {
	{FILTER_TYPE_GENERIC, "generic"}, {FILTER_TYPE_SPECIFIC, "specific"}, {0, NULL}};
static const struct enum_name direction_names[] = {
	{DIRECTION_IN, "inbound"}, {DIRECTION_OUT, "outbound"}, {0, NULL}};
static const struct enum_name stats_names[] = {
	{STATS_ALL, "all"}, {STATS_IKE, "ike"}, {STATS_IPSEC, "ipsec"}, {0, NULL}};
static const struct enum_name release_names[] = {
	{RELEASE_WIN2K, "win2k"}, {RELEASE_WIN2003, "win2003"}, {0, NULL}};
static const struct enum_name mode_names[] = {{MODE_ONLINE, "online"}, {MODE_OFFLINE, "offline"}, {0, NULL}};
static const struct enum_name filemode_names[] = {
	{FILE_MODE_OPEN, "open"}, {FILE_MODE_APPEND, "append"}, {FILE_MODE_CLOSE, "close"}, {0, NULL}};
static const struct enum_name batch_names[] = {
	{BATCH_ENABLE, "enable"}, {BATCH_DISABLE, "disable"}, {0, NULL}};

/* --- text --------------------------------------------------------------------------------------- */

static int text_bounded(const struct tag *t, const char *text, size_t most, struct arena *a,
    const char **out, struct err *e)
{
	if (strlen(text) > most)
		return err_set(e, VALUE_TEXT, t->name, "is too long");
	*out = arena_strdup(a, text);
	return 0;
}

static int parse_text(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	return text_bounded(t, text, MODEL_TEXT_MAX, a, out, e);
}

/* As long as the store takes it: 64 boot exemptions in full words are longer than a description may be. */
static int parse_setting(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	return text_bounded(t, text, SETTING_TEXT_MAX, a, out, e);
}

static int parse_name(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	if (!*text)
		return err_set(e, VALUE_EMPTY, t->name);
	return text_bounded(t, text, MODEL_NAME_MAX, a, out, e);
}

static int parse_file(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	if (!*text)
		return err_set(e, VALUE_EMPTY, t->name);
	return text_bounded(t, text, PATH_MAX - 1, a, out, e);
}

static int parse_newname(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	/* "all" is a keyword wherever a name can stand, so an object of that name could not be reached. */
	if (str_caseeq(text, "all"))
		return err_set(e, NAME_RESERVED, text);
	return parse_name(t, text, a, out, e);
}

static void print_text(const struct tag *t, const void *value, struct buf *b)
{
	(void)t;
	buf_adds(b, *(const char *const *)value);
}

static int parse_guid(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	(void)a;
	if (!guid_parse(text, out))
		return err_set(e, VALUE_BAD, text, t->name, "a guid like {11E6E97E-0031-49F5-AC7D-5F2FE99BABAF}", "");
	return 0;
}

static void print_guid(const struct tag *t, const void *value, struct buf *b)
{
	char text[GUID_TEXT];

	(void)t;
	buf_adds(b, guid_print(value, text));
}

/* --- enumerated values -------------------------------------------------------------------------- */

static int bad_enum(const struct tag *t, const struct enum_name *names, const char *text, struct err *e)
{
	const char *words[16], *near;
	struct buf list = {0}, hint = {0};
	size_t n = 0;

	for (; names[n].name && n < N_OF(words); n++) {
		words[n] = names[n].name;
		buf_printf(&list, "%s%s", n ? ", " : "", names[n].name);
	}
	near = str_nearest(text, words, n);
	if (near)
		buf_printf(&hint, " (did you mean '%s'?)", near);
	err_set(e, VALUE_BAD, text, t->name, buf_text(&list), buf_text(&hint));
	buf_free(&list);
	buf_free(&hint);
	return -1;
}

static int parse_names(const struct tag *t, const struct enum_name *names, const char *text, int *out,
    struct err *e)
{
	const struct enum_name *row;

	if (!*text)
		return err_set(e, VALUE_EMPTY, t->name);
	row = enum_find(names, text);
	if (!row)
		return bad_enum(t, names, text, e);
	*out = row->value;
	return 0;
}

static int parse_enum(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	int v = 0;

	(void)a;
	if (parse_names(t, t->type->names, text, &v, e) < 0)
		return -1;
	*(uint8_t *)out = (uint8_t)v;
	return 0;
}

static void print_enum(const struct tag *t, const void *value, struct buf *b)
{
	const char *name = enum_to_name(t->type->names, *(const uint8_t *)value);

	buf_adds(b, name ? name : "");
}

static int parse_yesno(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	int v = 0;

	(void)a;
	if (parse_names(t, yesno_names, text, &v, e) < 0)
		return -1;
	*(bool *)out = v;
	return 0;
}

static void print_yesno(const struct tag *t, const void *value, struct buf *b)
{
	(void)t;
	buf_adds(b, *(const bool *)value ? "yes" : "no");
}

/* --- numbers ------------------------------------------------------------------------------------ */

static int parse_number(const struct tag *t, const char *text, int64_t min, int64_t max, uint64_t *out,
    struct err *e)
{
	if (!*text)
		return err_set(e, VALUE_EMPTY, t->name);
	if (strspn(text, "0123456789") != strlen(text))
		return err_set(e, VALUE_BAD, text, t->name, "a number", "");
	if (!str_to_u64(text, (uint64_t)max, out) || *out < (uint64_t)min)
		return err_set(e, VALUE_RANGE, t->name, text, (long long)min, (long long)max);
	return 0;
}

static int parse_u32(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	uint64_t v;

	(void)a;
	if (parse_number(t, text, t->min, t->max, &v, e) < 0)
		return -1;
	*(uint32_t *)out = (uint32_t)v;
	return 0;
}

static void print_u32(const struct tag *t, const void *value, struct buf *b)
{
	(void)t;
	buf_printf(b, "%u", *(const uint32_t *)value);
}

static int parse_port(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	uint64_t v;

	(void)a;
	if (parse_number(t, text, 0, 65535, &v, e) < 0)
		return -1;
	*(uint16_t *)out = (uint16_t)v;
	return 0;
}

static void print_port(const struct tag *t, const void *value, struct buf *b)
{
	(void)t;
	buf_printf(b, "%u", *(const uint16_t *)value);
}

static int parse_protocol(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	(void)a;
	return protocol_parse(text, t->name, out, e);
}

static void print_protocol(const struct tag *t, const void *value, struct buf *b)
{
	(void)t;
	protocol_print(*(const uint8_t *)value, b);
}

/* --- addresses ---------------------------------------------------------------------------------- */

static int parse_addr(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	struct addr_arg v = {.text = arena_strdup(a, text), .has_plen = strchr(text, '/') != NULL};

	if (endpoint_parse(text, t->name, &v.at, &v.is_name, e) < 0)
		return -1;
	*(struct addr_arg *)out = v;
	return 0;
}

static void print_addr(const struct tag *t, const void *value, struct buf *b)
{
	const struct addr_arg *v = value;

	(void)t;
	if (v->is_name)
		buf_adds(b, v->text);
	else
		endpoint_print(&v->at, b);
}

static int parse_mask(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	uint8_t plen;

	if (mask_parse(text, t->name, IP_NONE, &plen, e) < 0)
		return -1;
	return text_bounded(t, text, IP_TEXT, a, out, e);
}

/* --- offers ------------------------------------------------------------------------------------- */

static int parse_mmlist(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	(void)a;
	return mm_offers_parse(text, DIALECT_LINUX, t->name, out, e);
}

static int parse_mmlist_windows(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	(void)a;
	return mm_offers_parse(text, DIALECT_WINDOWS, t->name, out, e);
}

static void print_mmlist(const struct tag *t, const void *value, struct buf *b)
{
	(void)t;
	mm_offers_print(value, b);
}

static const char *weak_mmlist(const void *value)
{
	return mm_offers_weak(value);
}

static int parse_qmlist(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	(void)a;
	return qm_offers_parse(text, DIALECT_LINUX, t->name, out, e);
}

static int parse_qmlist_windows(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	(void)a;
	return qm_offers_parse(text, DIALECT_WINDOWS, t->name, out, e);
}

static void print_qmlist(const struct tag *t, const void *value, struct buf *b)
{
	(void)t;
	qm_offers_print(value, b);
}

static const char *weak_qmlist(const void *value)
{
	return qm_offers_weak(value);
}

/* --- authentication: each tag appends to the list, so the order of the line survives (§3.8) ------ */

static int auth_append(struct auth_args *auth, const struct auth_method *m, const char *psk, struct err *e)
{
	if (auth->list.n == MODEL_AUTH_MAX)
		return err_set(e, VALUE_TEXT, "rootca", "is one authentication method too many");
	/* A rule has one key, by its text or by its id: a line, and so a dump, can say no more. */
	for (size_t i = 0; m->kind == AUTH_PSK && i < auth->list.n; i++)
		if (auth->list.v[i].kind == AUTH_PSK)
			return err_set(e, TAG_ALTERNATIVES, "'psk' or 'pskid'");
	auth->psk[auth->list.n] = psk;
	auth->list.v[auth->list.n++] = *m;
	return 0;
}

static int parse_kerberos(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	const struct auth_method m = {.kind = AUTH_KERBEROS};
	bool yes = false;

	if (parse_yesno(t, text, a, &yes, e) < 0)
		return -1;
	return yes ? auth_append(out, &m, NULL, e) : 0;
}

static int parse_psk(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	const struct auth_method m = {.kind = AUTH_PSK};
	const char *key = NULL;

	if (!*text)
		return err_set(e, VALUE_EMPTY, t->name);
	if (text_bounded(t, text, MODEL_TEXT_MAX, a, &key, e) < 0)
		return -1;
	return auth_append(out, &m, key, e);
}

static int parse_pskid(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	struct auth_method m = {.kind = AUTH_PSK};

	if (parse_guid(t, text, a, &m.secret_id, e) < 0)
		return -1;
	if (guid_is_null(&m.secret_id)) /* that is how a key without an id looks like */
		return err_set(e, VALUE_TEXT, t->name, "is no id");
	return auth_append(out, &m, NULL, e);
}

static int parse_rootca(const struct tag *t, const char *text, struct arena *a, void *out, struct err *e)
{
	struct auth_method m;

	(void)t;
	if (rootca_parse(text, a, &m, e) < 0)
		return -1;
	return auth_append(out, &m, NULL, e);
}

static void print_auth(const struct tag *t, const void *value, struct buf *b)
{
	const struct auth_list *l = &((const struct auth_args *)value)->list;

	for (size_t i = 0; i < l->n; i++) {
		const struct auth_method *m = &l->v[i];
		if (m->kind == AUTH_KERBEROS && t->type == &type_kerberos)
			buf_adds(b, "yes");
		else if (m->kind == AUTH_PSK && t->type == &type_psk)
			buf_adds(b, "********"); /* a key is never printed (house rule: every print redacts) */
		else if (m->kind == AUTH_ROOTCA && t->type == &type_rootca)
			buf_printf(b, "%s certmap:%s excludecaname:%s", m->text, m->certmap ? "yes" : "no",
			    m->excludecaname ? "yes" : "no");
	}
}

#define ENUM_TYPE(name, usage_, table) \
	const struct value_type name = {.usage = (usage_), .names = (table), .parse = parse_enum, .print = print_enum}
#define TYPE(name, usage_, parse_, print_) WORDS_TYPE(name, usage_, NULL, parse_, print_)
#define WORDS_TYPE(name, usage_, table, parse_, print_) \
	const struct value_type name = { \
		.usage = (usage_), .names = (table), .parse = (parse_), .print = (print_)}
#define OBJECT_TYPE(name, parse_, object_) \
	const struct value_type name = { \
		.usage = "<name>", .object = (object_), .parse = (parse_), .print = print_text}

TYPE(type_name, "<name>", parse_name, print_text);
TYPE(type_newname, "<name>", parse_newname, print_text);
OBJECT_TYPE(type_policy_name, parse_name, OBJECT_POLICY);
OBJECT_TYPE(type_rule_name, parse_name, OBJECT_RULE);
OBJECT_TYPE(type_filterlist_name, parse_name, OBJECT_FILTERLIST);
OBJECT_TYPE(type_filterlist_or_new, parse_newname, OBJECT_FILTERLIST);
OBJECT_TYPE(type_filteraction_name, parse_name, OBJECT_FILTERACTION);
OBJECT_TYPE(type_mmpolicy_name, parse_name, OBJECT_MMPOLICY);
OBJECT_TYPE(type_qmpolicy_name, parse_name, OBJECT_QMPOLICY);
TYPE(type_text, "<text>", parse_text, print_text);
TYPE(type_setting, "<text>", parse_setting, print_text);
TYPE(type_guid, "<guid>", parse_guid, print_guid);
WORDS_TYPE(type_yesno, "(yes | no)", yesno_names, parse_yesno, print_yesno);
TYPE(type_u32, "<number>", parse_u32, print_u32);
TYPE(type_port, "<port>", parse_port, print_port);
WORDS_TYPE(type_protocol, "(ANY | ICMP | TCP | UDP | RAW | <number>)", protocol_names, parse_protocol,
    print_protocol);
WORDS_TYPE(type_addr, "(me | any | <address> | <address/prefix> | <first-last> | <dns name> | <server>)",
    addr_names, parse_addr, print_addr);
TYPE(type_mask, "(<mask> | <prefix>)", parse_mask, print_text);
const struct value_type type_file = {
	.usage = "<file>", .object = OBJECT_FILE, .parse = parse_file, .print = print_text};
const struct value_type type_context = {
	.usage = "<context>", .object = OBJECT_CONTEXT, .parse = parse_text, .print = print_text};
ENUM_TYPE(type_mode, "(online | offline)", mode_names);
ENUM_TYPE(type_filemode, "(open | append | close)", filemode_names);
#define MMLIST .usage = "<cipher-hash-group ...>", .print = print_mmlist, .weak = weak_mmlist
#define QMLIST .usage = "<method ...>", .print = print_qmlist, .weak = weak_qmlist
static const struct value_type windows_mmlist = {MMLIST, .parse = parse_mmlist_windows};
static const struct value_type windows_qmlist = {QMLIST, .parse = parse_qmlist_windows};
const struct value_type type_mmlist = {MMLIST, .windows = &windows_mmlist, .parse = parse_mmlist};
const struct value_type type_qmlist = {QMLIST, .windows = &windows_qmlist, .parse = parse_qmlist};
TYPE(type_tunnel, "(<address> | <dns name>)", parse_name, print_text);
WORDS_TYPE(type_kerberos, "(yes | no)", yesno_names, parse_kerberos, print_auth);
TYPE(type_psk, "<key>", parse_psk, print_auth);
TYPE(type_pskid, "<guid>", parse_pskid, print_auth);
TYPE(type_rootca, "<name [certmap:yes|no] [excludecaname:yes|no]>", parse_rootca, print_auth);
ENUM_TYPE(type_action, "(permit | block | negotiate)", action_names);
ENUM_TYPE(type_conntype, "(lan | dialup | all)", conntype_names);
ENUM_TYPE(type_level, "(verbose | normal)", level_names);
static const struct value_type windows_format = {
	.usage = "(list | table)", .names = windows_format_names, .parse = parse_enum, .print = print_enum};
const struct value_type type_format = {.usage = "(list | table | json)",
	.names = format_names,
	.windows = &windows_format,
	.parse = parse_enum,
	.print = print_enum};
ENUM_TYPE(type_listformat, "(list | json)", listformat_names);
ENUM_TYPE(type_rule_type, "(tunnel | transport)", rule_type_names);
ENUM_TYPE(type_location, "(local | domain | persistent)", location_names);
static const struct value_type windows_pfsgroup = {.usage = "(GRP1 | GRP2 | GRP3 | GRPMM | NOPFS)",
	.names = windows_pfs_names,
	.parse = parse_enum,
	.print = print_enum};
const struct value_type type_pfsgroup = {
	.usage = "(GRP1 | GRP2 | GRP3 | GRPMM | NOPFS | GRP14 | GRP15 | GRP16 | GRP19 | GRP20 | GRP21 | GRP31)",
	.names = pfs_names,
	.windows = &windows_pfsgroup,
	.parse = parse_enum,
	.print = print_enum};
ENUM_TYPE(type_direction, "(inbound | outbound)", direction_names);
ENUM_TYPE(type_filter_type, "(generic | specific)", filter_type_names);
ENUM_TYPE(type_stats, "(all | ike | ipsec)", stats_names);
ENUM_TYPE(type_property, "<property>", setting_names);
ENUM_TYPE(type_dialect, "(linux | windows)", dialect_names);
ENUM_TYPE(type_release, "(win2k | win2003)", release_names);
ENUM_TYPE(type_batch, "(enable | disable)", batch_names);
