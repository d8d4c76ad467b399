/* Name tables of the model and the few functions that need nothing but a policyset. */
#include "common/model/model.h"

#include <stdlib.h>

#include "common/base/banned.h"

/* Order matters where one name is a prefix of another: the first match wins (grammar §2.3). */
const struct enum_name dialect_names[] = {
	{DIALECT_LINUX, "linux"}, {DIALECT_WINDOWS, "windows"}, {0, NULL}};
const struct enum_name action_names[] = {
	{ACTION_PERMIT, "permit"}, {ACTION_BLOCK, "block"}, {ACTION_NEGOTIATE, "negotiate"}, {0, NULL}};
const struct enum_name conntype_names[] = {
	{CONN_LAN, "lan"}, {CONN_DIALUP, "dialup"}, {CONN_ALL, "all"}, {0, NULL}};
const struct enum_name protocol_names[] = {
	{PROTO_ANY, "ANY"}, {PROTO_ICMP, "ICMP"}, {PROTO_TCP, "TCP"},
	{PROTO_UDP, "UDP"}, {PROTO_RAW, "RAW"},   {0, NULL}};
const struct enum_name server_names[] = {
	{END_WINS, "WINS"}, {END_DNS, "DNS"}, {END_DHCP, "DHCP"}, {END_GATEWAY, "GATEWAY"}, {0, NULL}};
const struct enum_name encr_names[] = {
	{ENCR_DES, "DES"}, {ENCR_3DES, "3DES"}, {ENCR_AES128, "AES128"}, {ENCR_AES192, "AES192"},
	{ENCR_AES256, "AES256"}, {ENCR_AESGCM128, "AESGCM128"}, {ENCR_AESGCM256, "AESGCM256"},
	{ENCR_NONE, "None"}, {0, NULL}};
const struct enum_name integ_names[] = {
	{INTEG_MD5, "MD5"}, {INTEG_SHA1, "SHA1"}, {INTEG_SHA256, "SHA256"}, {INTEG_SHA384, "SHA384"},
	{INTEG_SHA512, "SHA512"}, {INTEG_NONE, "None"}, {0, NULL}};

const struct policy *policyset_assigned(const struct policyset *ps)
{
	for (size_t i = 0; i < ps->npolicies; i++)
		if (ps->policies[i].assigned)
			return &ps->policies[i];
	return NULL;
}

void policyset_free(struct policyset *ps)
{
	if (!ps)
		return;
	arena_free(&ps->arena);
	free(ps);
}
