/*
 * Log lines of the daemons: one line on standard error, with the priority prefix "<n>" that systemd's
 * journal understands when the output is not a terminal. Programs' mains set the level; leaves do not log.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

/* Numbers are those of syslog (RFC 5424 §6.2.1). */
enum log_level { LOG_L_ERROR = 3, LOG_L_WARNING = 4, LOG_L_NOTICE = 5, LOG_L_INFO = 6, LOG_L_DEBUG = 7 };

/* Name in front of each line on a terminal, and the highest level printed. */
void log_open(const char *program, enum log_level most);
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
