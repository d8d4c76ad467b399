/* The copy for the boot: values, text and file, and that a write which fails half-way leaves a whole file. */
#include "common/boot/copy_file.h"

#include <errno.h>

#include "common/boot/copy_io.h"
#include "tests/unit/store_util.h"

#include "common/base/banned.h"

static const char FULL[] = "ipsecsh-boot 1\nbootmode block\nbootexemptions ICMP:inbound TCP:80:80:outbound 47:inbound\n"
			   "everassigned yes\nassigned-local no\nassigned-persistent yes\nchecksum b50e9079\n";

static enum msg_id parse(const char *text, size_t n, struct bootcopy *out)
{
	struct err e = {0};

	return bootcopy_parse(text, n, "copy", out, &e) == 0 ? MSG_NONE : e.id;
}

static void text_and_value_are_one(void)
{
	struct bootcopy c = {0};
	struct buf b = {0};

	is_int(parse(FULL, strlen(FULL), &c), MSG_NONE);
	is_int(c.mode, BOOT_BLOCK);
	is_int(c.nexempt, 3);
	is_int(c.exempt[1].srcport, 80);
	ok(c.exempt[1].outbound && !c.exempt[2].outbound);
	ok(c.ever_assigned && !c.assigned_local && c.assigned_persistent);
	bootcopy_print(&c, &b);
	is_str(buf_text(&b), FULL);
	buf_free(&b);
}

static void the_checksum_is_the_common_one(void)
{
	is_int(bootcopy_crc32("123456789", 9), 0xCBF43926); /* the check value of CRC-32/ISO-HDLC */
	is_int(bootcopy_crc32("", 0), 0);
}

static void every_flipped_bit_and_every_lost_end_is_damage(void)
{
	struct bootcopy c;
	char text[sizeof FULL];

	for (size_t i = 0; i < strlen(FULL); i++) {
		for (int bit = 0; bit < 8; bit++) {
			memcpy(text, FULL, sizeof text);
			text[i] = (char)(text[i] ^ 1 << bit);
			ok(parse(text, strlen(FULL), &c) != MSG_NONE);
		}
		is_int(parse(FULL, i, &c), BOOT_COPY_BAD);
	}
	is_int(parse(FULL, sizeof FULL, &c), BOOT_COPY_BAD); /* a byte more */
}

/* With a checksum that fits: only the canonical text of a value is one. */
static void what_print_does_not_write_is_damage(void)
{
	static const char *const bodies[] = {
		"ipsecsh-boot 1\nbootmode open\nbootexemptions none\neverassigned no\nassigned-local no\nassigned-persistent no\n",
		"ipsecsh-boot 1\nbootmode BLOCK\nbootexemptions none\neverassigned no\nassigned-local no\nassigned-persistent no\n",
		"ipsecsh-boot 1\nbootmode block\nbootexemptions TCP:0:22\neverassigned no\nassigned-local no\nassigned-persistent no\n",
		"ipsecsh-boot 1\nbootmode block\nbootexemptions none\neverassigned maybe\nassigned-local no\nassigned-persistent no\n",
		"ipsecsh-boot 1\nbootmode block\neverassigned no\nassigned-local no\nassigned-persistent no\n",
		"ipsecsh-boot 01\nbootmode block\nbootexemptions none\neverassigned no\nassigned-local no\nassigned-persistent no\n",
		"ipsecsh-boot 1\nbootmode block\nbootmode permit\nbootexemptions none\neverassigned no\nassigned-local no\nassigned-persistent no\n",
		"ipsecsh-boot 0\n", "ipsecsh-boot\n", "\n",
	};

	for (size_t i = 0; i < N_OF(bodies); i++) {
		struct buf b = {0};
		struct bootcopy c;
		buf_printf(&b, "%schecksum %08x\n", bodies[i], bootcopy_crc32(bodies[i], strlen(bodies[i])));
		is_int(parse(buf_text(&b), b.len, &c), BOOT_COPY_BAD);
		buf_free(&b);
	}
}

static void a_newer_format_says_so_whatever_follows(void)
{
	struct bootcopy c;

	is_int(parse("ipsecsh-boot 2\nall is new\n", 26, &c), BOOT_COPY_NEWER);
	is_int(parse("ipsecsh-boot 99999999999999999999\n", 34, &c), BOOT_COPY_BAD);
}

