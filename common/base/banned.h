/* Included last in every .c file: calls that cannot be used safely become compile errors. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#pragma GCC poison strcpy strcat sprintf vsprintf gets strtok system popen strncpy strncat
#pragma GCC poison atoi atol atoll mktemp tmpnam

#endif
