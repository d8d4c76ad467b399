/*
 * Windows' formats as programs read them: the literals of grammar §13.3, the layouts of §7 that are known for
 * certain, and the readers described in scripts-in-the-wild §4, each as it goes about it.
 */
#include "tests/unit/cli_util.h"
#include "common/base/banned.h"

/* Two policies, the first with a rule on a list of three filters. */
static struct session *furnished(void)
{
	struct session *s = cli_new();

	does(s, "add policy P description=\"first one\" assign=y");
	does(s, "add policy Q activatedefaultrule=no");
	does(s, "add filterlist name=L");
	does(s, "add filter filterlist=L srcaddr=any dstaddr=me protocol=TCP dstport=445 description=445");
	does(s, "add filter L me 10.0.0.0 dstmask=255.0.0.0 mirrored=no");
	does(s, "add filter L 10.1.2.3 me protocol=UDP srcport=53");
	does(s, "add filterlist empty");
	does(s, "add filteraction A action=block");
	does(s, "add rule R P L A");
	return s;
}

/* Line i of the text (from 0), without its end; "" behind the last. */
static const char *line(const char *text, size_t i)
{
	static char out[400];

	while (i-- && *text)
		text += strcspn(text, "\n") + (text[strcspn(text, "\n")] != '\0');
	snprintf(out, sizeof out, "%.*s", (int)strcspn(text, "\n"), text);
	return out;
}

static size_t lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* How many lines hold the word. */
static size_t lines_with(const char *text, const char *word)
{
	size_t n = 0;

	for (size_t i = 0; i < lines(text); i++)
		n += strstr(line(text, i), word) != NULL;
	return n;
}

/* Cell i of a tab-separated line, without the blanks around it. */
static const char *cell(const char *row, size_t i)
{
	static char out[200];
	size_t n;

	while (i-- && *row)
		row += strcspn(row, "\t") + (row[strcspn(row, "\t")] != '\0');
	n = strcspn(row, "\t");
	while (n && row[n - 1] == ' ')
		n--;
	snprintf(out, sizeof out, "%.*s", (int)n, row);
	return out;
}

static void verbose_filter_block(void)
{
	struct session *s = furnished();
	const char *at = strstr(says(s, "show filterlist name=L level=verbose"), "Filter(s)\n");
	static const char want[] = "Filter(s)\n"
	                           "---------\n"
	                           "Description            : 445\n"
	                           "Mirrored               : YES\n"
	                           "Source IP Address      : <Any IP Address>\n"
	                           "Source Mask            : 0.0.0.0\n"
	                           "Source DNS Name        : <Any IP Address>\n"
	                           "Destination IP Address : <My IP Address>\n"
	                           "Destination DNS Name   : <My IP Address>\n"
	                           "Protocol               : TCP\n"
	                           "Source Port            : ANY\n"
	                           "Destination Port       : 445\n"
	                           "\n"
	                           "Description            : NONE\n"
	                           "Mirrored               : NO\n"
	                           "Source IP Address      : <My IP Address>\n"
	                           "Source DNS Name        : <My IP Address>\n"
	                           "Destination IP Address : 10.0.0.0\n"
	                           "Destination Mask       : 255.0.0.0\n";

	ok(at && strncmp(at, want, strlen(want)) == 0);
	ok(strstr(buf_text(&cli_out), "Destination Port       : ANY\n\nNo. of FilterLists : 1\n\n\n") != NULL);
	is_str(line(buf_text(&cli_out), 0), "FilterList Name        : L");
	is_str(line(buf_text(&cli_out), 1), "Description            : NONE");
	is_str(line(buf_text(&cli_out), 2), "Store                  : Local Store <HOST>");
	ok(strncmp(line(buf_text(&cli_out), 3), "Last Modified          : 20", 27) == 0);
	ok(strncmp(line(buf_text(&cli_out), 4), "GUID                   : {", 26) == 0);
	is_str(line(buf_text(&cli_out), 5), "No. of Filters         : 3");
	cli_free(s);
}