static void the_default_is_permit_until_a_policy_was_assigned(void)
{
	struct bootcopy c = {0};
	struct settings s = {.assigned = false};

	is_int(bootcopy_mode(&c), BOOT_PERMIT);
	c.ever_assigned = true;
	is_int(bootcopy_mode(&c), BOOT_STATEFUL);
	c.mode = BOOT_PERMIT;
	is_int(bootcopy_mode(&c), BOOT_PERMIT);
	bootcopy_make(&s, true, &c);
	ok(c.ever_assigned && c.assigned_persistent && !c.assigned_local);
	bootcopy_unknown(&c);
	is_int(bootcopy_mode(&c), BOOT_BLOCK);
}

/* --- strictness --------------------------------------------------------------------------------- */

/* Exemptions of a small universe, and all modes: pairs of all of them. */
enum { UNIVERSE = 3, MODES = 4, COPIES = MODES * 2 * (1 << UNIVERSE) };

static struct bootcopy copy_number(unsigned n)
{
	static const struct boot_exemption x[UNIVERSE] = {
		{.protocol = 1}, {.protocol = 6, .dstport = 22}, {.protocol = 6, .dstport = 22, .outbound = true}};
	struct bootcopy c = {.mode = n % MODES, .ever_assigned = n / MODES % 2, .assigned_local = n & 1};

	for (unsigned i = 0; i < UNIVERSE; i++)
		if (n / MODES / 2 >> i & 1)
			c.exempt[c.nexempt++] = x[i];
	return c;
}

/* Does traffic that only this exemption could let through pass? */
static bool lets_pass(const struct bootcopy *c, const struct boot_exemption *x)
{
	enum bootmode mode = bootcopy_mode(c);

	if (mode == BOOT_PERMIT || (mode == BOOT_STATEFUL && x->outbound))
		return true;
	for (size_t i = 0; i < c->nexempt; i++)
		if (boot_exemption_eq(&c->exempt[i], x))
			return true;
	return false;
}

static void the_strictest_of_two_lets_through_what_both_do(void)
{
	struct bootcopy all = copy_number(COPIES - 1);
	struct boot_exemption other[2] = {{.protocol = 99}, {.protocol = 99, .outbound = true}};

	for (unsigned i = 0; i < COPIES; i++) {
		for (unsigned j = 0; j < COPIES; j++) {
			struct bootcopy a = copy_number(i), b = copy_number(j), s;
			bootcopy_strictest(&a, &b, &s);
			for (size_t k = 0; k < all.nexempt + N_OF(other); k++) {
				const struct boot_exemption *x = k < all.nexempt ? &all.exempt[k] : &other[k - all.nexempt];
				ok(!lets_pass(&s, x) || (lets_pass(&a, x) && lets_pass(&b, x)));
			}
			ok(s.assigned_local == (a.assigned_local || b.assigned_local));
			ok(s.ever_assigned == (a.ever_assigned || b.ever_assigned));
			if (bootcopy_eq(&a, &b))
				ok(bootcopy_mode(&s) == bootcopy_mode(&a) && s.nexempt == a.nexempt);
		}
	}
}

/* --- file --------------------------------------------------------------------------------------- */

static char *top, boot[300];

static void begin(void)
{
	top = dir_new();
	snprintf(boot, sizeof boot, "%.250s/etc/boot", top);
	mkdir(top, 0700);
}

static void end(void)
{
	dir_free(top);
}

/* 1 and the mode, 0, or the message. */
static int read_back(struct bootcopy *c)
{
	struct err e = {0};
	int rc = bootcopy_read(boot, c, &e);

	return rc < 0 ? (int)e.id : rc;
}

static void a_file_comes_back_as_it_was_written(void)
{
	struct bootcopy c = copy_number(COPIES - 1), got;
	struct stat sb;

	begin();
	is_int(read_back(&got), 0);
	is_int(bootcopy_mode(&got), BOOT_PERMIT);
	works(bootcopy_write(boot, &c, &e));
	is_int(read_back(&got), 1);
	ok(bootcopy_eq(&c, &got));
	ok(stat(boot, &sb) == 0 && (sb.st_mode & 07777) == 0700);
	ok(stat(in_dir(boot, "gate"), &sb) == 0 && (sb.st_mode & 07777) == 0600);
	end();
}

static void what_others_could_have_written_is_refused(void)
{
	struct bootcopy c = {0};

	begin();
	works(bootcopy_write(boot, &c, &e));
	chmod(in_dir(boot, "gate"), 0620);
	is_int(read_back(&c), BOOT_COPY_DENIED);
	chmod(in_dir(boot, "gate"), 0604); /* reading is no harm */
	is_int(read_back(&c), 1);
	chmod(boot, 0702);
	is_int(read_back(&c), BOOT_COPY_DENIED);
	chmod(boot, 0700);
	if (geteuid() == 0) {
		ok(chown(in_dir(boot, "gate"), 1, 0) == 0);
		is_int(read_back(&c), BOOT_COPY_DENIED);
	}
	end();
}

