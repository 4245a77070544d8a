/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long the inspector takes for a flow with one ClientHello, in one segment and in two. */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/packets.h"
#include "common/defs.h"
#include "common/mono.h"
#include "inspect/inspector.h"
#include "inspect/packet.h"

#define HELLO_LEN  1800
#define FLOWS      16384
#define ROUNDS     20
#define PACKET_LEN 2048

static uint8_t packets[FLOWS][2][PACKET_LEN];
static size_t lens[FLOWS][2];
static uint8_t syns[FLOWS][64];
static size_t syn_lens[FLOWS];
static unsigned long long named, others;

static void emit(const struct event *event, void *data)
{
	(void)data;
	if (event->type == EVENT_NAME)
		named++;
	else
		others++;
}

static void give(struct inspector *inspector, const uint8_t *data, size_t len, uint32_t id,
		 uint64_t now_ms)
{
	struct inspector_packet packet = { .data = data, .len = len, .id = id, .mark = 1 };

	inspector_packet(inspector, &packet, now_ms);
}

static void build(uint16_t flow, size_t hello_len, int segments)
{
	static uint8_t hello[HELLO_LEN];
	struct flow_key key = packets_key(4, IPPROTO_TCP, flow);
	size_t len = packets_hello(hello, "tenant.files.example", hello_len);
	size_t cut = segments == 1 ? len : 1400;

	syn_lens[flow] = packets_tcp(syns[flow], &key, 99, 0, PACKET_SYN, NULL, 0);
	lens[flow][0] = packets_tcp(packets[flow][0], &key, 100, 1, PACKET_ACK, hello, cut);
	if (segments == 2)
		lens[flow][1] = packets_tcp(packets[flow][1], &key, 100 + (uint32_t)cut, 1,
					    PACKET_ACK, hello + cut, len - cut);
}

/* One run over all flows; gives the nanoseconds spent on segments with payload. */
static int64_t run(struct inspector *inspector, int segments, uint64_t now_ms)
{
	struct timespec start, end;

	for (uint32_t f = 0; f < FLOWS - 1; f++)
		give(inspector, syns[f], syn_lens[f], f, now_ms);
	start = mono_now();
	for (uint32_t f = 0; f < FLOWS - 1; f++)
		for (int s = 0; s < segments; s++)
			give(inspector, packets[f][s], lens[f][s], f, now_ms);
	end = mono_now();
	inspector_expire(inspector, now_ms + 1000000);
	return mono_between_ns(&start, &end);
}

static int measure(const char *what, size_t hello_len, int segments)
{
	const struct inspector_limits limits = { .flows_max = FLOWS,
						 .buffers_max = 1024,
						 .held_max = 64,
						 .timeout_ms = 10000,
						 .forget_ms = 1000,
						 .hash_seed = { 5, 6 } };
	struct inspector *inspector = inspector_new(&limits, emit, NULL);
	int64_t best = INT64_MAX, sum = 0;

	if (inspector == NULL)
		return -1;
	for (uint32_t f = 0; f < FLOWS; f++)
		build((uint16_t)f, hello_len, segments);
	named = 0;
	for (int round = 0; round < ROUNDS; round++) {
		int64_t ns = run(inspector, segments, (uint64_t)round * 2000000 + 1000);

		sum += ns;
		if (ns < best)
			best = ns;
	}
	inspector_free(inspector);
	if (named != (unsigned long long)ROUNDS * (FLOWS - 1))
		return -1;
	printf("%-36s %6.0f ns a flow (best round), %6.0f ns (mean)\n", what,
	       (double)best / (FLOWS - 1), (double)sum / ROUNDS / (FLOWS - 1));
	return 0;
}

int main(void)
{
	if (measure("short hello, one segment", 300, 1) < 0 ||
	    measure("1,800 bytes, one segment", HELLO_LEN, 1) < 0 ||
	    measure("1,800 bytes, two segments", HELLO_LEN, 2) < 0) {
		fprintf(stderr, "not every flow was named\n");
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
