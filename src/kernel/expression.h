/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nf_tables expressions that rules are made of, added one by one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ruleset/ruleset.h"

struct nftnl_rule; /* <libnftnl/rule.h> */

/* Where expressions go. The first error stays, and nothing is added after it. */
struct expression_list {
	struct nftnl_rule *rule;
	int error; /* 0, -ENOMEM or -EINVAL */
};

/* Loads into register reg: a meta key (NFT_META_*), a conntrack key (NFT_CT_*), or len bytes at
 * offset of a header (NFT_PAYLOAD_*). */
void expression_meta(struct expression_list *list, uint32_t key, uint32_t reg);
void expression_ct(struct expression_list *list, uint32_t key, uint32_t reg);
void expression_payload(struct expression_list *list, uint32_t base, uint32_t offset, uint32_t len,
			uint32_t reg);

/* Changes register reg: and with mask, or shift of a value of len bytes. */
void expression_mask(struct expression_list *list, uint32_t reg, const void *mask, uint32_t len);
void expression_shift_right(struct expression_list *list, uint32_t reg, uint32_t bits,
			    uint32_t len);

/* Goes on if register 1 equals data (negate: does not). */
void expression_compare(struct expression_list *list, bool negate, const void *data, uint32_t len);

/* Goes on if the key from register 1 on is in the set (negate: is not). */
void expression_lookup(struct expression_list *list, const char *set, bool negate);
void expression_lookup_nameless(struct expression_list *list, const char *set, uint32_t id,
				bool negate);

/* Does what the map says for the key from register 1 on; goes on if it says nothing. */
void expression_map(struct expression_list *list, const char *map);

/* Puts data into register 1. */
void expression_immediate(struct expression_list *list, const void *data, uint32_t len);

/* Sets a mark from register 1. */
void expression_set_ct_mark(struct expression_list *list);
void expression_set_meta_mark(struct expression_list *list);

void expression_counter(struct expression_list *list);

/* copy_bytes 0: as many as the reader of the group asks for. */
void expression_log(struct expression_list *list, const char *prefix, uint16_t group,
		    uint32_t copy_bytes);

void expression_verdict(struct expression_list *list, const struct ruleset_verdict *verdict);

/* NFT_REJECT_* and its code. */
void expression_reject(struct expression_list *list, uint32_t type, uint8_t code);

/* Source translation to the address in register 1; family is NFPROTO_*. */
void expression_snat(struct expression_list *list, uint32_t family);

/* To queues first..first+total-1, by flow: as an expression of nf_tables, or as the xtables target
 * NFQUEUE. */
void expression_queue(struct expression_list *list, uint16_t first, uint16_t total);
void expression_queue_compat(struct expression_list *list, uint16_t first, uint16_t total);
