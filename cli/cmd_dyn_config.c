/* dynamic set and show config (grammar §6.2, §7.7): settings of the host, kept in the policy store. */
#include "cli/dyn.h"

#include "cli/labels.h"
#include "cli/render_dyn_json.h"
#include "cli/render_private.h"
#include "cli/status.h"
#include "common/base/mem.h"
#include "common/model/settings.h"
#include "common/base/banned.h"

struct config_args {
	uint8_t property, format;
	const char *value;
	bool force;
	struct {
		bool property, value, format, force;
	} given;
};
static const struct tag set_tags[] = {
	TAG(config_args, property, type_property, TAG_REQUIRED, NULL,
	    "One of: ipsecdiagnostics (0-7: 1 errors, 2 inbound, 4 outbound drops), ikelogging (0-1), strongcrlcheck "
	    "(0-2), ipsecloginterval (60-86400 seconds), ipsecexempt (0-3), bootmode (stateful, block, permit), "
	    "bootexemptions."),
	TAG(config_args, value, type_setting, TAG_REQUIRED, NULL,
	    "Its value. bootexemptions takes none or a list like \"ICMP:inbound TCP:0:22:inbound\". ipsecexempt, "
	    "ipsecdiagnostics, ipsecloginterval and ikelogging take effect at once, bootmode and bootexemptions at the next "
	    "boot; strongcrlcheck is kept and shown, and has no effect."),
	FORCE_TAG(config_args),
};

static const struct tag show_tags[] = {
	TAG(config_args, format, type_listformat, TAG_EXTENSION, "list", HELP_LISTFORMAT),
};

/* A script knows what it asked for; Windows says nothing of it. */
static void say_when(struct session *s, enum setting_id id)
{
	if (s->person && session_dialect(s) == DIALECT_LINUX)
		session_say(s, arena_printf(&s->arena, "%s %s", enum_to_name(setting_names, (int)id), setting_effect(id)));
}

static int set_config(struct session *s, const void *args, struct err *e)
{
	const struct config_args *a = args;
	enum setting_id id = (enum setting_id)a->property;
	struct settings all;
	struct buf text = {0};
	int rc;

	if (store_settings(s->store, &all, e) < 0 || setting_parse(id, a->value, "value", &all, e) < 0)
		return -1;
	setting_print(&all, id, &text);
	if (id == SET_BOOTMODE || id == SET_BOOTEXEMPTIONS)
		guard_note_boot(s);
	rc = store_setting_put(s->store, enum_to_name(setting_names, (int)id), buf_text(&text), e);
	buf_free(&text);
	if (rc == 0)
		say_when(s, id);
	return rc;
}

int show_settings(struct session *s, struct err *e)
{
	struct settings all;

	if (store_settings(s->store, &all, e) < 0)
		return -1;
	render_settings(s, &all);
	return 0;
}

/* Windows says nothing of it here, so neither do we in its dialect. */
static int show_mode(struct session *s, struct err *e)
{
	struct status st;

	if (session_dialect(s) != DIALECT_LINUX)
		return 0;
	if (status_ask(s, &st, e) < 0)
		return -1;
	put_line(s, L_OPMODE, "%s (%s)", status_word(st.mode), st.state.reason);
	return 0;
}

static int show_config(struct session *s, const void *args, struct err *e)
{
	struct settings all;
	struct json j;

	if (((const struct config_args *)args)->format != FORMAT_JSON)
		return show_settings(s, e) < 0 ? -1 : show_mode(s, e);
	if (store_settings(s->store, &all, e) < 0)
		return -1;
	json_begin(&j, &s->text);
	json_settings(&j, NULL, &all);
	json_end(&j);
	return 0;
}

const struct cmd cmd_dynamic_set_config = {
	.path = "dynamic set config",
	CMD_TAGS(config_args, set_tags),
	.flags = CMD_WRITES | CMD_IN_FILES | CMD_HOST,
	.run = set_config,
	.brief = "Changes a setting of this host; it stays when the service stops.",
	.example = "set config property=ipsecexempt value=3",
};
const struct cmd cmd_dynamic_show_config = {
	.path = "dynamic show config",
	CMD_TAGS(config_args, show_tags),
	.flags = CMD_READS | CMD_HOST,
	.run = show_config,
	.brief = "Displays the settings of this host.",
	.example = "show config",
};
