/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one statement says to one packet. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "ruleset/walk_parts.h"

static int effect_of(bool matches)
{
	return matches ? WALK_GO_ON : WALK_NEXT_RULE;
}

static bool has_connection(const struct walk_packet *packet)
{
	return !(packet->ct_state & (STATE_INVALID | STATE_UNTRACKED));
}

static bool is_ipv4(const struct walk_packet *packet)
{
	return packet->family == 4;
}

/* Writes the field of the packet to out; false if the packet has none. The connection's mark is in
 * host order, the rest in network order. */
static bool load_field(const struct walk_journey *journey, enum ruleset_field field, uint8_t *out)
{
	const struct walk_packet *packet = journey->packet;
	uint16_t number;

	switch (field) {
	case FIELD_IIFNAME:
		memcpy(out, packet->iif, sizeof(packet->iif));
		return true;
	case FIELD_OIFNAME:
		memcpy(out, packet->oif, sizeof(packet->oif));
		return true;
	case FIELD_SADDR4:
	case FIELD_SADDR6:
		memcpy(out, packet->src.b, ruleset_field_size(field));
		return is_ipv4(packet) == (field == FIELD_SADDR4);
	case FIELD_DADDR4:
	case FIELD_DADDR6:
		memcpy(out, packet->dst.b, ruleset_field_size(field));
		return is_ipv4(packet) == (field == FIELD_DADDR4);
	case FIELD_L4PROTO:
		*out = packet->l4proto;
		return true;
	case FIELD_SPORT:
	case FIELD_DPORT:
		number = htons(field == FIELD_SPORT ? packet->sport : packet->dport);
		memcpy(out, &number, sizeof(number));
		return !packet->is_short;
	case FIELD_CT_MARK:
		memcpy(out, &journey->so_far.ct_mark, sizeof(journey->so_far.ct_mark));
		return has_connection(packet);
	case FIELD_LENGTH4:
	case FIELD_LENGTH6:
		number = htons(packet->length);
		memcpy(out, &number, sizeof(number));
		return is_ipv4(packet) == (field == FIELD_LENGTH4);
	case FIELD_TCP_DOFF:
		*out = packet->tcp_doff;
		return packet->l4proto == IPPROTO_TCP;
	case FIELD_ETHER_SADDR:
		memcpy(out, packet->ether_saddr, sizeof(packet->ether_saddr));
		return packet->has_ether;
	case FIELD_COUNT:
		break;
	}
	return false;
}

static int compare_set(const void *name, const void *index)
{
	return strcmp(name, ((const struct walk_set *)index)->set->name);
}

/* The set of that name, ready to be searched, or an error. */
static int find_set(struct walk *walk, const char *name, struct walk_set **ret)
{
	struct walk_set *index =
		bsearch(name, walk->sets, walk->set_count, sizeof(*index), compare_set);

	if (!index)
		return -ENOENT;
	if (!index->sorted) {
		int err = walk_set_index(index, index->set);

		if (err)
			return err;
	}
	*ret = index;
	return 0;
}

/* Looks the statement's fields up. WALK_GO_ON with *ret (NULL: not in the set), WALK_NEXT_RULE
 * where the packet lacks a field, or an error. */
static int look_up(struct walk_journey *journey, const struct ruleset_statement *s,
		   const struct ruleset_element **ret)
{
	uint8_t key[RULESET_KEY_BYTES_MAX] = { 0 };
	struct walk_set *index = NULL;
	size_t at = 0;
	int err = find_set(journey->walk, s->text, &index);

	if (err)
		return err;
	if (s->field_count != index->set->key_fields ||
	    (s->kind == ACT_VERDICT_MAP && !index->set->is_map))
		return -EINVAL;
	for (size_t i = 0; i < s->field_count; i++) {
		size_t room = ruleset_field_room(s->fields[i]);

		if (room != ruleset_field_room(index->set->key[i]) || at + room > sizeof(key))
			return -EINVAL;
		if (!load_field(journey, s->fields[i], key + at))
			return WALK_NEXT_RULE;
		at += room;
	}
	*ret = walk_set_find(index, key, journey->packet->now_s);
	return WALK_GO_ON;
}

static int match_set(struct walk_journey *journey, const struct ruleset_statement *s)
{
	const struct ruleset_element *element = NULL;
	int effect = look_up(journey, s, &element);

	return effect == WALK_GO_ON ? effect_of((element != NULL) != s->negate) : effect;
}

static int match_ct_state(struct walk_journey *journey, const struct ruleset_statement *s)
{
	return effect_of(((journey->packet->ct_state & s->value) != 0) != s->negate);
}

static int match_ct_reply(struct walk_journey *journey, const struct ruleset_statement *s)
{
	return effect_of(has_connection(journey->packet) &&
			 (journey->packet->ct_reply == (s->value != 0)) != s->negate);
}

