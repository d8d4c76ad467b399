/*
 * The manual keeps step with the rows: tables in man pages and doc/errors.md, doc/netsh-compat.md against
 * the commands here and those of Windows, the numbers of messages. Runs from the top folder.
 */
#include "cli/manual.h"

#include <stdlib.h>

#include "cli/grammar.h"
#include "common/base/mem.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

/* The page is freed by the caller. */
static char *slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	struct buf b = {0};
	int c;

	ok(f != NULL);
	while (f && (c = getc(f)) != EOF)
		buf_addc(&b, (char)c);
	if (f)
		fclose(f);
	return buf_take(&b);
}

/* --- generated tables --------------------------------------------------------------------------- */

static const char *const pages[] = {"man/ipsecsh-static.8", "man/ipsecsh-dynamic.8", "doc/errors.md"};

static void tables_are_what_the_rows_say(void)
{
	for (size_t i = 0; i < N_OF(pages); i++) {
		char *page = slurp(pages[i]);
		struct buf now = {0};
		ok(manual_refresh(page, &now));
		if (strcmp(page, buf_text(&now)) != 0) {
			ok(!"a page differs from the rows");
			printf("#   %s: run make man-tables and commit\n", pages[i]);
		}
		free(page);
		buf_free(&now);
	}
}

/* Where the page of a command is: each context has one, what is known everywhere is with the program. */
static const char *page_of(const struct cmd *cmd)
{
	static char page[40];
	const char *context = path_context(cmd->path);

	snprintf(page, sizeof page, "man/ipsecsh%s%s.8", *context ? "-" : "", context);
	return page;
}

static void every_command_is_on_a_page(void)
{
	for (size_t i = 0; cmd_table[i]; i++) {
		char heading[64], *page;
		page = slurp(page_of(cmd_table[i]));
		snprintf(heading, sizeof heading, "\n.Ss %s\n", cmd_name(cmd_table[i]));
		if (!strstr(page, heading)) {
			ok(!"a command is missing");
			printf("#   %s: put '.\\\" begin %s' and '.\\\" end' on lines of their own into %s\n",
			    cmd_table[i]->path, cmd_table[i]->path, page_of(cmd_table[i]));
		}
		free(page);
	}
}

static void marks_are_checked(void)
{
	static const struct {
		const char *page, *out;
		bool fine;
	} t[] = {
		{"text\n", "text\n", true},
		{".\\\" begin static show store\nold\n.\\\" end\ntail", "tail", true},
		{".\\\" begin static show nothing\n.\\\" end\n", "'static show nothing' names no command", false},
		{".\\\" begin static sho\n.\\\" end\n", "'static sho' names no command", false},
		{"<!-- begin static show store -->\n", "'static show store' has no end", false},
		{".\\\" beginning\n.\\\" ending\n", ".\\\" beginning\n.\\\" ending\n", true},
	};

	for (size_t i = 0; i < N_OF(t); i++) {
		struct buf b = {0};
		is_int(manual_refresh(t[i].page, &b), t[i].fine);
		if (i == 1)
			ok(strstr(buf_text(&b), "\n.Ss show store\n") && !strstr(buf_text(&b), "old") &&
			    strstr(buf_text(&b), ".\\\" end\ntail"));
		else
			is_str(buf_text(&b), t[i].out);
		buf_free(&b);
	}
}

static void patterns_match_whole_words(void)
{
	struct buf b = {0};

	is_int(manual_commands("static * filter", &b), 2); /* add, delete; not filterlist */
	is_int(manual_commands("static delete all", &b), 1);
	is_int(manual_commands("static delete all more", &b), 0);
	ok(manual_commands("static", &b) > 20);
	is_int(manual_commands("stat", &b), 0);
	is_int(manual_commands("", &b), 0);
	buf_free(&b);
}

/* --- doc/netsh-compat.md ------------------------------------------------------------------------ */

