/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as requests: names and ends are the same however many are shown at a time. */
#include <stdlib.h>
#include <string.h>

#include "inspect/http.h"

#define REQUESTS_MAX 64

struct outcome {
	size_t requests, at;
	enum reason reason;
	size_t ends[REQUESTS_MAX]; /* of the heads */
	char names[REQUESTS_MAX][NAMES_MAX + 1];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const uint8_t *data, size_t size, size_t step, struct outcome *o)
{
	struct http h = { .phase = HTTP_HEAD };
	size_t shown = 0;

	o->requests = o->at = 0;
	o->reason = REASON_NONE;
	while (shown < size) {
		enum http_result got = HTTP_REQUEST;

		shown = size - shown < step ? size : shown + step;
		while (got == HTTP_REQUEST) {
			struct http_head head;
			size_t used = 0;

			got = http_read(&h, data + o->at, shown - o->at, &used, &head, &o->reason);
			if (got == HTTP_REFUSE)
				return;
			o->at += used;
			if (got != HTTP_REQUEST || o->requests == REQUESTS_MAX)
				continue;
			o->ends[o->requests] = o->at;
			memcpy(o->names[o->requests++], head.name, sizeof(head.name));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct outcome whole, part;

	read_all(data, size, SIZE_MAX, &whole);
	for (size_t step = 1; step < 8; step += 3) {
		read_all(data, size, step, &part);
		if (part.requests != whole.requests || part.reason != whole.reason)
			abort();
		for (size_t i = 0; i < whole.requests; i++)
			if (part.ends[i] != whole.ends[i] ||
			    strcmp(part.names[i], whole.names[i]) != 0)
				abort();
	}
	return 0;
}
