/* One message of every type of the IKE channel, with every field set; for tests, and for the seeds of the fuzz target. */
#ifndef TESTS_IKE_CHANNEL_SAMPLES_H
#define TESTS_IKE_CHANNEL_SAMPLES_H

#include <stdlib.h>
#include <string.h>

#include "ike/channel/channel.h"

static const uint16_t channel_types[] = {
#define M(id, number, from, to, meaning) number,
    IKC_MESSAGES(M)
#undef M
};

static inline struct ip channel_ip(const char *text)
{
	struct ip a;

	if (!ip_parse(text, &a))
		abort();
	return a;
}

static inline struct ike_selector channel_sel(void)
{
	return (struct ike_selector){{channel_ip("10.0.0.1"), 32}, {channel_ip("10.1.0.0"), 16}, 6, 0x1234, 23};
}

static inline struct ike_selector channel_sel6(void)
{
	return (struct ike_selector){{channel_ip("2001:db8::1"), 128}, {channel_ip("2001:db8:1::"), 48}, 17, 0, 0x4321};
}

static inline struct ike_sa_id channel_sa_id(void)
{
	return (struct ike_sa_id){channel_ip("10.0.0.1"), channel_ip("10.1.2.3"), IKE_PROTO_ESP, 0xC0FFEE01};
}

static inline struct ike_end channel_end(void)
{
	return (struct ike_end){channel_ip("fe80::1"), 4500};
}

static inline void channel_sample_profile(uint16_t type, struct ikc_msg *m)
{
	struct ikc_rule *r = m->u.rules.v;

	switch (type) {
	case IKC_PROFILE_BEGIN:
		m->u.begin = (struct ikc_begin){77, 2, 3, 4, 1, 3, 0x49500009, 9, true, false, true, 300, 3000, 500, 100, 35};
		break;
	case IKC_MM_POLICY:
		m->u.mm = (struct ike_mm_policy){.id = 7, .noffers = 2, .nauths = 1, .life_s = 28800, .qm_limit = 1,
		    .soft_life_s = 900, .offers = {{CRYPTO_AES256_CBC, CRYPTO_SHA256, 19}, {CRYPTO_DES_CBC, CRYPTO_MD5, 1}},
		    .auths = {{IKE_AUTH_PSK, {{1, 2, 3, [15] = 0xFF}}}}};
		break;
	case IKC_QM_POLICY:
		m->u.qm = (struct ike_qm_policy){.noffers = 2, .pfs = IKE_PFS_MM,
		    .offers = {{true, true, CRYPTO_SHA1, IKE_ENC_NULL, CRYPTO_HASH_NONE, 300, 0},
		        {false, true, CRYPTO_HASH_NONE, IKE_ENC_GCM256, CRYPTO_HASH_NONE, 3600, 100000}}};
		break;
	default:
		m->u.rules.n = 2;
		r[0] = (struct ikc_rule){{.reqid = 0x49500001, .rule = 1, .filter = 2, .sel = channel_sel(), .inpass = true}, 1, 2};
		r[1] = (struct ikc_rule){{.reqid = 0x49580001, .sel = channel_sel6(), .soft = true, .tunnel = true,
		    .tunnel_local = channel_ip("192.0.2.1"), .tunnel_remote = channel_ip("192.0.2.2")}, 0, 0};
		break;
	}
}

static inline void channel_sample_kernel(uint16_t type, struct ikc_msg *m)
{
	switch (type) {
	case IKC_ACQUIRE:
		m->u.cmd.kind = IKE_CMD_ACQUIRE;
		m->u.cmd.u.acquire.acquire = 12;
		m->u.cmd.u.acquire.reqid = 0x49500001;
		m->u.cmd.u.acquire.local = channel_ip("10.0.0.1");
		m->u.cmd.u.acquire.remote = channel_ip("10.1.2.3");
		m->u.cmd.u.acquire.sel = channel_sel();
		break;
	case IKC_EXPIRE:
		m->u.cmd.kind = IKE_CMD_EXPIRE;
		m->u.cmd.u.expire.sa = channel_sa_id();
		m->u.cmd.u.expire.why = IKE_FAIL_POLICY_CHANGE;
		break;
	case IKC_MAPPING:
		m->u.cmd.kind = IKE_CMD_MAPPING;
		m->u.cmd.u.mapping.sa = channel_sa_id();
		m->u.cmd.u.mapping.remote = channel_end();
		break;
	case IKC_BAD_SPI:
		m->u.cmd.kind = IKE_CMD_BAD_SPI;
		m->u.cmd.u.bad_spi.local = channel_ip("10.0.0.1");
		m->u.cmd.u.bad_spi.remote = channel_ip("10.1.2.3");
		m->u.cmd.u.bad_spi.protocol = IKE_PROTO_AH;
		m->u.cmd.u.bad_spi.spi = 0xDEAD;
		break;
	default:
		m->u.result = (struct ikc_result){true, 0xC0FFEE02, 1ull << 40, 99, {123456789}};
		break;
	}
}