static void another_kind_of_file_is_refused(void)
{
	struct bootcopy c = {0};
	char gate[320];

	begin();
	works(bootcopy_write(boot, &c, &e));
	snprintf(gate, sizeof gate, "%s/gate", boot);
	ok(rename(gate, in_dir(boot, "elsewhere")) == 0 && symlink("elsewhere", gate) == 0);
	is_int(read_back(&c), FILE_OPEN);
	ok(unlink(gate) == 0 && mkfifo(gate, 0600) == 0);
	is_int(read_back(&c), BOOT_COPY_BAD); /* and does not wait for a writer */
	ok(unlink(gate) == 0 && mkdir(gate, 0700) == 0);
	is_int(read_back(&c), BOOT_COPY_BAD);
	end();
}

/* --- failing calls ------------------------------------------------------------------------------ */

static int calls, failing, failing_errno;

static bool fails_now(void)
{
	errno = failing_errno;
	return ++calls == failing;
}
static int f_mkdir(const char *path, mode_t mode)
{
	return fails_now() ? -1 : bootcopy_io_linux.make_dir(path, mode);
}
static int f_open(const char *path, mode_t mode)
{
	return fails_now() ? -1 : bootcopy_io_linux.open_new(path, mode);
}
/* One byte at a time, so that a full disk may come in the middle. */
static ssize_t f_write(int fd, const void *bytes, size_t n)
{
	return fails_now() ? -1 : bootcopy_io_linux.write(fd, bytes, n > 0);
}
static int f_sync(int fd)
{
	return fails_now() ? -1 : bootcopy_io_linux.sync(fd);
}
static int f_rename(const char *from, const char *to)
{
	return fails_now() ? -1 : bootcopy_io_linux.rename(from, to);
}
static int f_sync_dir(const char *path)
{
	return fails_now() ? -1 : bootcopy_io_linux.sync_dir(path);
}
static const struct bootcopy_io faulty = {f_mkdir, f_open, f_write, f_sync, f_rename, f_sync_dir};

static void a_write_that_fails_anywhere_leaves_a_whole_file(void)
{
	static const int reasons[] = {ENOSPC, EROFS, EIO};
	const struct bootcopy old = {.mode = BOOT_BLOCK}, new = {.mode = BOOT_STATEFUL, .ever_assigned = true};

	for (size_t r = 0; r < 2 * N_OF(reasons); r++) {
		bool first = r >= N_OF(reasons); /* there is no folder yet */
		int rc = -1;
		failing_errno = reasons[r % N_OF(reasons)];
		for (failing = 1; rc != 0 && failing < 1000; failing++) {
			struct bootcopy got;
			struct err why = {0};
			begin();
			if (!first)
				works(bootcopy_write(boot, &old, &e));
			calls = 0;
			rc = bootcopy_write_with(&faulty, boot, &new, &why);
			ok(rc == 0 || (why.id == FILE_WRITE && why.errno_ == failing_errno));
			int there = read_back(&got);
			ok(there == 1 || (first && there == 0));
			ok(bootcopy_eq(&got, &new) || (rc != 0 && (first || bootcopy_eq(&got, &old))));
			ok(access(in_dir(boot, "gate.new"), F_OK) != 0);
			end();
		}
		ok(failing > 100); /* every byte had its turn */
		is_int(rc, 0);
	}
}

static const struct tap_case cases[] = {
	{"text and value are one", text_and_value_are_one},
	{"the checksum is the common one", the_checksum_is_the_common_one},
	{"every flipped bit and every lost end is damage", every_flipped_bit_and_every_lost_end_is_damage},
	{"what print does not write is damage", what_print_does_not_write_is_damage},
	{"a newer format says so, whatever follows", a_newer_format_says_so_whatever_follows},
	{"the default is permit until a policy was assigned", the_default_is_permit_until_a_policy_was_assigned},
	{"the strictest of two lets through what both do", the_strictest_of_two_lets_through_what_both_do},
	{"a file comes back as it was written", a_file_comes_back_as_it_was_written},
	{"what others could have written is refused", what_others_could_have_written_is_refused},
	{"another kind of file is refused", another_kind_of_file_is_refused},
	{"a write that fails anywhere leaves a whole file", a_write_that_fails_anywhere_leaves_a_whole_file},
};
TAP_MAIN(cases)
