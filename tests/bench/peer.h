/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libndpi reading the same packets, for comparison; nothing where it is not installed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SAMPLE_PACKETS_MAX 8
#define SAMPLE_PACKET_MAX  2048

/* A flow's packets from the IP header on: its beginning (not measured), then what a client says. */
struct sample {
	const char *what;
	size_t begin, count; /* packets before what is measured, and all */
	size_t lens[SAMPLE_PACKETS_MAX];
	uint8_t packets[SAMPLE_PACKETS_MAX][SAMPLE_PACKET_MAX];
};

struct peer;

/* NULL if it is not there, or memory ran out. Only TLS, HTTP and QUIC are looked for, which is the
 * cheapest that it can do. */
struct peer *peer_new(void);
void peer_free(struct peer *peer);

/* Its version, or why there is none. */
const char *peer_name(void);

/* Nanoseconds for the measured packets of one flow, mean over some flows; negative if it did not
 * find name. */
double peer_measure(struct peer *peer, const struct sample *sample, const char *name);
