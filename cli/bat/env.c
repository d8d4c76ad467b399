#include "cli/bat/env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "cli/bat/bat.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/base/banned.h"

/* What scripts test for or put in front of a program, on every Windows. */
static const struct {
	const char *name, *value;
} defaults[] = {
	{"OS", "Windows_NT"},
	{"WINDIR", "C:\\Windows"},
	{"SYSTEMROOT", "C:\\Windows"},
	{"SYSTEMDRIVE", "C:"},
	{"COMSPEC", "C:\\Windows\\system32\\cmd.exe"},
	{"PROCESSOR_ARCHITECTURE", "AMD64"},
	{"TEMP", "/tmp"},
	{"TMP", "/tmp"},
};

static char env_gone[1];

static const char *get_errorlevel(struct env *env)
{
	snprintf(env->scratch, sizeof env->scratch, "%d", *env->errorlevel);
	return env->scratch;
}

static const char *get_cd(struct env *env)
{
	free(env->cwd);
	env->cwd = getcwd(NULL, 0);
	return env->cwd ? env->cwd : "/";
}

static struct tm local_time(long *hundredths)
{
	struct timespec now;
	struct tm tm = {0};

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	*hundredths = now.tv_nsec / 10000000;
	return tm;
}

/* Scripts cut %DATE% and %TIME% into pieces by position: ISO date, and hours with a leading zero.
 */
static const char *get_date(struct env *env)
{
	long hundredths;
	struct tm tm = local_time(&hundredths);

	strftime(env->scratch, sizeof env->scratch, "%Y-%m-%d", &tm);
	return env->scratch;
}

static const char *get_time(struct env *env)
{
	long hundredths;
	struct tm tm = local_time(&hundredths);

	snprintf(env->scratch, sizeof env->scratch, "%02d:%02d:%02d.%02ld", tm.tm_hour, tm.tm_min,
	         tm.tm_sec, hundredths);
	return env->scratch;
}

static const char *get_random(struct env *env)
{
	if (!env->random) {
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		env->random =
		    ((unsigned long long)now.tv_sec << 30 | (unsigned long long)now.tv_nsec) | 1;
	}
	env->random = env->random * 6364136223846793005ull + 1442695040888963407ull;
	snprintf(env->scratch, sizeof env->scratch, "%u", (unsigned)(env->random >> 49));
	return env->scratch;
}

static const char *get_computer(struct env *env)
{
	if (gethostname(env->scratch, sizeof env->scratch) < 0)
		return "localhost";
	env->scratch[sizeof env->scratch - 1] = '\0';
	return env->scratch;
}

static const char *get_user(struct env *env)
{
	const char *user = env->host->getenv ? env->host->getenv(env->host->ctx, "USER") : NULL;

	return user ? user : "root";
}

static const char *get_version(struct env *env)
{
	(void)env;
	return "2";
}

/* Answered only when neither the script nor the machine has set them (COMPUTERNAME may be set). */
static const struct {
	const char *name;
	const char *(*get)(struct env *env);
} dynamic[] = {
	{"ERRORLEVEL", get_errorlevel}, {"CD", get_cd},
	{"DATE", get_date},             {"TIME", get_time},
	{"RANDOM", get_random},         {"COMPUTERNAME", get_computer},
	{"USERNAME", get_user},         {"CMDEXTVERSION", get_version},
};