static bool fits_mask(const struct ruleset_statement *s, uint32_t value)
{
	return ((value & s->mask) == s->value) != s->negate;
}

static int match_ct_mark(struct walk_journey *journey, const struct ruleset_statement *s)
{
	return effect_of(has_connection(journey->packet) && fits_mask(s, journey->so_far.ct_mark));
}

static int match_meta_mark(struct walk_journey *journey, const struct ruleset_statement *s)
{
	return effect_of(fits_mask(s, journey->so_far.meta_mark));
}

static int match_nfproto(struct walk_journey *journey, const struct ruleset_statement *s)
{
	uint32_t nfproto = is_ipv4(journey->packet) ? NFPROTO_IPV4 : NFPROTO_IPV6;

	return effect_of((nfproto == s->value) != s->negate);
}

static int match_l4proto(struct walk_journey *journey, const struct ruleset_statement *s)
{
	return effect_of((journey->packet->l4proto == s->value) != s->negate);
}

static bool is_named(const struct ruleset_statement *s, const char *interface, size_t size)
{
	return (strnlen(s->text, size) < size && strncmp(s->text, interface, size) == 0) !=
	       s->negate;
}

static int match_iifname(struct walk_journey *journey, const struct ruleset_statement *s)
{
	return effect_of(is_named(s, journey->packet->iif, sizeof(journey->packet->iif)));
}

static int match_oifname(struct walk_journey *journey, const struct ruleset_statement *s)
{
	return effect_of(is_named(s, journey->packet->oif, sizeof(journey->packet->oif)));
}

static int match_tcp_flags(struct walk_journey *journey, const struct ruleset_statement *s)
{
	return effect_of(journey->packet->l4proto == IPPROTO_TCP &&
			 fits_mask(s, journey->packet->tcp_flags));
}

static int match_udp_first(struct walk_journey *journey, const struct ruleset_statement *s)
{
	const struct walk_packet *packet = journey->packet;

	return effect_of(packet->l4proto == IPPROTO_UDP && packet->udp_first < WALK_NO_BYTE &&
			 fits_mask(s, packet->udp_first));
}

static int match_udp_length(struct walk_journey *journey, const struct ruleset_statement *s)
{
	return effect_of(journey->packet->l4proto == IPPROTO_UDP &&
			 fits_mask(s, journey->packet->udp_length));
}

