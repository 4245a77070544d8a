/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Receives what waits on a netlink socket, many datagrams a call, into buffers made beforehand. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define INTAKE_BATCH_MAX 32

struct intake;

/* NULL if memory ran out. */
struct intake *intake_new(void);
void intake_free(struct intake *intake);

/* Takes up to INTAKE_BATCH_MAX datagrams without waiting. Gives their number (0: nothing waits);
 * -ENOBUFS where the kernel says that it had to drop some; -errno. */
int intake_receive(struct intake *intake, int fd);

/* The datagram at index of the last call: its bytes, or NULL where it is not the kernel's or was
 * cut. */
const void *intake_datagram(const struct intake *intake, int index, size_t *ret_len);
