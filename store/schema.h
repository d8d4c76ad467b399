/* The migrations of store/schema/, embedded at build time. Index i leads from schema i to i + 1. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

extern const char *const schema_policy[];  /* NNN_*.sql: policy.db */
extern const int schema_policy_n;          /* the schema this program knows */
extern const char *const schema_secrets[]; /* secrets_NNN.sql: secrets.db */
extern const int schema_secrets_n;

#endif
