/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The number of the kernel's rules: it grows by one with each transaction that changes any of them.
 */
#pragma once

#include <stdint.h>

struct nlsock;

/* Of this network namespace, all tables together. 0 and *ret, or -errno. */
int generation_read(struct nlsock *sock, uint32_t *ret);
