/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chain of the log that is being written: gives each record its tag, and keeps the key's file
 * in step with the log. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/chain.h"
#include "audit/checkpoint.h"

struct keeper;

/* Opens the key's file, for this process alone. 0, -ENOMEM, or what log_key_open() gives. */
int keeper_open(const char *key_path, struct keeper **ret);
void keeper_free(struct keeper *keeper);

/* The key's id, borrowed. */
const char *keeper_id(const struct keeper *keeper);

/* Number and tag of the last record that is in the log for certain, as far as the key knows. The
 * tag is zeros before the chain's first record. */
uint64_t keeper_last(const struct keeper *keeper, uint8_t ret_tag[CHAIN_TAG_BYTES]);
bool keeper_is_fresh(const struct keeper *keeper);

/* Puts the tag into the record's line (*len bytes ending in "}\n", with LINE_TAG_BYTES of room) and
 * moves the key on behind that number: the key that made the tag is gone. Numbers rise. 0, -EINVAL
 * or -EIO. */
int keeper_seal(struct keeper *keeper, uint64_t number, char *line, size_t *len);

/* All that was sealed stands in the log: puts the state into the key's file. 0 or -errno. */
int keeper_written(struct keeper *keeper);

/* What was sealed since the last keeper_written() is not in the log: the chain goes on from the
 * record before it. (The key of that one is still in the key's file, so nothing is given away.) */
void keeper_lost(struct keeper *keeper);

/* Brings the key into step with an opened log file that may hold more than the key knows of (a
 * crash between both) or less (a power failure). *ret_last: the file's last whole record; if it has
 * none, the one that the key knows. The chain goes on from that one. 0; -EKEYREJECTED: the file
 * does not fit the key, *ret_last being the record; or -errno. Nothing changes on failure. */
int keeper_resume(struct keeper *keeper, int fd, uint64_t *ret_last);

/* Seals the last record: number, tag, time and signature. 0 or -EIO. */
int keeper_checkpoint(const struct keeper *keeper, struct checkpoint *ret);

/* Forces the key's file to the disk. 0 or -errno. */
int keeper_sync(const struct keeper *keeper);