static void empty_store_numbers(void)
{
	struct session *s = cli_new();

	ok(strstr(says(s, "show policy all"), "ERR IPsec[05072] : No Policies") != NULL);
	ok(strstr(says(s, "show filterlist all"), "ERR IPsec[05067] : ") != NULL);
	ok(strstr(says(s, "show filteraction all"), "ERR IPsec[05068] : ") != NULL);
	ok(strstr(says(s, "show filterlist name=missing"), "ERR IPsec[05049] : ") != NULL);
	ok(strstr(says(s, "show policy all format=table"), "ERR IPsec[05072] : No Policies") != NULL);
	cli_free(s);
}

/* Rows of a table: `head` lines before them, four after; cell 2 is a number where `count` says so. */
static void check_table(struct session *s, const char *command, size_t head, size_t rows, const char *second)
{
	const char *text = says(s, command);

	is_int(lines(text), head + rows + 4);
	for (size_t i = 0; i < rows; i++) {
		ok(strchr(line(text, head + i), '\t') != NULL);
		ok(strlen(line(text, head + i)) > 10 && strlen(line(text, head + i)) <= 80);
	}
	is_str(cell(line(text, head), 1), second);
	is_str(line(text, head + rows), "");
	ok(strncmp(line(text, head + rows + 1), "No. of ", 7) == 0);
	is_str(line(text, head + rows + 2), "");
	is_str(line(text, head + rows + 3), "");
}

static void tables_have_heads_rows_and_four_lines(void)
{
	struct session *s = furnished();

	check_table(s, "show policy all format=table", 4, 2, "2");
	is_str(cell(line(buf_text(&cli_out), 4), 0), "P");
	is_str(cell(line(buf_text(&cli_out), 4), 3), "YES");
	is_str(cell(line(buf_text(&cli_out), 5), 3), "NO");
	check_table(s, "show filterlist all format=table", 2, 2, "0");
	is_str(cell(line(buf_text(&cli_out), 3), 0), "L");
	is_str(cell(line(buf_text(&cli_out), 3), 1), "3");
	check_table(s, "show filteraction all format=table", 2, 1, "BLOCK");
	cli_free(s);
}

static void long_names_are_cut_unless_wide(void)
{
	static const char name[] = "a name of more than thirty columns \xE4\xB8\xAD";
	struct session *s = furnished();
	char add[100];

	snprintf(add, sizeof add, "add filterlist \"%s\"", name);
	does(s, add);
	check_table(s, "show filterlist all format=table", 2, 3, "0");
	is_str(cell(line(buf_text(&cli_out), 2), 0), "a name of more than thirty col");
	is_str(cell(line(says(s, "show filterlist all format=table wide=yes"), 2), 0), name);
	cli_free(s);
}

static void wide_tables_of_filters_have_one_line_each(void)
{
	struct session *s = furnished();
	const char *text = says(s, "show filterlist L level=verbose format=table");
	size_t first = 0;

	while (strncmp(line(text, first), "-------", 7) != 0 && first < lines(text))
		first++;
	is_str(cell(line(text, first + 1), 0), "YES");
	is_str(cell(line(text, first + 1), 1), "<Any IP Address>");
	is_str(cell(line(text, first + 2), 0), "255.255.255.255");
	is_str(cell(line(text, first + 3), 0), "NO");
	is_str(cell(line(text, first + 4), 0), "255.0.0.0");
	text = says(s, "show filterlist L level=verbose format=table wide=yes");
	for (first = 0; strncmp(line(text, first), "-------", 7) != 0 && first < lines(text);)
		first++;
	is_str(cell(line(text, first + 1), 0), "YES");
	is_str(cell(line(text, first + 2), 0), "NO");
	is_str(cell(line(text, first + 3), 0), "YES");
	cli_free(s);
}

/* Split at blank lines, the last two pieces dropped: one piece an object, every line with a colon. */
static void readers_that_split_at_blank_lines(void)
{
	static const char *const commands[] = {"show policy all", "show filterlist all", "show filteraction all"};
	static const char *const first[] = {"Policy Name", "FilterList Name", "FilterAction Name"};
	static const size_t objects[] = {2, 2, 1};
	struct session *s = furnished();

	for (size_t i = 0; i < N_OF(commands); i++) {
		const char *text = says(s, commands[i]), *at = text, *next;
		size_t pieces = 1;
		while ((next = strstr(at, "\n\n"))) {
			if (pieces <= objects[i]) {
				ok(strncmp(at, first[i], strlen(first[i])) == 0);
				for (const char *p = at; p < next; p += strcspn(p, "\n") + 1)
					ok(memchr(p, ':', strcspn(p, "\n")) != NULL);
			}
			pieces++;
			at = next + 2;
		}
		is_int(pieces, objects[i] + 2);
	}
	cli_free(s);
}

