/* Included last in every .c file: calls that cannot be used safely become compile errors. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

/* clang with _FORTIFY_SOURCE has some of them as macros. */
#undef strcpy
#undef strcat
#undef sprintf
#undef vsprintf
#undef gets
#undef strtok
#undef system
#undef popen
#undef strncpy
#undef strncat
#pragma GCC poison strcpy strcat sprintf vsprintf gets strtok system popen strncpy strncat
#pragma GCC poison atoi atol atoll mktemp tmpnam

#endif
