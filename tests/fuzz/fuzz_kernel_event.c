/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a message of the log reader, and any bytes as a logged packet: what is taken can be
 * used without another check. */
#include <stdlib.h>
#include <string.h>

#include "engine/kernel_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_message(const uint8_t *data, size_t size)
{
	/* In memory of its own, so that a read behind the message is noticed. */
	struct kernel_event_message *message = calloc(1, size == 0 ? 1 : size);

	if (size != 0)
		memcpy(message, data, size);
	if (kernel_event_message_check(message, size) == 0) {
		for (uint32_t i = 0; i < message->count; i++) {
			const struct kernel_event *event = &message->events[i];
			struct flow_key key;

			if (strnlen(event->prefix, KERNEL_EVENT_PREFIX_MAX) ==
			    KERNEL_EVENT_PREFIX_MAX)
				abort();
			if (event->family != 0)
				kernel_event_flow_key(event, &key);
		}
	}
	free(message);
}

/* First byte: how long the prefix is; then the prefix, then the packet. */
static void use_packet(const uint8_t *data, size_t size)
{
	const size_t prefix_len = size > 0 ? data[0] : 0;
	struct kernel_event event;
	char *prefix;
	uint8_t *packet;

	if (size < 1 + prefix_len)
		return;
	prefix = malloc(prefix_len + 1);
	packet = malloc(size - prefix_len);
	memcpy(prefix, data + 1, prefix_len);
	memcpy(packet, data + 1 + prefix_len, size - 1 - prefix_len);
	if (kernel_event_read(prefix, prefix_len, packet, size - 1 - prefix_len, &event) == 0 &&
	    (strnlen(event.prefix, sizeof(event.prefix)) == sizeof(event.prefix) ||
	     (event.family != 0 && event.family != 4 && event.family != 6)))
		abort();
	free(prefix);
	free(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	use_message(data, size);
	use_packet(data, size);
	return 0;
}
