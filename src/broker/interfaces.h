/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interface names by index, remembered for a few seconds so that the packet path seldom asks the
 * kernel. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#define INTERFACES_REMEMBERED 64 /* slots */
#define INTERFACES_FRESH_MS   5000

struct interfaces {
	int fd; /* any socket; the owner closes it */
	struct {
		uint32_t index; /* 0: empty */
		uint64_t until_ms;
		char name[IF_NAMESIZE]; /* empty: the kernel knows none */
	} at[INTERFACES_REMEMBERED];
};

/* Opens the socket. 0 or -errno. */
int interfaces_open(struct interfaces *interfaces);
void interfaces_close(struct interfaces *interfaces);

/* True if there is an interface of that name in this network namespace. Asks the kernel each time.
 */
bool interfaces_has(const struct interfaces *interfaces, const char *name);

/* Copies the name into out and returns out, or NULL if there is none of that index. now_ms:
 * monotonic. */
const char *interfaces_name(struct interfaces *interfaces, uint32_t index, uint64_t now_ms,
			    char out[IF_NAMESIZE]);
