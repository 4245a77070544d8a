/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Holds the chain's point, what of it is in the log, and the key's file. */
#include "audit/keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "audit/line.h"
#include "audit/log_key.h"
#include "audit/resume.h"
#include "common/mono.h"

struct keeper {
	struct chain *chain;
	int fd;
	struct log_key_state state;      /* as of the record sealed last */
	struct chain_point written;      /* as of the last record in the log: what the file holds */
	uint8_t behind[CHAIN_TAG_BYTES]; /* what the chain goes on from: the tag of written, or of
					    what is left of the log */
};

static void note_written(struct keeper *keeper)
{
	keeper->written = keeper->state.point;
	memcpy(keeper->behind, keeper->state.point.tag, sizeof(keeper->behind));
}

int keeper_open(const char *key_path, struct keeper **ret)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));

	if (!keeper)
		return -ENOMEM;
	keeper->fd = -1;
	keeper->chain = chain_new();
	int r = keeper->chain ? log_key_open(key_path, &keeper->fd, &keeper->state) : -ENOMEM;
	if (r < 0) {
		keeper_free(keeper);
		return r;
	}
	note_written(keeper);
	*ret = keeper;
	return 0;
}

void keeper_free(struct keeper *keeper)
{
	if (!keeper)
		return;
	if (keeper->fd >= 0)
		(void)close(keeper->fd);
	chain_free(keeper->chain);
	log_key_forget(&keeper->state);
	OPENSSL_cleanse(&keeper->written, sizeof(keeper->written));
	free(keeper);
}

const char *keeper_id(const struct keeper *keeper)
{
	return keeper->state.id;
}

uint64_t keeper_last(const struct keeper *keeper, uint8_t ret_tag[CHAIN_TAG_BYTES])
{
	memcpy(ret_tag, keeper->written.tag, CHAIN_TAG_BYTES);
	return keeper->written.number;
}

bool keeper_is_fresh(const struct keeper *keeper)
{
	static const uint8_t none[CHAIN_TAG_BYTES];

	return memcmp(keeper->written.tag, none, sizeof(none)) == 0;
}

int keeper_seal(struct keeper *keeper, uint64_t number, char *line, size_t *len)
{
	struct chain_point *point = &keeper->state.point;
	uint8_t tag[CHAIN_TAG_BYTES];
	int r = number > point->number ? chain_pass(keeper->chain, point, number - 1) : -EINVAL;

	if (r == 0)
		r = chain_tag(keeper->chain, point->key, point->tag, line, *len - 2, tag);
	if (r == 0)
		r = chain_pass(keeper->chain, point, number);
	if (r < 0)
		return r;
	memcpy(point->tag, tag, sizeof(tag));
	*len = line_put_tag(line, *len, tag);
	return 0;
}

int keeper_written(struct keeper *keeper)
{
	int r = log_key_update(keeper->fd, &keeper->state);

	if (r == 0)
		note_written(keeper);
	return r;
}

void keeper_lost(struct keeper *keeper)
{
	keeper->state.point = keeper->written;
	memcpy(keeper->state.point.tag, keeper->behind, sizeof(keeper->behind));
}

int keeper_resume(struct keeper *keeper, int fd, uint64_t *ret_last)
{
	struct chain_point point = keeper->written;
	struct resume found = { 0 };
	int r = resume_scan(fd, keeper->chain, &point, &found);

	if (r == 0) {
		keeper->written = point;
		/* a new key's chain begins with itself, whatever stands before */
		memcpy(keeper->behind,
		       found.any && !keeper_is_fresh(keeper) ? found.tag : point.tag,
		       sizeof(keeper->behind));
		keeper_lost(keeper);
		*ret_last = found.any ? found.last : point.number;
	} else if (r == -EKEYREJECTED) {
		*ret_last = found.bad;
	}
	OPENSSL_cleanse(&point, sizeof(point));
	return r;
}

int keeper_checkpoint(const struct keeper *keeper, struct checkpoint *ret)
{
	struct checkpoint checkpoint = { .number = keeper->written.number };
	struct timespec now = mono_real();
	int r;

	memcpy(checkpoint.id, keeper->state.id, sizeof(checkpoint.id));
	memcpy(checkpoint.tag, keeper->written.tag, sizeof(checkpoint.tag));
	*put_time(checkpoint.time, &now) = '\0';
	r = checkpoint_sign(keeper->state.seed, &checkpoint);
	if (r == 0)
		*ret = checkpoint;
	return r;
}

int keeper_sync(const struct keeper *keeper)
{
	return fdatasync(keeper->fd) < 0 ? -errno : 0;
}