/* Windows' commands with their tags in order, from grammar §4 to §6; alternatives and keywords in a row. */
static const struct {
	const char *path, *tags;
} windows[] = {
	{"..", ""},
	{"?", ""},
	{"abort", ""},
	{"add helper", "name"},
	{"alias", "name string"},
	{"bye", ""},
	{"commit", ""},
	{"delete helper", "name"},
	{"dump", ""},
	{"exec", "file"},
	{"exit", ""},
	{"flush", ""},
	{"help", ""},
	{"offline", ""},
	{"online", ""},
	{"popd", ""},
	{"pushd", "name"},
	{"quit", ""},
	{"set file", "mode name"},
	{"set machine", "name user pwd"},
	{"set mode", "mode"},
	{"show alias", ""},
	{"show helper", ""},
	{"show mode", ""},
	{"unalias", "name"},
	{"static add filter", "filterlist srcaddr dstaddr description protocol mirrored srcmask dstmask srcport dstport"},
	{"static add filteraction", "name description qmpfs inpass soft action qmsecmethods"},
	{"static add filterlist", "name description"},
	{"static add policy", "name description mmpfs qmpermm mmlifetime activatedefaultrule pollinginterval assign mmsecmethods"},
	{"static add rule", "name policy filterlist filteraction tunnel conntype activate description kerberos psk rootca"},
	{"static delete all", ""},
	{"static delete filter", "filterlist srcaddr dstaddr protocol mirrored srcmask dstmask srcport dstport"},
	{"static delete filteraction", "name all"},
	{"static delete filterlist", "name all"},
	{"static delete policy", "name all"},
	{"static delete rule", "name id all policy"},
	{"static dump", ""},
	{"static exportpolicy", "file"},
	{"static importpolicy", "file"},
	{"static restorepolicyexamples", "release"},
	{"static set batch", "mode"},
	{"static set defaultrule", "policy qmpfs activate qmsecmethods kerberos psk rootca"},
	{"static set filteraction", "name guid newname description qmpfs inpass soft action qmsecmethods"},
	{"static set filterlist", "name guid newname description"},
	{"static set policy", "name guid newname description mmpfs qmpermm mmlifetime activatedefaultrule pollinginterval assign gponame mmsecmethods"},
	{"static set rule", "name id policy newname description filterlist filteraction tunnel conntype activate kerberos psk rootca"},
	{"static set store", "location domain"},
	{"static show all", "format wide"},
	{"static show filteraction", "name rule all level format wide"},
	{"static show filterlist", "name rule all level format resolvedns wide"},
	{"static show gpoassignedpolicy", "name"},
	{"static show policy", "name all level format wide"},
	{"static show rule", "name id all default policy type level format wide"},
	{"static show store", ""},
	{"dynamic add mmpolicy", "name qmpermm mmlifetime softsaexpirationtime mmsecmethods"},
	{"dynamic add qmpolicy", "name soft pfsgroup qmsecmethods"},
	{"dynamic add rule", "srcaddr dstaddr mmpolicy qmpolicy protocol srcport dstport mirrored conntype actioninbound actionoutbound srcmask dstmask tunneldstaddress kerberos psk rootca"},
	{"dynamic delete all", ""},
	{"dynamic delete mmpolicy", "name all"},
	{"dynamic delete qmpolicy", "name all"},
	{"dynamic delete rule", "srcaddr dstaddr protocol srcport dstport mirrored conntype srcmask dstmask tunneldstaddress"},
	{"dynamic dump", ""},
	{"dynamic set config", "property value"},
	{"dynamic set mmpolicy", "name qmpermm mmlifetime softsaexpirationtime mmsecmethods"},
	{"dynamic set qmpolicy", "name soft pfsgroup qmsecmethods"},
	{"dynamic set rule", "srcaddr dstaddr protocol srcport dstport mirrored conntype srcmask dstmask tunneldstaddress mmpolicy qmpolicy actioninbound actionoutbound kerberos psk rootca"},
	{"dynamic show all", "resolvedns"},
	{"dynamic show config", ""},
	{"dynamic show mmfilter", "name all type srcaddr dstaddr srcmask dstmask resolvedns"},
	{"dynamic show mmpolicy", "name all"},
	{"dynamic show mmsas", "srcaddr all dstaddr format resolvedns"},
	{"dynamic show qmfilter", "name all type srcaddr dstaddr srcmask dstmask protocol srcport dstport actioninbound actionoutbound resolvedns"},
	{"dynamic show qmpolicy", "name all"},
	{"dynamic show qmsas", "srcaddr all dstaddr srcmask dstmask protocol srcport dstport format resolvedns"},
	{"dynamic show rule", "type srcaddr dstaddr srcmask dstmask protocol srcport dstport actioninbound actionoutbound resolvedns"},
	{"dynamic show stats", "type"},
};

