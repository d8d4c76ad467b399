/* From a message as a value to datagrams: cookies, hash, encryption, fragments. */
#include <string.h>

#include "common/base/mem.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

enum { UDP_HEADERS_V4 = 28, UDP_HEADERS_V6 = 48, NON_ESP_MARKER = 4 };

struct path path_of(const struct ike_dgram *d)
{
	return (struct path){d->local, d->remote, d->ifindex, d->natt};
}

void send_hash_room(struct step *s)
{
	size_t n = crypto_hash_len(s->mm->keys.hash);
	struct ike_payload *p = ike_msg_add(&s->out, IKE_P_HASH);

	p->u.data = span_of(arena_alloc(&s->ike->arena, n), n);
}

static int hash_fill(struct ike *ike, struct mm *mm, const struct ike_msg *m, enum hash_kind kind, struct span ni,
    struct span message)
{
	struct span rest = ike_payloads_from(message, m, 1);
	const struct ike_keys *k = &mm->keys;
	struct secret h = {0};
	int rc = 0;

	switch (kind) {
	case HASH_NONE:
	case HASH_3: /* covers no byte of the message: its handler fills it in */
		return 0;
	case HASH_1:
		rc = ike_hash_1(ike->crypto, k, m->hdr.msgid, rest, &h);
		break;
	case HASH_2:
		rc = ike_hash_2(ike->crypto, k, m->hdr.msgid, ni, rest, &h);
		break;
	case HASH_DELETE_2:
		rc = ike_hash_delete_2(ike->crypto, k, m->hdr.msgid, ni, rest, &h);
		break;
	}
	if (rc == 0)
		memcpy(ike->scratch_out + m->v[0].at + IKE_GENERIC_LEN, h.b, h.n);
	secret_clear(&h);
	return rc;
}

struct span send_encode(struct ike *ike, struct mm *mm, struct ike_msg *m, enum hash_kind hash, struct span ni,
    bool encrypt, uint8_t iv[CRYPTO_BLOCK_MAX])
{
	struct wr w = wr_of(ike->scratch_out, sizeof ike->scratch_out);
	size_t block = encrypt ? crypto_block_len(mm->keys.cipher) : 0;

	memcpy(m->hdr.icookie, mm->cookie[0], IKE_COOKIE_LEN);
	memcpy(m->hdr.rcookie, mm->cookie[1], IKE_COOKIE_LEN);
	m->hdr.version = IKE_VERSION;
	m->hdr.flags |= encrypt ? IKE_F_ENCRYPTED : 0;
	if (ike_encode(m, block, &w) || hash_fill(ike, mm, m, hash, ni, wr_done(&w)))
		return (struct span){NULL, 0};
	if (encrypt && ike->crypto->cbc(ike->crypto->ctx, mm->keys.cipher, &mm->keys.key, true, iv,
	                   ike->scratch_out + IKE_HEADER_LEN, w.n - IKE_HEADER_LEN))
		return (struct span){NULL, 0};
	return wr_done(&w);
}

void send_raw(struct ike *ike, const struct path *p, struct span bytes, bool keepalive)
{
	struct queued *q = queue_add(ike, IKE_DO_SEND, bytes.n);

	memcpy(q->bytes, bytes.p, bytes.n);
	q->a.u.send = (struct ike_dgram){
	    .local = p->local,
	    .remote = p->remote,
	    .ifindex = p->ifindex,
	    .natt = p->natt,
	    .keepalive = keepalive,
	    .bytes = span_of(q->bytes, bytes.n),
	};
}

/* Bytes of a message that one datagram holds when fragments are sent (semantics §5.4). */
static size_t room_of(const struct path *p)
{
	size_t headers = (p->remote.ip.family == IP_V6 ? UDP_HEADERS_V6 : UDP_HEADERS_V4) + (p->natt ? NON_ESP_MARKER : 0u);

	return (p->remote.ip.family == IP_V6 ? IKE_FRAG_PACKET_V6 : IKE_FRAG_PACKET_V4) - headers;
}

void send_bytes(struct ike *ike, struct mm *mm, struct span bytes, bool large_ok)
{
	size_t room = room_of(&mm->path), n = ike_frag_count(bytes.n, room);
	bool split = large_ok && mm->peer_frag && mm->fragments_seen && ike->profile && ike->profile->fragmentation;

	if (!split || bytes.n <= room || n == 0) {
		send_raw(ike, &mm->path, bytes, false);
		return;
	}
	mm->frag_id++;
	for (size_t i = 1; i <= n; i++) {
		uint8_t block[IKE_FRAG_PACKET_V6];
		struct wr w = wr_of(block, room);

		if (ike_frag_encode(bytes, mm->frag_id, room, (uint8_t)i, &w) == 0)
			send_raw(ike, &mm->path, wr_done(&w), false);
	}
}
