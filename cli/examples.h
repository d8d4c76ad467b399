/* The policies with which Windows 2000 and 2003 came, as text that import.h reads. */
#ifndef CLI_EXAMPLES_H
#define CLI_EXAMPLES_H

extern const char examples[];

#endif
