/* dynamic add, set, delete, show mmpolicy and qmpolicy (grammar §6.1-§6.4, §7.9). */
#include "cli/dyn.h"

#include "cli/render_dyn_json.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

struct mm_args {
	const char *name;
	uint8_t format;
	uint32_t qmpermm, mmlifetime, softsaexpirationtime;
	struct mm_offers mmsecmethods;
	struct {
		bool name, all, format, qmpermm, mmlifetime, softsaexpirationtime, mmsecmethods;
	} given;
};

#define HELP_MMNAME "Name of the main mode policy."
#define HELP_QMPERMM "Quick modes before a new main mode key; 0 is no limit."
#define HELP_MMLIFETIME "Minutes until a new main mode key."
#define HELP_SOFTSA "Minutes until an association with a peer without IPsec ends."
#define HELP_MMSEC "Offers in order of preference, like \"3DES-SHA1-2 3DES-MD5-2\"."

static const struct tag mm_add_tags[] = {
	TAG(mm_args, name, type_newname, TAG_REQUIRED, NULL, HELP_MMNAME),
	TAG_NUMBER(mm_args, qmpermm, 0, "0", 0, 2147483647, HELP_QMPERMM),
	TAG_NUMBER(mm_args, mmlifetime, 0, "480", 1, MINUTES_MAX, HELP_MMLIFETIME),
	TAG_NUMBER(mm_args, softsaexpirationtime, 0, "480", 1, MINUTES_MAX, HELP_SOFTSA),
	TAG_DIALECTS(mm_args, mmsecmethods, type_mmlist, 0, MM_DEFAULT, MM_DEFAULT_WINDOWS, HELP_MMSEC),
};
static const struct tag mm_set_tags[] = {
	TAG(mm_args, name, type_mmpolicy_name, TAG_REQUIRED, NULL, HELP_MMNAME),
	TAG_NUMBER(mm_args, qmpermm, 0, NULL, 0, 2147483647, HELP_QMPERMM),
	TAG_NUMBER(mm_args, mmlifetime, 0, NULL, 1, MINUTES_MAX, HELP_MMLIFETIME),
	TAG_NUMBER(mm_args, softsaexpirationtime, 0, NULL, 1, MINUTES_MAX, HELP_SOFTSA),
	TAG(mm_args, mmsecmethods, type_mmlist, 0, NULL, HELP_MMSEC),
};
static const struct tag mm_name_tags[] = {
	TAG(mm_args, name, type_mmpolicy_name, TAG_REQUIRED, NULL, HELP_MMNAME),
	KEYWORD(mm_args, all, TAG_RESERVED, "Every dynamic main mode policy."),
};
static const struct tag mm_show_tags[] = {
	TAG(mm_args, name, type_name, TAG_REQUIRED, NULL, HELP_MMNAME),
	KEYWORD(mm_args, all, TAG_RESERVED, "Every main mode policy in force."),
	TAG(mm_args, format, type_listformat, TAG_EXTENSION, "list", HELP_LISTFORMAT),
};

struct qm_args {
	const char *name;
	bool soft;
	uint8_t pfsgroup, format;
	struct qm_offers qmsecmethods;
	struct {
		bool name, all, format, soft, pfsgroup, qmsecmethods;
	} given;
};

#define HELP_QMNAME "Name of the quick mode policy."
#define HELP_SOFT "Fall back to unprotected traffic with peers that have no IPsec?"
#define HELP_PFS "Group of a new key exchange for every session key; GRPMM takes that of main mode."
#define HELP_QMSEC "Methods in order of preference, like \"ESP[3DES,SHA1]:100000k/3600s AH[SHA1]\"."

