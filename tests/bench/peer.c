/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libndpi, where configure found it. */
#include "peer.h"

#ifdef HAVE_LIBNDPI

#include <ndpi/ndpi_api.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/mono.h"

/* As many flows as stay in the cache: their memory is made anew outside of what is measured. */
#define FLOWS 16

struct peer {
	struct ndpi_detection_module_struct *module;
	struct ndpi_flow_struct flows[FLOWS];
	uint64_t now_ms;
};

struct peer *peer_new(void)
{
	static const uint16_t wanted[] = { NDPI_PROTOCOL_TLS, NDPI_PROTOCOL_HTTP,
					   NDPI_PROTOCOL_QUIC };
	struct peer *peer = calloc(1, sizeof(*peer));
	NDPI_PROTOCOL_BITMASK mask;

	if (peer == NULL)
		return NULL;
	peer->module = ndpi_init_detection_module(ndpi_no_prefs);
	if (peer->module == NULL) {
		free(peer);
		return NULL;
	}
	NDPI_BITMASK_RESET(mask);
	/* the macro shifts a long and keeps half of it */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		NDPI_ADD_PROTOCOL_TO_BITMASK(mask, wanted[i]);
#pragma GCC diagnostic pop
	ndpi_set_protocol_detection_bitmask2(peer->module, &mask);
	ndpi_finalize_initialization(peer->module);
	peer->now_ms = 1000;
	return peer;
}

void peer_free(struct peer *peer)
{
	if (peer == NULL)
		return;
	ndpi_exit_detection_module(peer->module);
	free(peer);
}

const char *peer_name(void)
{
	static char name[64];

	(void)snprintf(name, sizeof(name), "libndpi %s", ndpi_revision());
	return name;
}

static void give(struct peer *peer, size_t flow, const struct sample *sample, size_t from,
		 size_t to)
{
	for (size_t p = from; p < to; p++)
		(void)ndpi_detection_process_packet(peer->module, &peer->flows[flow],
						    sample->packets[p],
						    (unsigned short)sample->lens[p], peer->now_ms);
}

double peer_measure(struct peer *peer, const struct sample *sample, const char *name)
{
	struct timespec start, end;
	double found = 1;

	for (size_t f = 0; f < FLOWS; f++) {
		memset(&peer->flows[f], 0, sizeof(peer->flows[f]));
		give(peer, f, sample, 0, sample->begin);
	}
	start = mono_now();
	for (size_t f = 0; f < FLOWS; f++)
		give(peer, f, sample, sample->begin, sample->count);
	end = mono_now();
	for (size_t f = 0; f < FLOWS; f++) {
		if (strcmp((const char *)peer->flows[f].host_server_name, name) != 0)
			found = -1;
		ndpi_free_flow_data(&peer->flows[f]);
	}
	return found * (double)mono_between_ns(&start, &end) / FLOWS;
}

#else

struct peer *peer_new(void)
{
	return NULL;
}

void peer_free(struct peer *peer)
{
	(void)peer;
}

const char *peer_name(void)
{
	return "libndpi is not installed";
}

double peer_measure(struct peer *peer, const struct sample *sample, const char *name)
{
	(void)peer;
	(void)sample;
	(void)name;
	return -1;
}

#endif
