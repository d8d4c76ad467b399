/* Settings of the host: their words and limits, and that the store keeps them. */
#include "common/model/settings.h"

#include "tests/unit/store_util.h"
#include "common/base/banned.h"

static int parse(enum setting_id id, const char *text, struct settings *s)
{
	struct err why = {0};

	return setting_parse(id, text, "value", s, &why) == 0 ? 0 : err_number(&why);
}

static const char *text_of(const struct settings *s, enum setting_id id)
{
	static struct buf b;

	buf_clear(&b);
	setting_print(s, id, &b);
	return buf_text(&b);
}

static void defaults_are_those_of_windows(void)
{
	static const char *const want[SETTINGS] = {"0", "0", "1", "3600", "3", "", "none"};
	struct settings s;

	settings_default(&s);
	for (int i = 0; i < SETTINGS; i++)
		is_str(text_of(&s, (enum setting_id)i), want[i]);
	is_int(s.bootmode, BOOT_DEFAULT);
}

static void limits_are_those_of_the_grammar(void)
{
	static const struct {
		enum setting_id id;
		const char *text;
		int number; /* of the error; 0: taken */
	} rows[] = {
		{SET_IPSECDIAGNOSTICS, "7", 0}, {SET_IPSECDIAGNOSTICS, "8", 7011}, {SET_IPSECDIAGNOSTICS, "-1", 7010},
		{SET_IKELOGGING, "1", 0}, {SET_IKELOGGING, "2", 7011}, {SET_IKELOGGING, "", 7012},
		{SET_STRONGCRLCHECK, "2", 0}, {SET_STRONGCRLCHECK, "3", 7011}, {SET_IPSECLOGINTERVAL, "60", 0},
		{SET_IPSECLOGINTERVAL, "86400", 0}, {SET_IPSECLOGINTERVAL, "59", 7011},
		{SET_IPSECLOGINTERVAL, "86401", 7011}, {SET_IPSECEXEMPT, "0", 0}, {SET_IPSECEXEMPT, "4", 7011},
		{SET_IPSECEXEMPT, "99999999999999999999", 7011}, {SET_BOOTMODE, "BLOCK", 0}, {SET_BOOTMODE, "s", 0},
		{SET_BOOTMODE, "open", 7010}, {SET_BOOTMODE, "", 7010}, {SET_BOOTEXEMPTIONS, "none", 0},
		{SET_BOOTEXEMPTIONS, "ICMP:inbound TCP:80:80:outbound 47:in", 0}, {SET_BOOTEXEMPTIONS, "", 7012},
		{SET_BOOTEXEMPTIONS, "TCP:80:outbound", 6020}, {SET_BOOTEXEMPTIONS, "ICMP:0:0:inbound", 6020},
		{SET_BOOTEXEMPTIONS, "UDP:1:65536:inbound", 6020}, {SET_BOOTEXEMPTIONS, "TCP:1:2:sideways", 6020},
		{SET_BOOTEXEMPTIONS, "ANY:inbound", 6020}, {SET_BOOTEXEMPTIONS, "ICMP:inbound x", 7010},
		{SET_BOOTEXEMPTIONS, "1:2:3:4:5", 6020}, {SET_BOOTEXEMPTIONS, ":", 7012},
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct settings s;
		settings_default(&s);
		is_int(parse(rows[i].id, rows[i].text, &s), rows[i].number);
		if (tap_failed)
			printf("# at '%s'\n", rows[i].text);
	}
}

static void a_bad_value_changes_nothing(void)
{
	struct settings s;

	settings_default(&s);
	is_int(parse(SET_BOOTEXEMPTIONS, "UDP:0:68:inbound", &s), 0);
	is_int(parse(SET_BOOTEXEMPTIONS, "ICMP:inbound TCP:1:inbound", &s), 6020);
	is_str(text_of(&s, SET_BOOTEXEMPTIONS), "UDP:0:68:inbound");
}

static void exemptions_are_bounded(void)
{
	struct settings s, again;
	struct buf b = {0};

	settings_default(&s);
	for (int i = 0; i < BOOT_EXEMPTIONS_MAX; i++)
		buf_printf(&b, "UDP:65535:%d:outbound ", i);
	is_int(parse(SET_BOOTEXEMPTIONS, buf_text(&b), &s), 0);
	is_int(s.nexempt, BOOT_EXEMPTIONS_MAX);
	settings_default(&again);
	is_int(parse(SET_BOOTEXEMPTIONS, text_of(&s, SET_BOOTEXEMPTIONS), &again), 0);
	ok(memcmp(s.exempt, again.exempt, sizeof s.exempt) == 0);
	buf_adds(&b, "ICMP:inbound");
	is_int(parse(SET_BOOTEXEMPTIONS, buf_text(&b), &s), 6020);
	buf_free(&b);
}

/* The longest list that can be said must fit the store's column. */
static void the_store_keeps_them(void)
{
	char *dir = dir_new();
	struct store *st = open_or_die(dir, STORE_RW);
	struct settings s, got;
	struct policyset *ps;
	struct buf b = {0};

	for (int i = 0; i < BOOT_EXEMPTIONS_MAX; i++)
		buf_adds(&b, "UDP:65535:65535:outbound ");
	settings_default(&s);
	is_int(parse(SET_BOOTEXEMPTIONS, buf_text(&b), &s), 0);
	works(store_settings(st, &got, &e));
	is_str(text_of(&got, SET_IPSECEXEMPT), "3");
	works(store_setting_put(st, "ipsecexempt", "1", &e));
	works(store_setting_put(st, "bootmode", "block", &e));
	works(store_setting_put(st, "bootexemptions", text_of(&s, SET_BOOTEXEMPTIONS), &e));
	works(store_setting_put(st, "of a newer program", "x", &e));
	uint64_t before = counter_of(st);
	works(store_setting_put(st, "ipsecexempt", "1", &e));
	is_int(counter_of(st), before); /* writing what is there is no change */
	store_close(st);
	st = open_or_die(dir, STORE_READ_ONLY);
	works(store_settings(st, &got, &e));
	is_int(got.number[SET_IPSECEXEMPT], 1);
	is_int(got.bootmode, BOOT_BLOCK);
	is_int(got.nexempt, BOOT_EXEMPTIONS_MAX);
	ps = store_snapshot(st, &(struct err){0});
	is_int(ps ? ps->settings.number[SET_IPSECEXEMPT] : 99, 1);
	policyset_free(ps);
	store_close(st);
	buf_free(&b);
	dir_free(dir);
}

static const struct tap_case cases[] = {
	{"defaults are those of Windows", defaults_are_those_of_windows},
	{"limits are those of the grammar", limits_are_those_of_the_grammar},
	{"a bad value changes nothing", a_bad_value_changes_nothing},
	{"exemptions are bounded", exemptions_are_bounded},
	{"the store keeps them", the_store_keeps_them},
};
TAP_MAIN(cases)
