/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Seals the log from time to time and tells it elsewhere, so that cutting off its end shows. */
#pragma once

#include <stdint.h>

struct broker;
struct checkpoints;

struct checkpoints_counts {
	uint64_t made, untold; /* untold: syslog or the file did not take it */
	uint64_t number;       /* of the record that was sealed last, 0 if none */
};

/* Begins to seal the log of broker, which is borrowed; where the log is not chained, NULL is what
 * the other functions take. 0 or -errno. */
int checkpoints_open(struct broker *broker, struct checkpoints **ret);
void checkpoints_free(struct checkpoints *checkpoints);

/* After records were written: one is due soon where there were enough. Cheap. */
void checkpoints_note(struct checkpoints *checkpoints);

/* Seals now, and tells it. */
void checkpoints_seal(struct checkpoints *checkpoints);

/* Another socket than /dev/log; borrowed. For tests. */
void checkpoints_tell_at(struct checkpoints *checkpoints, const char *socket_path);

void checkpoints_counts(const struct checkpoints *checkpoints, struct checkpoints_counts *ret);