/* A line of the table: | `command` | `tags` | `more` | verdict | how | */
struct compat_line {
	char tags[300], more[100], verdict[20]; /* words with one blank between */
};

/* The words of a cell; *p moves behind its bar. "name\|all" are two words. */
static void take_cell(const char **p, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (; **p && **p != '|' && **p != '\n'; ++*p) {
		char c = **p;
		if (c == '\\')
			++*p, c = ' ';
		if ((c < 'a' || c > 'z') && c != ' ')
			continue;
		if (c == ' ' && (n == 0 || out[n - 1] == ' '))
			continue;
		if (n + 1 < size)
			out[n++] = c;
	}
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	if (**p == '|')
		++*p;
}

static bool find_line(const char *page, const char *path, struct compat_line *out)
{
	char section[40], lead[64];
	const char *context = path_context(path), *command = *context ? path_inherited(path) : path, *at, *end;

	snprintf(section, sizeof section, "\n## %s\n", *context ? context : "Commands of the netsh shell");
	snprintf(lead, sizeof lead, "\n| `%s` |", command);
	at = strstr(page, section);
	if (!at)
		return false;
	end = strstr(at + 1, "\n## ");
	at = strstr(at, lead);
	if (!at || (end && at > end))
		return false;
	at += strlen(lead);
	take_cell(&at, out->tags, sizeof out->tags);
	take_cell(&at, out->more, sizeof out->more);
	take_cell(&at, out->verdict, sizeof out->verdict);
	return true;
}

