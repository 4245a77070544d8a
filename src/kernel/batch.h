/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One nf_tables transaction: messages one after the other, sent at once, and which of them the
 * kernel refused. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch;
struct nlmsghdr; /* <linux/netlink.h> */
struct nlsock;

/* Room that a message may take. */
#define BATCH_MESSAGE_MAX 81920U

enum batch_kind { BATCH_TABLE, BATCH_CHAIN, BATCH_SET, BATCH_ELEMENTS, BATCH_RULE };

/* What a message is about, for people; name and detail are borrowed until the batch is freed. */
struct batch_object {
	enum batch_kind kind;
	const char *name; /* table, chain (of the rule), or set (of the elements) */
	size_t number;    /* of the rule in its chain, or of the message's first element; from 1 */
	const char *detail; /* the rule's comment; may be NULL */
};

struct batch_failure {
	int error;       /* -errno */
	bool has_object; /* the kernel named a message: object is valid */
	struct batch_object object;
	size_t element;   /* BATCH_ELEMENTS: the number of the element, from 1; 0 if not known */
	char reason[128]; /* the kernel's own words; may be empty */
};

/* A batch with nothing in it, for one table of the inet family (the name is borrowed). 0 and *ret
 * (free with batch_free), or -ENOMEM. */
int batch_new(const char *table, struct batch **ret);
const char *batch_table(const struct batch *batch);
void batch_free(struct batch *batch);
void batch_freep(struct batch **batch);

/* Starts a message of type NFT_MSG_* for the inet family, with room for BATCH_MESSAGE_MAX bytes;
 * flags are NLM_F_* beside NLM_F_REQUEST. The caller adds attributes and calls batch_finish().
 * NULL: out of memory; batch_send() will say so too. The pointer holds until the next
 * batch_start(). */
struct nlmsghdr *batch_start(struct batch *batch, uint16_t type, uint16_t flags,
			     const struct batch_object *object);

/* Ends the message that was started last. */
void batch_finish(struct batch *batch);

/* The message number i, from 0, of those that were finished; NULL beyond the last. Holds until the
 * next batch_start(). */
const struct nlmsghdr *batch_message(const struct batch *batch, size_t i);

/* Bytes so far. */
size_t batch_len(const struct batch *batch);

/* Sends all and waits for the kernel's word. commit false: the kernel checks everything, then
 * forgets it. 0; or -errno, nothing has changed, and *ret_failure says what is known (may be NULL).
 */
int batch_send(struct batch *batch, struct nlsock *sock, bool commit,
	       struct batch_failure *ret_failure);
