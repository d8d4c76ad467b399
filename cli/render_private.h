/* What the render files share: labelled lines, table cells, the blocks that appear inside others. */
#ifndef CLI_RENDER_PRIVATE_H
#define CLI_RENDER_PRIVATE_H

#include "cli/render.h"

enum { CELL_NAME = 30, CELL_DATE = 20 };

/* YES or NO */
const char *yes_text(bool yes);
/* "label                  : text" (23 columns, grammar §7). */
/* Packets and bytes of that row, when the enforcer told of it. */
void put_traffic(struct session *s, const struct traffic_list *counted, int64_t id);
void put_line(struct session *s, const char *label, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same with NONE for empty text. */
void put_text(struct session *s, const char *label, const char *text);
void put_yes(struct session *s, const char *label, bool yes);
void put_time(struct session *s, const char *label, int64_t when);
void put_moment(struct session *s, int64_t when); /* the date alone */
void put_guid(struct session *s, const struct guid *g);
void put_store(struct session *s);
/* A table cell: padded to `columns` characters, cut to them unless `wide`. NONE for empty text. */
void put_cell(struct session *s, const char *text, size_t columns, bool wide);
void put_time_cell(struct session *s, int64_t when);
/* `columns` dashes. */
void put_dashes(struct session *s, size_t columns);
/* Passes output on when much has gathered. */
void put_some(struct session *s);
/* The count line under a list of objects and the blank lines around it. */
void put_count(struct session *s, int format, const char *label, size_t n);

const char *action_word(uint8_t action);
const char *conntype_word(uint8_t conntype);
/* The methods of a rule; keys are never shown. */
void auth_lines(struct session *s, const struct auth_list *l);
/* Parts of a filter as text; the buffer is used when the text is no constant. */
enum { ADDRESS_TEXT = 2 * IP_TEXT, DNS_TEXT = 256 };
const char *address_text(const struct endpoint *p, char out[ADDRESS_TEXT]);
/* A dotted mask, for IPv6 a prefix length; NULL where a mask says nothing. */
const char *mask_text(const struct endpoint *p, char out[IP_TEXT]);
const char *dns_text(struct session *s, const struct endpoint *p, bool resolvedns, char out[DNS_TEXT]);
const char *port_text(uint16_t port, char out[8]);
const char *protocol_text(uint8_t protocol, char out[8]);
/* One filter list in full: head and filters. */
int put_filterlist(struct session *s, const struct filterlist *l, int format, bool resolvedns, bool wide,
    struct err *e);
void put_filteraction(struct session *s, const struct filteraction *fa);
/* "AH ESP LIFE": a missing lifetime shows as the default unless `raw`. */
void put_qm_offers(struct session *s, const struct qm_offers *o, bool raw);

#endif