static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = words; (p = strstr(p, word)); p += n)
		if ((p == words || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return true;
	return false;
}

static void windows_commands_are_all_in_the_table(void)
{
	char *page = slurp("doc/netsh-compat.md");

	for (size_t i = 0; i < N_OF(windows); i++) {
		struct compat_line line = {.tags = ""};
		ok(find_line(page, windows[i].path, &line));
		is_str(line.tags, windows[i].tags);
		ok(has_word("same differs later no", line.verdict) && *line.verdict);
		if (tap_failed) {
			printf("#   at '%s'\n", windows[i].path);
			break;
		}
	}
	free(page);
}

/* NULL: not a command of Windows. */
static const char *windows_tags(const char *path)
{
	for (size_t i = 0; i < N_OF(windows); i++)
		if (strcmp(windows[i].path, path) == 0)
			return windows[i].tags;
	return NULL;
}

/* The windows dialect is made from the flags: they must say the same as the list of Windows' commands. */
static void what_is_ours_is_flagged(void)
{
	for (size_t i = 0; cmd_table[i]; i++) {
		const struct cmd *cmd = cmd_table[i];
		const char *tags = windows_tags(cmd->path);
		bool ours = cmd->flags & CMD_EXTENSION;
		ok(ours == !tags);
		if (ours != !tags)
			printf("#   %s: CMD_EXTENSION?\n", cmd->path);
		for (size_t k = 0; tags && k < cmd->ntags; k++) {
			const struct tag *t = &cmd->tags[k];
			bool extension = t->flags & TAG_EXTENSION;
			ok(extension != has_word(tags, t->name));
			if (extension == has_word(tags, t->name))
				printf("#   %s, %s: TAG_EXTENSION?\n", cmd->path, t->name);
			/* Left out, it must not leave its alternatives to the tag before it. */
			ok(!extension || t->flags & TAG_ALT || k + 1 == cmd->ntags ||
			    !(cmd->tags[k + 1].flags & TAG_ALT));
		}
	}
}

/* Untagged words bind in this order, so it is contract: Windows' tags first, all of them, ours behind. */
static void check_order(const struct cmd *cmd)
{
	const char *of_windows = windows_tags(cmd->path), *want = of_windows ? of_windows : "";
	struct buf got = {0};

	for (size_t i = 0; i < cmd->ntags; i++)
		buf_printf(&got, "%s%s", i ? " " : "", cmd->tags[i].name);
	if (got.len > strlen(want))
		ok(!*want || got.data[strlen(want)] == ' ');
	buf_truncate(&got, got.len < strlen(want) ? got.len : strlen(want));
	is_str(buf_text(&got), want);
	buf_free(&got);
}

static void our_commands_are_all_in_the_table(void)
{
	char *page = slurp("doc/netsh-compat.md");

	for (size_t i = 0; cmd_table[i] && !tap_failed; i++) {
		const struct cmd *cmd = cmd_table[i];
		struct compat_line line = {.tags = ""};
		ok(find_line(page, cmd->path, &line));
		ok(strcmp(line.verdict, "later") != 0);
		for (size_t k = 0; k < cmd->ntags; k++)
			ok(has_word(line.tags, cmd->tags[k].name) != has_word(line.more, cmd->tags[k].name));
		check_order(cmd);
		if (tap_failed)
			printf("#   doc/netsh-compat.md at '%s': each tag must be in one of the two columns\n", cmd->path);
	}
	free(page);
}

/* --- numbers ------------------------------------------------------------------------------------ */

static void numbers_are_never_used_twice(void)
{
	static const struct {
		int number;
		const char *text;
	} rows[] = {
#define M(id, number, kind, text) {number, text},
		MESSAGES(M)
#undef M
	};

	for (size_t i = 0; i < N_OF(rows); i++)
		for (size_t k = 0; k < i; k++) {
			/* One meaning, two texts: no such policy; the store cannot be opened, as on Windows. */
			if (rows[i].number != rows[k].number || rows[i].number == 5006 || rows[i].number == 5073)
				continue;
			ok(!"a number is used twice");
			printf("#   %05d: '%s' and '%s'\n", rows[i].number, rows[i].text, rows[k].text);
		}
}

static int number_of(enum msg_id id)
{
	struct err e = {.id = id};

	return err_number(&e);
}

/* Grammar §8.2: known for certain. */
static void numbers_of_windows_are_kept(void)
{
	is_int(number_of(POLICY_EXISTS), 5005);
	is_int(number_of(FILTERLIST_EXISTS), 5010);
	is_int(number_of(FILTERACTION_EXISTS), 5014);
	is_int(number_of(RULE_EXISTS), 5020);
	is_int(number_of(FILTERLIST_NOTFOUND), 5049);
	is_int(number_of(NO_FILTERLISTS), 5067);
	is_int(number_of(NO_FILTERACTIONS), 5068);
	is_int(number_of(NO_POLICIES), 5072);
	is_int(number_of(STORE_OPEN), 5073);
	is_int(number_of(STORE_DENIED), 5073);
	ok(strstr(MSG_TEXT_NO_POLICIES, "No Policies") != NULL);
}

static const struct tap_case cases[] = {
	{"tables are what the rows say", tables_are_what_the_rows_say},
	{"every command is on a page", every_command_is_on_a_page},
	{"marks are checked", marks_are_checked},
	{"patterns match whole words", patterns_match_whole_words},
	{"Windows' commands are all in netsh-compat.md", windows_commands_are_all_in_the_table},
	{"our commands are all in netsh-compat.md", our_commands_are_all_in_the_table},
	{"what Windows does not have is flagged as ours", what_is_ours_is_flagged},
	{"numbers are never used twice", numbers_are_never_used_twice},
	{"numbers of Windows are kept", numbers_of_windows_are_kept},
};
TAP_MAIN(cases)
