/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole capture file: every frame is counted once, every flow is handed out once with what the
 * manual promises, and nothing is left. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/capture.h"
#include "ctl/capture_flows.h"
#include "ctl/capture_view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sums {
	struct capture_flows *flows;
	uint64_t given, packets;
};

static void over(const struct capture_flow *flow, void *data)
{
	json_t *object = capture_view_json(flow, NULL, "-");
	struct sums *sums = data;
	const char *outcome;

	if (object == NULL)
		abort();
	outcome = json_string_value(json_object_get(object, "outcome"));
	if (json_string_value(json_object_get(object, "reason")) == NULL ||
	    (strcmp(outcome, "allow") == 0) !=
		    (flow->named && !flow->refused && !flow->midstream) ||
	    (strcmp(outcome, "deny") == 0 && !flow->refused && !flow->bad))
		abort();
	json_decref(object);
	sums->packets += flow->packets;
}

static void sink(const struct defrag_packet *packet, uint64_t time_us, void *data)
{
	struct sums *sums = data;

	sums->given += packet->frames;
	capture_flows_take(sums->flows, packet, time_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sums sums = { 0 };
	struct capture_counts counts;
	char error[CAPTURE_ERROR_MAX];
	uint8_t *copy = malloc(size == 0 ? 1 : size);
	FILE *file;

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	file = fmemopen(copy, size == 0 ? 1 : size, "rb");
	sums.flows = capture_flows_new(15, 10000, over, &sums);
	if (file != NULL && sums.flows != NULL) {
		(void)capture_read(file, sink, &sums, &counts, error);
		capture_flows_end(sums.flows);
		if (counts.frames !=
			    sums.given + counts.other + counts.broken + counts.incomplete ||
		    sums.given != sums.packets + capture_flows_broken(sums.flows))
			abort();
	}
	capture_flows_free(sums.flows);
	free(copy);
	return 0;
}