static size_t find(const struct env *env, const char *name, bool *found)
{
	size_t lo = 0;

	*found = false;
	for (size_t hi = env->n; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;
		int c = str_casecmp(env->vars[mid]->name, name);
		if (c == 0) {
			*found = true;
			return mid;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const char *machine_get(struct env *env, const char *name)
{
	const char *v = NULL;
	char upper[256];

	if (env->host->getenv)
		v = env->host->getenv(env->host->ctx, name);
	for (size_t i = 0; !v && i < N_OF(dynamic); i++)
		if (str_caseeq(dynamic[i].name, name))
			return dynamic[i].get(env);
	if (!v && env->host->getenv && strlen(name) < sizeof upper) {
		size_t i = 0;
		for (; name[i]; i++)
			upper[i] =
			    (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 : name[i]);
		upper[i] = '\0';
		v = env->host->getenv(env->host->ctx, upper);
	}
	for (size_t i = 0; !v && i < N_OF(defaults); i++)
		if (str_caseeq(defaults[i].name, name))
			v = defaults[i].value;
	return v && strlen(v) <= ENV_VALUE_MAX ? v : NULL;
}

const char *env_get(struct env *env, const char *name, size_t len)
{
	char small[256];
	bool found;

	if (!len || memchr(name, '\0', len))
		return NULL;
	char *key = len < sizeof small ? small : xcalloc(1, len + 1);
	memcpy(key, name, len);
	key[len] = '\0';
	size_t i = find(env, key, &found);
	const char *v = found ? env->vars[i]->value : NULL;
	if (!v)
		v = machine_get(env, key);
	else if (v == env_gone)
		v = NULL;
	if (key != small)
		free(key);
	return v;
}

/* Copies are counted, so that no script can make the environment grow without bound. */
static char *value_hold(struct env *env, const char *value)
{
	if (!value || value == env_gone)
		return (char *)value;
	env->bytes += strlen(value) + 1;
	return xstrdup(value);
}

static void value_drop(struct env *env, char *value)
{
	if (!value || value == env_gone)
		return;
	env->bytes -= strlen(value) + 1;
	free(value);
}

/* Remembers the value for the end of the scope, once a scope. */
static void save(struct env *env, struct env_var *v)
{
	if (v->scope >= env->depth)
		return;
	GROW(env->undo, env->n_undo, env->cap_undo);
	env->undo[env->n_undo++] = (struct env_undo){v, value_hold(env, v->value), v->scope};
	v->scope = env->depth;
}

int env_set(struct env *env, const char *name, const char *value)
{
	bool found;
	size_t i = find(env, name, &found);

	if (!*name || strlen(name) > ENV_VALUE_MAX || (value && strlen(value) > ENV_VALUE_MAX))
		return -1;
	if (value && env->bytes > ENV_BYTES_MAX)
		return -1;
	if (!found) {
		if (env->n >= ENV_VARS_MAX)
			return -1;
		GROW(env->vars, env->n, env->cap);
		memmove(env->vars + i + 1, env->vars + i, (env->n - i) * sizeof *env->vars);
		env->n++;
		env->vars[i] = xcalloc(1, sizeof **env->vars);
		env->vars[i]->name = xstrdup(name);
	}
	struct env_var *v = env->vars[i];
	save(env, v);
	/* The old value goes last: the new one may lie inside it. */
	char *new_value = value_hold(env, value ? value : env_gone);
	value_drop(env, v->value);
	v->value = new_value;
	return 0;
}

int env_push(struct env *env)
{
	if (env->depth >= ENV_SCOPES_MAX)
		return -1;
	env->marks[env->depth++] = env->n_undo;
	return 0;
}

int env_pop(struct env *env)
{
	if (!env->depth)
		return -1;
	size_t mark = env->marks[--env->depth];
	while (env->n_undo > mark) {
		struct env_undo *u = &env->undo[--env->n_undo];
		value_drop(env, u->var->value);
		u->var->value = u->value;
		u->var->scope = u->scope;
	}
	return 0;
}

size_t env_each(const struct env *env, const char *prefix,
    void (*each)(void *ctx, const char *name, const char *value), void *ctx)
{
	size_t len = strlen(prefix), n = 0;
	bool found;

	for (size_t i = find(env, prefix, &found); i < env->n; i++) {
		const struct env_var *v = env->vars[i];
		if (strncasecmp(v->name, prefix, len) != 0)
			break;
		if (!v->value || v->value == env_gone)
			continue;
		each(ctx, v->name, v->value);
		n++;
	}
	return n;
}

void env_each_change(const struct env *env,
    void (*each)(void *ctx, const char *name, const char *value), void *ctx)
{
	for (size_t i = 0; i < env->n; i++)
		if (env->vars[i]->value)
			each(ctx, env->vars[i]->name,
			     env->vars[i]->value == env_gone ? NULL : env->vars[i]->value);
}

void env_free(struct env *env)
{
	while (env_pop(env) == 0)
		;
	for (size_t i = 0; i < env->n; i++) {
		free(env->vars[i]->name);
		value_drop(env, env->vars[i]->value);
		free(env->vars[i]);
	}
	free(env->vars);
	free(env->undo);
	free(env->cwd);
	env->vars = NULL;
	env->undo = NULL;
	env->cwd = NULL;
	env->n = env->cap = env->n_undo = env->cap_undo = 0;
}
