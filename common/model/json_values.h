/* Values of the model as members of a JSON document; name NULL: as elements of an array. */
#ifndef MODEL_JSON_VALUES_H
#define MODEL_JSON_VALUES_H

#include "common/base/ip.h"
#include "common/base/json.h"
#include "common/base/str.h"

void json_ip(struct json *j, const char *name, const struct ip *ip); /* family IP_NONE is null */
/* The value's word; null for a value that has none. */
void json_enum(struct json *j, const char *name, const struct enum_name *names, int value);
void json_protocol(struct json *j, const char *name, uint8_t protocol); /* "TCP", "ANY", "47" */
void json_port(struct json *j, const char *name, uint16_t port);        /* any is null */

#endif
