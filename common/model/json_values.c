#include "common/model/json_values.h"

#include "common/model/values.h"

#include "common/base/banned.h"

void json_ip(struct json *j, const char *name, const struct ip *ip)
{
	char text[IP_TEXT];

	json_string(j, name, ip->family == IP_NONE ? NULL : ip_print(ip, text));
}

void json_enum(struct json *j, const char *name, const struct enum_name *names, int value)
{
	json_string(j, name, enum_to_name(names, value));
}

void json_protocol(struct json *j, const char *name, uint8_t protocol)
{
	struct buf text = {0};

	protocol_print(protocol, &text);
	json_string(j, name, buf_text(&text));
	buf_free(&text);
}

void json_port(struct json *j, const char *name, uint16_t port)
{
	if (port)
		json_uint(j, name, port);
	else
		json_null(j, name);
}
