/* Names for completion: those of the session's store, of what is in force, and of the files of this host. */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include "cli/complete.h"
#include "cli/session.h"

/* A complete_names.list; ctx is the session. Makes no store and reports nothing. */
size_t names_list(void *ctx, enum object_kind kind, const char *policy, const char *prefix, size_t max,
    struct arena *a, const char ***out);

#endif
