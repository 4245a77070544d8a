/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a message of an engine: what is taken can be used without another check. */
#include <stdlib.h>
#include <string.h>

#include "engine/event.h"

#define FLOWS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* In memory of its own, so that a read behind the message is noticed. */
	struct event_message *message = calloc(1, size == 0 ? 1 : size);

	if (size != 0)
		memcpy(message, data, size);
	if (event_message_check(message, size, FLOWS_MAX) == 0) {
		for (uint32_t i = 0; i < message->count; i++) {
			const struct event *e = &message->events[i];
			struct flow_key key;

			event_flow_key(e, &key);
			if (e->flow >= FLOWS_MAX || strlen(e->name) != e->name_len ||
			    e->reason >= REASON_COUNT || e->app >= APP_COUNT)
				abort();
		}
	}
	free(message);
	return 0;
}