static int match_types(const struct walk_journey *journey, uint8_t family,
		       const struct ruleset_statement *s)
{
	const struct walk_packet *packet = journey->packet;

	if (s->type_count > RULESET_ICMP_TYPES_MAX)
		return -EINVAL;
	if (packet->family != family ||
	    packet->l4proto != (family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return WALK_NEXT_RULE;
	return effect_of((memchr(s->types, packet->icmp_type, s->type_count) != NULL) != s->negate);
}

static int match_icmp_types(struct walk_journey *journey, const struct ruleset_statement *s)
{
	return match_types(journey, 4, s);
}

static int match_icmpv6_types(struct walk_journey *journey, const struct ruleset_statement *s)
{
	return match_types(journey, 6, s);
}

static int act_counter(struct walk_journey *journey, const struct ruleset_statement *s)
{
	(void)journey;
	(void)s;
	return WALK_GO_ON;
}

static int act_log(struct walk_journey *journey, const struct ruleset_statement *s)
{
	journey->so_far.log_prefix = s->text;
	return WALK_GO_ON;
}

/* Where there is no connection, there is nothing to be marked: the rule goes on. Source:
 * nft_ct_set_eval() in nft_ct.c */
static int put_ct_mark(struct walk_journey *journey, uint32_t mark)
{
	if (has_connection(journey->packet))
		journey->so_far.ct_mark = mark;
	return WALK_GO_ON;
}

static int act_set_ct_mark(struct walk_journey *journey, const struct ruleset_statement *s)
{
	return put_ct_mark(journey, s->value);
}

static int act_set_meta_mark(struct walk_journey *journey, const struct ruleset_statement *s)
{
	journey->so_far.meta_mark = s->value;
	return WALK_GO_ON;
}

static int act_ct_mark_from_meta(struct walk_journey *journey, const struct ruleset_statement *s)
{
	(void)s;
	return put_ct_mark(journey, journey->so_far.meta_mark);
}

static int act_meta_mark_from_ct(struct walk_journey *journey, const struct ruleset_statement *s)
{
	(void)s;
	if (!has_connection(journey->packet))
		return WALK_NEXT_RULE;
	journey->so_far.meta_mark = journey->so_far.ct_mark;
	return WALK_GO_ON;
}

static int act_verdict(struct walk_journey *journey, const struct ruleset_statement *s)
{
	journey->verdict = &s->verdict;
	return WALK_VERDICT;
}

/* As for every look-up, a rule ends where its map has no element. */
static int take_verdict(struct walk_journey *journey, const struct ruleset_element *element)
{
	if (!element)
		return WALK_NEXT_RULE;
	journey->verdict = &element->verdict;
	return WALK_VERDICT;
}

static int act_verdict_map(struct walk_journey *journey, const struct ruleset_statement *s)
{
	const struct ruleset_element *element = NULL;
	int effect = look_up(journey, s, &element);

	return effect == WALK_GO_ON ? take_verdict(journey, element) : effect;
}

static int act_ct_mark_map(struct walk_journey *journey, const struct ruleset_statement *s)
{
	uint8_t key[RULESET_KEY_BYTES_MAX] = { 0 };
	uint32_t mark = journey->so_far.ct_mark & s->mask;
	struct walk_set *index = NULL;
	int err = find_set(journey->walk, s->text, &index);

	if (err)
		return err;
	if (index->set->key_fields != 1 || index->set->key[0] != FIELD_CT_MARK ||
	    !index->set->is_map)
		return -EINVAL;
	if (!has_connection(journey->packet))
		return WALK_NEXT_RULE;
	memcpy(key, &mark, sizeof(mark));
	return take_verdict(journey, walk_set_find(index, key, journey->packet->now_s));
}

static int end_with(struct walk_journey *journey, enum walk_outcome outcome)
{
	journey->so_far.outcome = outcome;
	return WALK_END;
}

static int act_queue(struct walk_journey *journey, const struct ruleset_statement *s)
{
	journey->so_far.queue_first = (uint16_t)s->value;
	journey->so_far.queue_last = (uint16_t)s->mask;
	return end_with(journey, WALK_QUEUE);
}

/* The statement comes with a match of TCP. */
static int act_reject_reset(struct walk_journey *journey, const struct ruleset_statement *s)
{
	(void)s;
	if (journey->packet->l4proto != IPPROTO_TCP)
		return WALK_NEXT_RULE;
	return end_with(journey, WALK_REJECT_RESET);
}

static int act_reject_admin(struct walk_journey *journey, const struct ruleset_statement *s)
{
	(void)s;
	return end_with(journey, WALK_REJECT_ADMIN);
}

static int act_reject_port(struct walk_journey *journey, const struct ruleset_statement *s)
{
	(void)s;
	return end_with(journey, WALK_REJECT_PORT);
}

/* For packets of the other family it does nothing. Source: nft_nat_inet_eval() in nft_nat.c */
static int act_snat(struct walk_journey *journey, const struct ruleset_statement *s)
{
	static const struct ruleset_verdict accept = { .kind = VERDICT_ACCEPT };

	if (is_ipv4(journey->packet) != (s->kind == ACT_SNAT4))
		return WALK_GO_ON;
	journey->so_far.source_nat = &s->address;
	journey->verdict = &accept;
	return WALK_VERDICT;
}

typedef int run_statement_fn(struct walk_journey *journey, const struct ruleset_statement *s);

static run_statement_fn *const runners[] = {
	[MATCH_SET] = match_set,
	[MATCH_CT_STATE] = match_ct_state,
	[MATCH_CT_REPLY] = match_ct_reply,
	[MATCH_CT_MARK] = match_ct_mark,
	[MATCH_META_MARK] = match_meta_mark,
	[MATCH_NFPROTO] = match_nfproto,
	[MATCH_L4PROTO] = match_l4proto,
	[MATCH_IIFNAME] = match_iifname,
	[MATCH_OIFNAME] = match_oifname,
	[MATCH_TCP_FLAGS] = match_tcp_flags,
	[MATCH_UDP_FIRST] = match_udp_first,
	[MATCH_UDP_LENGTH] = match_udp_length,
	[MATCH_ICMP_TYPES] = match_icmp_types,
	[MATCH_ICMPV6_TYPES] = match_icmpv6_types,
	[ACT_COUNTER] = act_counter,
	[ACT_LOG] = act_log,
	[ACT_SET_CT_MARK] = act_set_ct_mark,
	[ACT_SET_META_MARK] = act_set_meta_mark,
	[ACT_CT_MARK_FROM_META] = act_ct_mark_from_meta,
	[ACT_META_MARK_FROM_CT] = act_meta_mark_from_ct,
	[ACT_VERDICT] = act_verdict,
	[ACT_VERDICT_MAP] = act_verdict_map,
	[ACT_CT_MARK_MAP] = act_ct_mark_map,
	[ACT_QUEUE] = act_queue,
	[ACT_REJECT_RESET] = act_reject_reset,
	[ACT_REJECT_ADMIN] = act_reject_admin,
	[ACT_REJECT_PORT] = act_reject_port,
	[ACT_SNAT4] = act_snat,
	[ACT_SNAT6] = act_snat,
};

int walk_statement(struct walk_journey *journey, const struct ruleset_statement *s)
{
	if ((size_t)s->kind >= ARRAY_SIZE(runners) || !runners[s->kind])
		return -EINVAL;
	return runners[s->kind](journey, s);
}
