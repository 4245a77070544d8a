/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that hold keys of the log: the appliance's state, and what the auditor keeps. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "audit/chain.h"
#include "audit/checkpoint.h"

#define LOG_KEY_STATE_BYTES 512 /* of the appliance's file: one sector, written as a whole */

/* What the auditor keeps away from the appliance. */
struct log_key_auditor {
	char id[CHECKPOINT_ID_BYTES + 1];
	uint64_t first; /* the key is that of record first + 1 */
	bool has_secret;
	uint8_t key[CHAIN_KEY_BYTES]; /* where has_secret */
	uint8_t public_key[CHECKPOINT_PUBLIC_BYTES];
};

/* What the appliance keeps: where the chain stands, and what signs checkpoints. */
struct log_key_state {
	char id[CHECKPOINT_ID_BYTES + 1];
	struct chain_point point;
	uint8_t seed[CHECKPOINT_SEED_BYTES];
};

/* New keys for a log whose last record is number first (0: none). 0, or -EIO where libcrypto gives
 * no random bytes. */
int log_key_make(uint64_t first, struct log_key_state *ret_state,
		 struct log_key_auditor *ret_auditor);

/* Writes new files with mode 0600 (0644 for the public one) and forces them to the disk. -EEXIST:
 * there is one already, which is never overwritten. uid and gid: the file's owner, -1: as it comes.
 * log_key_write_auditor() leaves the secret out where with_secret is false. 0 or -errno. */
int log_key_create(const char *path, const struct log_key_state *state, uid_t uid, gid_t gid);
int log_key_write_auditor(const char *path, const struct log_key_auditor *auditor,
			  bool with_secret);

/* Reads the auditor's file. 0, -EINVAL: it is no such file, or -errno. */
int log_key_read_auditor(const char *path, struct log_key_auditor *ret);

/* Opens the appliance's file for use by this process alone and reads it. 0 and the descriptor,
 * -EINVAL: it is no such file or damaged, -EPERM: others than its owner may read it, -EBUSY:
 * another process uses it; or -errno. */
int log_key_open(const char *path, int *ret_fd, struct log_key_state *ret);

/* Puts the state in place of what is there, in one write: the keys that were there are gone. 0 or
 * -errno. */
int log_key_update(int fd, const struct log_key_state *state);

/* Overwrites the secrets. */
void log_key_forget(struct log_key_state *state);