static const struct tag qm_add_tags[] = {
	TAG(qm_args, name, type_newname, TAG_REQUIRED, NULL, HELP_QMNAME),
	TAG(qm_args, soft, type_yesno, 0, "no", HELP_SOFT),
	TAG(qm_args, pfsgroup, type_pfsgroup, 0, "NOPFS", HELP_PFS),
	TAG_DIALECTS(qm_args, qmsecmethods, type_qmlist, 0, QM_DEFAULT, QM_DEFAULT_WINDOWS, HELP_QMSEC),
};
static const struct tag qm_set_tags[] = {
	TAG(qm_args, name, type_qmpolicy_name, TAG_REQUIRED, NULL, HELP_QMNAME),
	TAG(qm_args, soft, type_yesno, 0, NULL, HELP_SOFT),
	TAG(qm_args, pfsgroup, type_pfsgroup, 0, NULL, HELP_PFS),
	TAG(qm_args, qmsecmethods, type_qmlist, 0, NULL, HELP_QMSEC),
};
static const struct tag qm_name_tags[] = {
	TAG(qm_args, name, type_qmpolicy_name, TAG_REQUIRED, NULL, HELP_QMNAME),
	KEYWORD(qm_args, all, TAG_RESERVED, "Every dynamic quick mode policy."),
};
static const struct tag qm_show_tags[] = {
	TAG(qm_args, name, type_name, TAG_REQUIRED, NULL, HELP_QMNAME),
	KEYWORD(qm_args, all, TAG_RESERVED, "Every quick mode policy in force."),
	TAG(qm_args, format, type_listformat, TAG_EXTENSION, "list", HELP_LISTFORMAT),
};

/* --- changing ----------------------------------------------------------------------------------- */

static int mm_change(struct session *s, const struct mm_args *a, enum dyn_op op, struct err *e)
{
	struct dyn_change c = {.op = (uint8_t)op, .kind = DYN_MMPOLICY,
		.given = (a->given.qmpermm ? DYN_G_QMPERMM : 0u) | (a->given.mmlifetime ? DYN_G_MMLIFETIME : 0u) |
		    (a->given.softsaexpirationtime ? DYN_G_SOFTSA : 0u) |
		    (a->given.mmsecmethods ? DYN_G_OFFERS : 0u),
		.u.mm = {.name = a->name ? a->name : "",
			.qmpermm = a->qmpermm,
			.mmlifetime_s = a->mmlifetime * SECONDS_A_MINUTE,
			.softsa_s = a->softsaexpirationtime * SECONDS_A_MINUTE,
			.offers = a->mmsecmethods}};

	return dyn_change(s, &c, e);
}

static int add_mmpolicy(struct session *s, const void *args, struct err *e)
{
	return mm_change(s, args, DYN_ADD, e);
}

static int set_mmpolicy(struct session *s, const void *args, struct err *e)
{
	return mm_change(s, args, DYN_SET, e);
}

static int delete_mmpolicy(struct session *s, const void *args, struct err *e)
{
	const struct mm_args *a = args;

	return mm_change(s, a, a->given.all ? DYN_DELETE_ALL : DYN_DELETE, e);
}

static int qm_change(struct session *s, const struct qm_args *a, enum dyn_op op, struct err *e)
{
	struct dyn_change c = {.op = (uint8_t)op, .kind = DYN_QMPOLICY,
		.given = (a->given.soft ? DYN_G_SOFT : 0u) | (a->given.pfsgroup ? DYN_G_PFSGROUP : 0u) |
		    (a->given.qmsecmethods ? DYN_G_OFFERS : 0u),
		.u.qm = {.name = a->name ? a->name : "",
			.soft = a->soft,
			.pfsgroup = a->pfsgroup,
			.offers = a->qmsecmethods}};

	return dyn_change(s, &c, e);
}

static int add_qmpolicy(struct session *s, const void *args, struct err *e)
{
	return qm_change(s, args, DYN_ADD, e);
}

static int set_qmpolicy(struct session *s, const void *args, struct err *e)
{
	return qm_change(s, args, DYN_SET, e);
}

static int delete_qmpolicy(struct session *s, const void *args, struct err *e)
{
	const struct qm_args *a = args;

	return qm_change(s, a, a->given.all ? DYN_DELETE_ALL : DYN_DELETE, e);
}

/* --- showing ------------------------------------------------------------------------------------ */

struct policy_walk {
	struct session *s;
	const char *name; /* NULL: all */
	struct json_list *json;
	size_t shown;
};

static void put_policy(struct session *s, struct json_list *json, const struct dyn_item *it)
{
	bool mm = it->kind == DYN_MMPOLICY;

	if (json)
		json_list_element(json);
	if (json && mm)
		json_mmpolicy(json->j, &it->u.mm);
	else if (json)
		json_qmpolicy(json->j, &it->u.qm);
	else if (mm)
		render_mmpolicy(s, &it->u.mm);
	else
		render_qmpolicy(s, &it->u.qm);
}

static int show_one(void *ctx, const struct dyn_item *it, struct err *e)
{
	struct policy_walk *w = ctx;
	const char *name = it->kind == DYN_MMPOLICY ? it->u.mm.name : it->u.qm.name;

	(void)e;
	if (w->name && !str_caseeq(w->name, name))
		return 0;
	put_policy(w->s, w->json, it);
	w->shown++;
	return 0;
}