static inline void channel_sample_net(uint16_t type, struct ikc_msg *m)
{
	switch (type) {
	case IKC_GET_SPI:
		m->u.get_spi = (struct ikc_get_spi){channel_ip("10.1.2.3"), channel_ip("10.0.0.1"), IKE_PROTO_ESP, 0x49500001, true, 12};
		break;
	case IKC_SA_ADD:
		m->u.sa = (struct ike_sa){.id = channel_sa_id(), .outbound = true, .bundle = true, .reqid = 0x49500001, .rule = 1,
		    .filter = 2, .acquire = 12, .tunnel = true, .sel = channel_sel6(), .cipher = IKE_ENC_AES256, .hash = CRYPTO_SHA512,
		    .enc_key_len = 32, .auth_key_len = 64, .replay_window = 64, .soft_s = 3240, .hard_s = 3600,
		    .soft_bytes = 1ull << 33, .hard_bytes = 1ull << 34, .udp_encap = true, .encap_sport = 4500, .encap_dport = 61234,
		    .original = channel_ip("192.168.1.7")};
		memset(m->u.sa.key, 0xA5, 96);
		break;
	case IKC_SA_DEL:
	case IKC_SA_QUERY:
		m->u.sa_id = channel_sa_id();
		break;
	case IKC_SA_MOVE:
		m->u.move = (struct ikc_move){channel_sa_id(), channel_end(), channel_end()};
		break;
	case IKC_ACQUIRE_DONE:
		m->u.acquire_done = (struct ikc_acquire_done){12, IKE_FAIL_TIMED_OUT};
		break;
	default:
		m->u.soft = (struct ikc_soft){5, channel_sel(), 0x49500001, DUR_S(900)};
		break;
	}
}

static inline struct ike_mmsa_info channel_mmsa(uint64_t id)
{
	return (struct ike_mmsa_info){.id = id, .local = channel_end(), .remote = channel_end(), .icookie = {1, [7] = 2},
	    .rcookie = {3}, .initiator = true, .up = true, .natt = true, .dpd = true,
	    .offer = {CRYPTO_3DES_CBC, CRYPTO_SHA1, 2}, .auth = IKE_AUTH_PSK, .life_s = 28800, .since = {1000},
	    .until = {2000}, .quick_modes = 3, .remote_id = "10.1.2.3"};
}

static inline struct ike_qmsa_info channel_qmsa(uint64_t id)
{
	return (struct ike_qmsa_info){.id = id, .mmsa = 1, .local = channel_end(), .remote = channel_end(), .initiator = true,
	    .up = true, .soft = true, .tunnel = true, .udp_encap = true, .sel = channel_sel6(),
	    .offer = {true, true, CRYPTO_SHA1, IKE_ENC_3DES, CRYPTO_MD5, 1, 2}, .pfs = 14, .reqid = 0x49500001, .rule = 1,
	    .filter = 2, .ah_in = 1001, .ah_out = 1002, .esp_in = 1003, .esp_out = 1004, .life_s = 3600, .life_kb = 100000,
	    .since = {3}, .until = MONO_NEVER, .original = channel_ip("192.168.7.8")};
}

static inline void channel_sample_watch(uint16_t type, struct ikc_msg *m)
{
	switch (type) {
	case IKC_DELETE:
		m->u.cmd.kind = IKE_CMD_DELETE;
		m->u.cmd.u.del.mmsa = 1;
		m->u.cmd.u.del.qmsa = 2;
		m->u.cmd.u.del.peer = channel_ip("10.1.2.3");
		break;
	case IKC_LOGGING:
		m->u.logging = true;
		break;
	case IKC_LIST:
		m->u.list = (struct ikc_list){true, 4711};
		break;
	case IKC_PROFILE_DONE:
		m->u.generation = 77;
		break;
	case IKC_MMSAS:
		m->u.mmsas.more = true;
		m->u.mmsas.n = IKC_PAGE_MAX;
		for (uint64_t i = 0; i < IKC_PAGE_MAX; i++)
			m->u.mmsas.v[i] = channel_mmsa(i + 1);
		break;
	case IKC_QMSAS:
		m->u.qmsas.n = IKC_PAGE_MAX;
		for (uint64_t i = 0; i < IKC_PAGE_MAX; i++)
			m->u.qmsas.v[i] = channel_qmsa(i + 1);
		break;
	case IKC_COUNTS:
		for (uint64_t i = 0; i < IKE_STAT_COUNT; i++)
			m->u.stats.ike[i] = i << 40;
		m->u.stats.ipsec[IKE_QSTAT_COUNT - 1] = UINT64_MAX;
		break;
	default:
		m->u.event.sel = channel_sel();
		strcpy(m->u.event.detail, "offered cipher 3DES, wanted AES-CBC");
		m->u.event.event = (struct ike_event){IKE_EV_FAILED, true, true, true, IKE_FAIL_POLICY_MATCH, 1, 2,
		    channel_end(), channel_end(), 0x49500001, 1, 2, &m->u.event.sel, m->u.event.detail};
		break;
	}
}

static inline bool channel_has_body(uint16_t type)
{
	return type != IKC_PROFILE_END && type != IKC_SHUTDOWN && type != IKC_COUNT && type != IKC_READY;
}

static inline void channel_sample(uint16_t type, struct ikc_msg *m)
{
	memset(m, 0, sizeof *m);
	m->type = type;
	m->seq = 0xA1B2C3D4;
	if (!channel_has_body(type))
		return;
	if (type < IKC_PROFILE_END)
		channel_sample_profile(type, m);
	else if (type >= IKC_ACQUIRE && type <= IKC_RESULT)
		channel_sample_kernel(type, m);
	else if (type >= IKC_GET_SPI && type <= IKC_SOFT_QUERY)
		channel_sample_net(type, m);
	else
		channel_sample_watch(type, m);
}

#endif
