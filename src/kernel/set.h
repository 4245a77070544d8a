/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions of sets and maps as netlink messages, as nft(8) writes its own so that it can list
 * them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ruleset/ruleset.h"

struct batch;
struct batch_object;

/* Adds the message that makes the set (without elements); id is unique in the transaction. 0,
 * -ENOMEM, or -EINVAL where the key cannot be expressed: length and header-length fields only go
 * together with their like, and ranges of a single field only over addresses, protocols and ports.
 */
int set_put_definition(struct batch *batch, const struct ruleset_set *set, uint32_t id);

/* Adds the nameless set of ICMP types (family 4) or ICMPv6 types (6) that one rule, object, looks
 * into by id, with its elements. 0 or -ENOMEM. */
int set_put_icmp_types(struct batch *batch, const struct batch_object *object, uint8_t family,
		       const uint8_t *types, size_t count, uint32_t id);
#define SET_NAMELESS "__set%d"

/* Bytes of a whole key as the kernel wants it: a single field takes its own size, several are each
 * rounded up to 4. */
uint32_t set_key_len(const struct ruleset_set *set);

/* The way back: the fields that a key in the kernel is made of, by its type (NFTA_SET_KEY_TYPE) and
 * the set's user data (len bytes; may be NULL where len is 0), into ret (RULESET_KEY_FIELDS_MAX).
 * Which of source and destination a type does not say: it gives the source, or the interface a
 * packet came in by. Gives how many, 0 where no set of ours has such a key. Types of ICMP count as
 * FIELD_L4PROTO: a byte. */
size_t set_read_key(uint32_t type, const void *userdata, size_t len, enum ruleset_field *ret);
