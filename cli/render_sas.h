/* Security associations as list and as table (grammar §7.10). As JSON: render_dyn_json.h. */
#ifndef CLI_RENDER_SAS_H
#define CLI_RENDER_SAS_H

#include "cli/session.h"
#include "common/model/assoc.h"

/* What stands above the first one; now_s: the date of the listing. */
void render_mmsas_title(struct session *s, int format, int64_t now_s);
void render_qmsas_title(struct session *s, int format);
void render_mmsa(struct session *s, int format, const struct mmsa *a, bool resolvedns);
void render_qmsa(struct session *s, int format, const struct qmsa *a, bool resolvedns);
/* What stands below the last one. */
void render_sas_end(struct session *s, int format, const char *label, size_t n);

/* The two ends of traffic as the language's addresses. */
struct endpoint sa_endpoint(const struct ip_prefix *p);
struct endpoint sa_host(const struct ip *ip);

#endif
