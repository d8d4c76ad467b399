/* set file: a copy of what is printed (grammar §1.3). */
#include "cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/banned.h"

struct file_args {
	uint8_t mode;
	const char *name;
	struct {
		bool mode, name;
	} given;
};

static const struct tag tags[] = {
	TAG(file_args, mode, type_filemode, TAG_REQUIRED, NULL, "Begin a new file, go on with an old one, or stop."),
	TAG(file_args, name, type_file, 0, NULL, "The file; not needed for close."),
};

static int set_file(struct session *s, const void *args, struct err *e)
{
	const struct file_args *a = args;
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (a->mode == FILE_MODE_APPEND ? O_APPEND : O_TRUNC), fd = -1;

	if (a->mode != FILE_MODE_CLOSE) {
		if (!a->given.name)
			return err_set(e, TAG_MISSING, "set file", "'name'");
		fd = open(s->checking ? "/dev/null" : session_path(s, a->name), flags, 0600);
		if (fd < 0)
			return err_set_errno(e, errno, FILE_OPEN, a->name);
	}
	if (s->general.copying)
		close(s->general.copy);
	s->general.copying = fd >= 0;
	s->general.copy = fd;
	return 0;
}

const struct cmd cmd_set_file = {
	.path = "set file",
	CMD_TAGS(file_args, tags),
	.flags = CMD_SHELL,
	.run = set_file,
	.brief = "Copies what is printed to a file.",
	.example = "set file mode=open name=session.txt",
};
