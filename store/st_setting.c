/* Settings of the host: text under a name (schema 3). What was never set reads as the default. */
#include <string.h>

#include "store/internal.h"
#include "common/base/banned.h"

static int load_assigned(struct store *st, struct settings *out, struct err *e)
{
	struct q q;

	if (q_use(&q, st, &st->h, SQL_ASSIGNED, e) < 0)
		return -1;
	int row = q_step(&q, e);
	if (row > 0) {
		out->assigned = q_bool(&q);
		/* An older program assigned without taking note. */
		out->ever_assigned = q_bool(&q) || out->assigned;
	}
	q_done(&q);
	return row < 0 ? -1 : 0;
}

bool store_boot_touched(struct store *st)
{
	bool was = st->boot_touched;

	st->boot_touched = false;
	return was;
}

int settings_load(struct store *st, struct settings *out, struct err *e)
{
	struct q q;
	int row;

	settings_default(out);
	if (q_use(&q, st, &st->h, SQL_SETTINGS, e) < 0)
		return -1;
	while ((row = q_step(&q, e)) > 0) {
		const char *name = q_text(&q, NULL), *value;
		const struct enum_name *id = setting_names;
		while (id->name && (!name || strcmp(id->name, name) != 0))
			id++;
		value = q_text(&q, NULL);
		/* A row of another part of the program, or of a newer one, is not ours to judge. */
		if (!id->name || !value)
			continue;
		if (setting_parse((enum setting_id)id->value, value, id->name, out, e) < 0) {
			row = -1;
			break;
		}
	}
	q_done(&q);
	return row < 0 ? -1 : load_assigned(st, out, e);
}

int store_settings(struct store *st, struct settings *out, struct err *e)
{
	if (read_begin(st, e) < 0)
		return -1;
	int rc = settings_load(st, out, e);
	read_end(st);
	return rc;
}

int store_setting_put(struct store *st, const char *name, const char *value, struct err *e)
{
	struct q q;

	if (store_cmd_begin(st, e) < 0)
		return -1;
	int rc = q_use(&q, st, &st->h, SQL_SETTING_PUT, e);
	if (rc == 0) {
		q_put_text(&q, name);
		q_put_text(&q, value);
		rc = q_run(&q, e) < 0 ? -1 : 0;
	}
	return write_end(st, rc, e);
}
