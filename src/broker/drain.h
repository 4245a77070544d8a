/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Throws away what a dead engine has not read from its queue. */
#pragma once

#include <stdint.h>

/* Discards all messages that wait on the queue's socket fd, calling back with the number of each
 * packet. Of each message only its beginning up to that number is copied, no byte of the packet. */
void drain_queue(int fd, void (*found)(uint32_t packet_id, void *data), void *data);
