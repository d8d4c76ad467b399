/*
 * Log lines of the daemons: one line on standard error, with the priority prefix "<n>" that systemd's
 * journal understands when the output is not a terminal. Programs' mains set the level; leaves do not log.
 * Events have fields beside their text: the journal keeps them by name, elsewhere they follow in the line.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers are those of syslog (RFC 5424 §6.2.1). */
enum log_level { LOG_L_ERROR = 3, LOG_L_WARNING = 4, LOG_L_NOTICE = 5, LOG_L_INFO = 6, LOG_L_DEBUG = 7 };

/* Name in front of each line on a terminal, and the highest level printed. Standard error stays what it is now. */
void log_open(const char *program, enum log_level most);
/*
 * Sends events to the journal's socket at `path` (paths_journal()) from now on, if it is there and standard
 * error is the journal's too, or closed. `always`: whatever standard error is. Opened once: a sandbox may forbid
 * it later.
 */
void log_journal(const char *path, bool always);
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Both borrowed for the call. A value may hold any bytes but NUL; NULL: the field is left out. */
struct log_field {
	const char *name;  /* as the journal wants it: capitals, digits, underscores; ours begin with IPSECSH_ */
	const char *value;
};
/* One event. `text` is its MESSAGE, `id` its MESSAGE_ID: 32 hexadecimal digits, one for each kind of event. */
void log_event(enum log_level level, const char *id, const char *text, const struct log_field *fields, size_t n);
/* Events that the journal did not take, since the last call. */
uint64_t log_lost(void);

#endif