int show_dyn_policies(struct session *s, enum dyn_kind kind, const char *name, struct json_list *json,
    struct err *e)
{
	struct policy_walk w = {.s = s, .name = name, .json = json};

	if (dyn_each(s, kind, show_one, &w, e) < 0)
		return -1;
	if (w.shown || (json && !name))
		return 0;
	if (kind == DYN_MMPOLICY)
		return name ? err_set(e, MMPOLICY_NOTFOUND, name) : err_set(e, NO_MMPOLICIES);
	return name ? err_set(e, QMPOLICY_NOTFOUND, name) : err_set(e, NO_QMPOLICIES);
}

static int show_document(struct session *s, enum dyn_kind kind, const char *name, uint8_t format, struct err *e)
{
	struct json_list json = {.s = s};

	if (format != FORMAT_JSON)
		return show_dyn_policies(s, kind, name, NULL, e);
	if (show_dyn_policies(s, kind, name, &json, e) < 0)
		return -1;
	json_list_end(&json);
	return 0;
}

static int show_mmpolicy(struct session *s, const void *args, struct err *e)
{
	const struct mm_args *a = args;

	return show_document(s, DYN_MMPOLICY, a->name, a->format, e);
}

static int show_qmpolicy(struct session *s, const void *args, struct err *e)
{
	const struct qm_args *a = args;

	return show_document(s, DYN_QMPOLICY, a->name, a->format, e);
}

const struct cmd cmd_dynamic_add_mmpolicy = {
	.path = "dynamic add mmpolicy",
	CMD_TAGS(mm_args, mm_add_tags),
	.run = add_mmpolicy,
	.brief = "Creates a main mode policy: how keys are agreed on with peers.",
	.example = "add mmpolicy name=MM1 mmlifetime=60 mmsecmethods=\"3DES-SHA1-2 3DES-MD5-2\"",
};
const struct cmd cmd_dynamic_set_mmpolicy = {
	.path = "dynamic set mmpolicy",
	CMD_TAGS(mm_args, mm_set_tags),
	.run = set_mmpolicy,
	.brief = "Changes a dynamic main mode policy.",
	.example = "set mmpolicy name=MM1 qmpermm=10",
};
const struct cmd cmd_dynamic_delete_mmpolicy = {
	.path = "dynamic delete mmpolicy",
	CMD_TAGS(mm_args, mm_name_tags),
	.run = delete_mmpolicy,
	.brief = "Deletes dynamic main mode policies that no rule uses.",
	.example = "delete mmpolicy name=MM1",
};
const struct cmd cmd_dynamic_show_mmpolicy = {
	.path = "dynamic show mmpolicy",
	CMD_TAGS(mm_args, mm_show_tags),
	.run = show_mmpolicy,
	.brief = "Displays the main mode policies in force.",
	.example = "show mmpolicy all",
};
const struct cmd cmd_dynamic_add_qmpolicy = {
	.path = "dynamic add qmpolicy",
	CMD_TAGS(qm_args, qm_add_tags),
	.run = add_qmpolicy,
	.brief = "Creates a quick mode policy: how traffic is protected.",
	.example = "add qmpolicy name=QM1 pfsgroup=GRPMM qmsecmethods=\"AH[MD5]:100000k/2000s ESP[3DES,SHA1]\"",
};
const struct cmd cmd_dynamic_set_qmpolicy = {
	.path = "dynamic set qmpolicy",
	CMD_TAGS(qm_args, qm_set_tags),
	.run = set_qmpolicy,
	.brief = "Changes a dynamic quick mode policy.",
	.example = "set qmpolicy name=QM1 soft=yes",
};
const struct cmd cmd_dynamic_delete_qmpolicy = {
	.path = "dynamic delete qmpolicy",
	CMD_TAGS(qm_args, qm_name_tags),
	.run = delete_qmpolicy,
	.brief = "Deletes dynamic quick mode policies that no rule uses.",
	.example = "delete qmpolicy all",
};
const struct cmd cmd_dynamic_show_qmpolicy = {
	.path = "dynamic show qmpolicy",
	CMD_TAGS(qm_args, qm_show_tags),
	.run = show_qmpolicy,
	.brief = "Displays the quick mode policies in force.",
	.example = "show qmpolicy all",
};
