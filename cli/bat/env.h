/*
 * The variables of a run. Names in any case; setlocal scopes keep an undo log, so that a scope
 * costs what it changes. Variables set here are never put into the environment of the process.
 */
#ifndef CLI_BAT_ENV_H
#define CLI_BAT_ENV_H

#include <stdbool.h>
#include <stddef.h>

struct bat_host;

enum {
	ENV_VALUE_MAX = 32767, /* as Windows */
	ENV_VARS_MAX = 16384,
	ENV_SCOPES_MAX = 1024,
	ENV_BYTES_MAX = 64 * 1024 * 1024, /* all values and saved values together */
};

struct env_var {
	char *name;
	char *value;    /* NULL: never set here, the machine's counts; env_gone: unset, hiding it */
	unsigned scope; /* the scope that saved the value before */
};

struct env_undo {
	struct env_var *var;
	char *value;
	unsigned scope; /* that the variable had before */
};

/* All zero, with `host` and `errorlevel` set, is an environment without own variables. */
struct env {
	const struct bat_host *host;
	const int *errorlevel;
	struct env_var **vars; /* by folded name */
	size_t n, cap;
	struct env_undo *undo;
	size_t n_undo, cap_undo;
	size_t marks[ENV_SCOPES_MAX]; /* n_undo at the begin of each scope */
	unsigned depth;
	size_t bytes;
	unsigned long long random;
	char scratch[64];
	char *cwd;
};

/*
 * The value of a variable, or NULL: own ones, then the dynamic ones (ERRORLEVEL CD DATE TIME RANDOM
 * ...), the host's environment, and what every Windows has (OS, WINDIR, TEMP, ...). Borrowed until
 * the next call.
 */
const char *env_get(struct env *env, const char *name, size_t len);
/* Sets or (value NULL) unsets. -1 when the value is too long or there is too much already. */
int env_set(struct env *env, const char *name, const char *value);
/* Begin and end of a setlocal scope; -1 when there are too many, or none to end. */
int env_push(struct env *env);
int env_pop(struct env *env);
/* Calls `each` for every own variable whose name begins with `prefix`, in order. Returns how many.
 */
size_t env_each(const struct env *env, const char *prefix,
    void (*each)(void *ctx, const char *name, const char *value), void *ctx);
/* Calls `each` for every variable that was set here, and with value NULL for those that were unset. */
void env_each_change(const struct env *env,
    void (*each)(void *ctx, const char *name, const char *value), void *ctx);
void env_free(struct env *env);

#endif
