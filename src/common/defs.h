/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small language helpers that every module may use. */
#pragma once

#include <stddef.h>
#include <stdlib.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Ownership: a local declared auto_(free_fn) is released when it goes out of scope;
 * steal() hands it over and leaves NULL behind. free_fn takes a pointer to the variable. */
#define auto_(fn) __attribute__((cleanup(fn)))
#define steal(p)                                                                                   \
	({                                                                                         \
		__typeof__(p) stolen_ = (p);                                                       \
		(p) = NULL;                                                                        \
		stolen_;                                                                           \
	})

static inline void free_charp(char **p)
{
	free(*p);
}