static void readers_of_one_policy(void)
{
	struct session *s = furnished();
	const char *text = says(s, "show policy name=Q");

	is_int(lines_with(text, "Policy"), 1);
	is_int(lines_with(text, "Assign"), 1);
	ok(strstr(text, "Policy Name            : Q\n") && strstr(text, "Assigned               : NO\n"));
	ok(strstr(says(s, "show policy all"), "Assigned               : YES\n") != NULL);
	ok(strstr(buf_text(&cli_out), "minutes\n\nNo. of policies : 2\n\n\n") != NULL);
	/* show policy X | findstr X */
	ok(strstr(says(s, "show policy name=Zebra"), "ERR IPsec[05006]") && !strstr(buf_text(&cli_out), "Zebra"));
	cli_free(s);
}

static void readers_of_show_all(void)
{
	struct session *s = furnished();
	const char *text = says(s, "show all format=list");

	is_str(line(text, 0), "");
	is_str(line(text, 1), "Policy Name            : P");
	/* The filters of L, once under the rule and once under the list. */
	is_int(lines_with(text, "Mirrored               : "), 6);
	is_int(lines_with(text, "Destination Port       : "), 6);
	cli_free(s);
}

static void readers_of_verbose_rule_tables(void)
{
	struct session *s = furnished();
	const char *text = says(s, "show rule all policy=P level=verbose format=table");

	is_int(lines_with(text, "Rule Name"), 2);
	ok(strstr(text, "Rule Name              : R\n") && strstr(text, "Rule Name              : NONE\n"));
	ok(strstr(says(s, "show rule all policy=P"), "Activated              : YES\n") != NULL);
	cli_free(s);
}

static void assigned_policy(void)
{
	struct session *s = cli_new();

	is_str(says(s, "show gpoassignedpolicy"), "No currently assigned Policy\n");
	does(s, "add policy P assign=y");
	is_str(says(s, "show gpoassignedpolicy"), "Source Machine         : Local Computer GPO for <HOST>\n"
	                                          "GPO Name               : NONE\n"
	                                          "Local IPsec Policy     : P\n"
	                                          "AD IPsec Policy        : NONE\n");
	is_int(fails(s, "show gpoassignedpolicy name=G"), 7034);
	is_str(says(s, "show store"), "Policy Store : Local Store <HOST>\n");
	cli_free(s);
}

static void resolvedns_adds_names(void)
{
	struct session *s = cli_new();

	does(s, "add filter L 192.0.2.1 me");
	does(s, "add filter L two.test me");
	ok(strstr(says(s, "show filterlist L verbose"), "Source DNS Name        : NONE\n") != NULL);
	ok(strstr(buf_text(&cli_out), "Source DNS Name        : two.test\n") != NULL);
	ok(strstr(says(s, "show filterlist L verbose resolvedns=yes"), "Source DNS Name        : one.test\n") != NULL);
	cli_free(s);
}

static const struct tap_case cases[] = {
	{"a verbose filter list is as on Windows", verbose_filter_block},
	{"an empty store has Windows' numbers", empty_store_numbers},
	{"tables have their head, rows and four lines", tables_have_heads_rows_and_four_lines},
	{"long names are cut unless wide", long_names_are_cut_unless_wide},
	{"filters in tables take two lines, wide one", wide_tables_of_filters_have_one_line_each},
	{"readers that split at blank lines find the objects", readers_that_split_at_blank_lines},
	{"readers of one policy find one name and one state", readers_of_one_policy},
	{"readers of show all find the policy's name in line two", readers_of_show_all},
	{"readers of verbose rule tables find one name a rule", readers_of_verbose_rule_tables},
	{"the assigned policy is shown", assigned_policy},
	{"resolvedns adds names", resolvedns_adds_names},
};
TAP_MAIN(cases)
