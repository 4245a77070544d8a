/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens the Initial packets of one datagram with the keys of its own connection id. */
#include "inspect/peek_quic.h"

#include <stdlib.h>
#include <string.h>

#include "inspect/quic.h"
#include "inspect/quic_keys.h"
#include "inspect/stream.h"

struct peek_quic {
	struct quic_keyring *ring;
	struct stream stream; /* what CRYPTO frames carry */
	uint8_t datagram[QUIC_DATAGRAM_END], frames[QUIC_DATAGRAM_END];
};

struct peek_quic *peek_quic_new(void)
{
	struct peek_quic *quic = calloc(1, sizeof(*quic));

	if (quic == NULL)
		return NULL;
	quic->ring = quic_keyring_new();
	if (quic->ring == NULL) {
		free(quic);
		return NULL;
	}
	return quic;
}

void peek_quic_free(struct peek_quic *quic)
{
	if (quic == NULL)
		return;
	quic_keyring_free(quic->ring);
	free(quic);
}

#define FRAME_CRYPTO        6
#define FRAME_CRYPTO_GOOGLE 8

static void take_frames(struct peek_quic *quic, size_t len)
{
	struct rd r = rd_of(quic->frames, len);
	struct quic_crypto crypto;
	bool fresh;

	/* Google's versions differ in this number alone, and have one such frame. */
	if (len != 0 && quic->frames[0] == FRAME_CRYPTO_GOOGLE)
		quic->frames[0] = FRAME_CRYPTO;
	while (quic_next_crypto(&r, &crypto) == QUIC_FRAME_CRYPTO)
		if (crypto.offset < STREAM_MAX)
			(void)stream_add(&quic->stream, (uint32_t)crypto.offset, crypto.at,
					 crypto.len, &fresh);
}

/* data: as it was sent; its header is part of what was sealed. False if none opens. */
static bool open_all(struct peek_quic *quic, const struct quic_datagram *d, const uint8_t *data,
		     const struct quic_keys *keys)
{
	struct quic_opened opened;
	bool any = false;

	for (size_t i = 0; i < d->count; i++) {
		const struct quic_packet *packet = &d->packets[i];
		const struct quic_sealed sealed = {
			.at = data + (packet->at - quic->datagram),
			.len = packet->len,
			.number_offset = packet->number_offset,
		};

		if (packet->kind != QUIC_INITIAL ||
		    !quic_keys_open(quic->ring, keys, &sealed, quic->frames, &opened))
			continue;
		any = true;
		take_frames(quic, opened.len);
	}
	return any;
}

/* Version 1 and its drafts look the same from outside. The version stands in every packet of the
 * datagram; in what is sealed it does not matter, since that is read from the original. */
static uint32_t look_like_version_1(uint8_t *datagram, size_t len)
{
	uint8_t version[4], *at = datagram + 1;

	memcpy(version, at, sizeof(version));
	if (memcmp(version, "\x6b\x33\x43\xcf", 4) == 0)
		return QUIC_VERSION_2;
	if (memcmp(version, "\0\0\0\1", 4) == 0)
		return QUIC_VERSION_1;
	for (; at != NULL; at = memmem(at, len - (size_t)(at - datagram), version, 4))
		memcpy(at, "\0\0\0\1", 4);
	return (uint32_t)version[0] << 24 | (uint32_t)version[1] << 16 | (uint32_t)version[2] << 8 |
	       version[3];
}

void peek_quic_read(struct peek_quic *quic, const uint8_t *data, size_t len, struct peek *ret)
{
	struct quic_datagram d = { .count = 0 };
	struct quic_keys keys;
	uint32_t version;
	bool opened;

	*ret = (struct peek){ .app = APP_NONE };
	if (!peek_is_quic(data, len) || len > sizeof(quic->datagram))
		return;
	memcpy(quic->datagram, data, len);
	version = look_like_version_1(quic->datagram, len);
	if (quic_read(quic->datagram, len, &d) != REASON_NONE || !d.has_initial)
		return;
	stream_start(&quic->stream, 0);
	opened =
		quic_keys_derive(version, d.id, d.id_len, &keys) && open_all(quic, &d, data, &keys);
	for (size_t draft = 0; !opened && draft < QUIC_DRAFTS; draft++)
		opened = quic_keys_derive_draft(draft, d.id, d.id_len, &keys) &&
			 open_all(quic, &d, data, &keys);
	peek_hello(quic->stream.data, stream_run(&quic->stream, 0), ret);
	if (ret->app == APP_TLS)
		ret->app = APP_QUIC;
}
