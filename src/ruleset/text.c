/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints a ruleset as nft(8) syntax. */
#include "ruleset/text.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/netfilter.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "common/addr.h"

/* That everything was written is for the owner of the file to ask, once, with ferror(). */
static void put(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(FILE *to, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vfprintf(to, format, args);
	va_end(args);
}

struct field_text {
	const char *expression; /* in rules */
	const char *type;       /* in sets; NULL: only typeof can say it */
};

static const struct field_text field_texts[FIELD_COUNT] = {
	[FIELD_IIFNAME] = { "iifname", "ifname" },
	[FIELD_OIFNAME] = { "oifname", "ifname" },
	[FIELD_SADDR4] = { "ip saddr", "ipv4_addr" },
	[FIELD_DADDR4] = { "ip daddr", "ipv4_addr" },
	[FIELD_SADDR6] = { "ip6 saddr", "ipv6_addr" },
	[FIELD_DADDR6] = { "ip6 daddr", "ipv6_addr" },
	[FIELD_L4PROTO] = { "meta l4proto", "inet_proto" },
	[FIELD_SPORT] = { "th sport", "inet_service" },
	[FIELD_DPORT] = { "th dport", "inet_service" },
	[FIELD_CT_MARK] = { "ct mark", "mark" },
	[FIELD_LENGTH4] = { "ip length", NULL },
	[FIELD_LENGTH6] = { "ip6 length", NULL },
	[FIELD_TCP_DOFF] = { "tcp doff", NULL },
	[FIELD_ETHER_SADDR] = { "ether saddr", "ether_addr" },
};

/* A value and its name; the last has no name. */
struct named {
	uint32_t value;
	const char *name;
};

static const char *name_of(const struct named *names, uint32_t value)
{
	while (names->name && names->value != value)
		names++;
	return names->name;
}

static const struct named protocols[] = {
	{ IPPROTO_TCP, "tcp" },
	{ IPPROTO_UDP, "udp" },
	{ IPPROTO_ICMP, "icmp" },
	{ IPPROTO_ICMPV6, "icmpv6" },
	{ 0, NULL },
};

static const struct named icmp_types[] = {
	{ 3, "destination-unreachable" },
	{ 11, "time-exceeded" },
	{ 12, "parameter-problem" },
	{ 0, NULL },
};

static const struct named icmpv6_types[] = {
	{ 1, "destination-unreachable" },
	{ 2, "packet-too-big" },
	{ 3, "time-exceeded" },
	{ 4, "parameter-problem" },
	{ 130, "mld-listener-query" },
	{ 135, "nd-neighbor-solicit" },
	{ 136, "nd-neighbor-advert" },
	{ 143, "mld2-listener-report" },
	{ 0, NULL },
};

static const struct named ct_states[] = {
	{ STATE_INVALID, "invalid" },     { STATE_ESTABLISHED, "established" },
	{ STATE_RELATED, "related" },     { STATE_NEW, "new" },
	{ STATE_UNTRACKED, "untracked" }, { 0, NULL },
};

static const struct named tcp_flags[] = {
	{ 0x01, "fin" }, { 0x02, "syn" }, { 0x04, "rst" }, { 0x08, "psh" }, { 0x10, "ack" },
	{ 0x20, "urg" }, { 0x40, "ecn" }, { 0x80, "cwr" }, { 0, NULL },
};

static void print_value(const struct named *names, uint32_t value, FILE *to)
{
	const char *name = name_of(names, value);

	if (name)
		put(to, "%s", name);
	else
		put(to, "%" PRIu32, value);
}

/* The names of the bits of value, with between between them. */
static void print_bits(const struct named *names, uint32_t value, const char *between, FILE *to)
{
	const char *before = "";

	for (; names->name; names++) {
		if (!(value & names->value))
			continue;
		put(to, "%s%s", before, names->name);
		before = between;
	}
}

static void print_verdict(const struct ruleset_verdict *verdict, FILE *to)
{
	switch (verdict->kind) {
	case VERDICT_ACCEPT:
		put(to, "accept");
		break;
	case VERDICT_DROP:
		put(to, "drop");
		break;
	case VERDICT_JUMP:
		put(to, "jump %s", verdict->chain);
		break;
	case VERDICT_GOTO:
		put(to, "goto %s", verdict->chain);
		break;
	case VERDICT_RETURN:
		put(to, "return");
		break;
	}
}

static void print_address_range(uint8_t family, const uint8_t *first, const uint8_t *last, FILE *to)
{
	struct addr_range range = { .family = family };
	char text[ADDR_RANGE_TEXT_MAX];

	memcpy(range.first, first, addr_len(family));
	memcpy(range.last, last, addr_len(family));
	put(to, "%s", addr_range_text(&range, text));
}

static uint32_t number_at(const uint8_t *bytes, enum ruleset_field field)
{
	uint32_t mark;

	switch (ruleset_field_size(field)) {
	case 1:
		return bytes[0];
	case 2:
		return (uint32_t)bytes[0] << 8 | bytes[1];
	default: /* marks, in host order */
		memcpy(&mark, bytes, sizeof(mark));
		return mark;
	}
}

static void print_number_range(uint32_t first, uint32_t last, FILE *to)
{
	put(to, "%" PRIu32, first);
	if (first != last)
		put(to, "-%" PRIu32, last);
}

static void print_key_field(enum ruleset_field field, const uint8_t *first, const uint8_t *last,
			    FILE *to)
{
	switch (field) {
	case FIELD_IIFNAME:
	case FIELD_OIFNAME:
		put(to, "\"%.16s\"", (const char *)first);
		break;
	case FIELD_SADDR4:
	case FIELD_DADDR4:
		print_address_range(4, first, last, to);
		break;
	case FIELD_SADDR6:
	case FIELD_DADDR6:
		print_address_range(6, first, last, to);
		break;
	case FIELD_L4PROTO:
		print_value(protocols, first[0], to);
		break;
	case FIELD_CT_MARK:
		put(to, "0x%" PRIx32, number_at(first, field));
		break;
	case FIELD_SPORT:
	case FIELD_DPORT:
	case FIELD_LENGTH4:
	case FIELD_LENGTH6:
	case FIELD_TCP_DOFF:
		print_number_range(number_at(first, field), number_at(last, field), to);
		break;
	case FIELD_ETHER_SADDR:
		put(to, "%02x:%02x:%02x:%02x:%02x:%02x", first[0], first[1], first[2], first[3],
		    first[4], first[5]);
		break;
	case FIELD_COUNT:
		break;
	}
}

static void print_key(const struct ruleset_set *set, const struct ruleset_element *element,
		      FILE *to)
{
	size_t at = 0;

	for (size_t i = 0; i < set->key_fields; i++) {
		if (i)
			put(to, " . ");
		print_key_field(set->key[i], element->first + at, element->last + at, to);
		at += ruleset_field_room(set->key[i]);
	}
}

void text_print_element(const struct ruleset_set *set, const struct ruleset_element *element,
			FILE *to)
{
	print_key(set, element, to);
	if (set->is_map) {
		put(to, " : ");
		print_verdict(&element->verdict, to);
	}
}

/* now_s: the second in which the text is loaded. */
static void print_element(const struct ruleset_set *set, const struct ruleset_element *element,
			  int64_t now_s, FILE *to)
{
	print_key(set, element, to);
	if (set->timeouts && element->expires_s)
		put(to, " timeout %" PRId64 "s", element->expires_s - now_s);
	if (set->is_map) {
		put(to, " : ");
		print_verdict(&element->verdict, to);
	}
}

static void print_type(const struct ruleset_set *set, FILE *to)
{
	bool by_type = true;

	for (size_t i = 0; i < set->key_fields; i++)
		by_type = by_type && field_texts[set->key[i]].type;
	put(to, "%s", by_type ? "\t\ttype" : "\t\ttypeof");
	for (size_t i = 0; i < set->key_fields; i++) {
		const struct field_text *text = &field_texts[set->key[i]];

		put(to, "%s %s", i ? " ." : "", by_type ? text->type : text->expression);
	}
	put(to, "%s", set->is_map ? " : verdict\n" : "\n");
}

static bool is_there(const struct ruleset_set *set, size_t i, int64_t now_s)
{
	const int64_t expires_s = set->elements[i].expires_s;

	return !set->timeouts || !expires_s || expires_s > now_s;
}

static void print_elements(const struct ruleset_set *set, int64_t now_s, FILE *to)
{
	const char *before = "\t\telements = {\n\t\t\t";
	bool any = false;

	for (size_t i = 0; i < set->element_count; i++) {
		if (!is_there(set, i, now_s))
			continue;
		put(to, "%s", any ? ",\n\t\t\t" : before);
		print_element(set, &set->elements[i], now_s, to);
		any = true;
	}
	if (any)
		put(to, "\n\t\t}\n");
}

static void print_set(const struct ruleset_set *set, int64_t now_s, FILE *to)
{
	const char *flags = set->interval ? "interval,timeout" : "timeout";

	if (!set->timeouts)
		flags = "interval";
	put(to, "\t%s %s {\n", set->is_map ? "map" : "set", set->name);
	print_type(set, to);
	if (set->interval || set->timeouts)
		put(to, "\t\tflags %s\n", flags);
	print_elements(set, now_s, to);
	put(to, "\t}\n");
}

/* Statements: one function for each kind. */

static void print_fields(const struct ruleset_statement *s, FILE *to)
{
	for (size_t i = 0; i < s->field_count; i++)
		put(to, "%s%s", i ? " . " : "", field_texts[s->fields[i]].expression);
}

static const char *is_not(const struct ruleset_statement *s)
{
	return s->negate ? "!= " : "";
}

static void print_in_set(const struct ruleset_statement *s, FILE *to)
{
	print_fields(s, to);
	put(to, " %s@%s", is_not(s), s->text);
}

static void print_ct_state(const struct ruleset_statement *s, FILE *to)
{
	put(to, "ct state ");
	print_bits(ct_states, s->value, ",", to);
}

static void print_ct_direction(const struct ruleset_statement *s, FILE *to)
{
	put(to, "ct direction %s", s->value ? "reply" : "original");
}

static void print_mark_match(const char *mark, const struct ruleset_statement *s, FILE *to)
{
	put(to, "%s & 0x%" PRIx32 " %s 0x%" PRIx32, mark, s->mask,
	    s->negate ? "!=" : "==", s->value);
}

static void print_ct_mark(const struct ruleset_statement *s, FILE *to)
{
	print_mark_match("ct mark", s, to);
}

static void print_meta_mark(const struct ruleset_statement *s, FILE *to)
{
	print_mark_match("meta mark", s, to);
}

static void print_nfproto(const struct ruleset_statement *s, FILE *to)
{
	put(to, "meta nfproto %s", s->value == NFPROTO_IPV4 ? "ipv4" : "ipv6");
}

static void print_l4proto(const struct ruleset_statement *s, FILE *to)
{
	put(to, "meta l4proto %s", is_not(s));
	print_value(protocols, s->value, to);
}

static void print_iifname(const struct ruleset_statement *s, FILE *to)
{
	put(to, "iifname %s\"%s\"", is_not(s), s->text);
}

static void print_oifname(const struct ruleset_statement *s, FILE *to)
{
	put(to, "oifname %s\"%s\"", is_not(s), s->text);
}

static void print_tcp_flags(const struct ruleset_statement *s, FILE *to)
{
	put(to, "tcp flags & (");
	print_bits(tcp_flags, s->mask, " | ", to);
	put(to, ") %s ", s->negate ? "!=" : "==");
	if (s->value)
		print_bits(tcp_flags, s->value, " | ", to);
	else
		put(to, "0x0");
}

/* For the first byte nft(8) has no word, and so adds no match of the protocol by itself. */
static void print_udp_part(const struct ruleset_statement *s, FILE *to)
{
	put(to, "%s & 0x%x %s 0x%x",
	    s->kind == MATCH_UDP_FIRST ? "meta l4proto udp @th,64,8" : "udp length", s->mask,
	    s->negate ? "!=" : "==", s->value);
}

static void print_types(const struct named *names, const struct ruleset_statement *s, FILE *to)
{
	for (size_t i = 0; i < s->type_count; i++) {
		put(to, "%s", i ? ", " : "{ ");
		print_value(names, s->types[i], to);
	}
	put(to, " }");
}

static void print_icmp(const struct ruleset_statement *s, FILE *to)
{
	put(to, "icmp type ");
	print_types(icmp_types, s, to);
}

static void print_icmpv6(const struct ruleset_statement *s, FILE *to)
{
	put(to, "icmpv6 type ");
	print_types(icmpv6_types, s, to);
}

static void print_counter(const struct ruleset_statement *s, FILE *to)
{
	(void)s;
	put(to, "counter");
}

static void print_log(const struct ruleset_statement *s, FILE *to)
{
	put(to, "log prefix \"%s\" group %" PRIu32 " snaplen %" PRIu32, s->text, s->value, s->mask);
}

static void print_set_ct_mark(const struct ruleset_statement *s, FILE *to)
{
	put(to, "ct mark set 0x%" PRIx32, s->value);
}

static void print_set_meta_mark(const struct ruleset_statement *s, FILE *to)
{
	put(to, "meta mark set 0x%" PRIx32, s->value);
}

static void print_ct_mark_from_meta(const struct ruleset_statement *s, FILE *to)
{
	(void)s;
	put(to, "ct mark set meta mark");
}

static void print_meta_mark_from_ct(const struct ruleset_statement *s, FILE *to)
{
	(void)s;
	put(to, "meta mark set ct mark");
}

static void print_act_verdict(const struct ruleset_statement *s, FILE *to)
{
	print_verdict(&s->verdict, to);
}

static void print_verdict_map(const struct ruleset_statement *s, FILE *to)
{
	print_fields(s, to);
	put(to, " vmap @%s", s->text);
}

static void print_ct_mark_map(const struct ruleset_statement *s, FILE *to)
{
	put(to, "ct mark & 0x%" PRIx32 " vmap @%s", s->mask, s->text);
}

static void print_queue(const struct ruleset_statement *s, FILE *to)
{
	put(to, "queue num ");
	print_number_range(s->value, s->mask, to);
}

static void print_reject_reset(const struct ruleset_statement *s, FILE *to)
{
	(void)s;
	put(to, "reject with tcp reset");
}

static void print_reject_admin(const struct ruleset_statement *s, FILE *to)
{
	(void)s;
	put(to, "reject with icmpx admin-prohibited");
}

static void print_reject_port(const struct ruleset_statement *s, FILE *to)
{
	(void)s;
	put(to, "reject with icmpx port-unreachable");
}

static void print_snat(const struct ruleset_statement *s, FILE *to)
{
	char address[ADDR_TEXT_MAX];

	put(to, "snat %s to %s", s->kind == ACT_SNAT4 ? "ip" : "ip6",
	    addr_text(&s->address, address));
}

typedef void print_statement_fn(const struct ruleset_statement *s, FILE *to);

static print_statement_fn *const statement_printers[] = {
	[MATCH_SET] = print_in_set,
	[MATCH_CT_STATE] = print_ct_state,
	[MATCH_CT_REPLY] = print_ct_direction,
	[MATCH_CT_MARK] = print_ct_mark,
	[MATCH_META_MARK] = print_meta_mark,
	[MATCH_NFPROTO] = print_nfproto,
	[MATCH_L4PROTO] = print_l4proto,
	[MATCH_IIFNAME] = print_iifname,
	[MATCH_OIFNAME] = print_oifname,
	[MATCH_TCP_FLAGS] = print_tcp_flags,
	[MATCH_UDP_FIRST] = print_udp_part,
	[MATCH_UDP_LENGTH] = print_udp_part,
	[MATCH_ICMP_TYPES] = print_icmp,
	[MATCH_ICMPV6_TYPES] = print_icmpv6,
	[ACT_COUNTER] = print_counter,
	[ACT_LOG] = print_log,
	[ACT_SET_CT_MARK] = print_set_ct_mark,
	[ACT_SET_META_MARK] = print_set_meta_mark,
	[ACT_CT_MARK_FROM_META] = print_ct_mark_from_meta,
	[ACT_META_MARK_FROM_CT] = print_meta_mark_from_ct,
	[ACT_VERDICT] = print_act_verdict,
	[ACT_VERDICT_MAP] = print_verdict_map,
	[ACT_CT_MARK_MAP] = print_ct_mark_map,
	[ACT_QUEUE] = print_queue,
	[ACT_REJECT_RESET] = print_reject_reset,
	[ACT_REJECT_ADMIN] = print_reject_admin,
	[ACT_REJECT_PORT] = print_reject_port,
	[ACT_SNAT4] = print_snat,
	[ACT_SNAT6] = print_snat,
};

/* Without what stands around it. */
static void print_statements(const struct ruleset_rule *rule, const char *queue_stands_for,
			     FILE *to)
{
	for (size_t i = 0; i < rule->count; i++) {
		const struct ruleset_statement *s = &rule->statements[i];

		if (i)
			put(to, " ");
		if (s->kind == ACT_QUEUE && queue_stands_for)
			put(to, "%s", queue_stands_for);
		else
			statement_printers[s->kind](s, to);
	}
}

static void print_rule(const struct ruleset_rule *rule, const char *queue_stands_for, FILE *to)
{
	put(to, "\t\t");
	print_statements(rule, queue_stands_for, to);
	if (rule->comment[0])
		put(to, " comment \"%s\"", rule->comment);
	put(to, "\n");
}

void text_print_rule(const struct ruleset_rule *rule, FILE *to)
{
	print_statements(rule, NULL, to);
}

static void print_hook(const struct ruleset_chain *chain, FILE *to)
{
	static const struct {
		const char *type, *hook;
	} hooks[] = {
		[HOOK_INPUT] = { "filter", "input" },
		[HOOK_FORWARD] = { "filter", "forward" },
		[HOOK_OUTPUT] = { "filter", "output" },
		[HOOK_POSTROUTING_NAT] = { "nat", "postrouting" },
	};

	if (chain->hook == HOOK_NONE)
		return;
	put(to, "\t\ttype %s hook %s priority %d; policy %s;\n", hooks[chain->hook].type,
	    hooks[chain->hook].hook, chain->priority, chain->policy_drop ? "drop" : "accept");
}

static void print_chain(const struct ruleset_chain *chain, const char *queue_stands_for, FILE *to)
{
	put(to, "\tchain %s {\n", chain->name);
	print_hook(chain, to);
	for (size_t i = 0; i < chain->rule_count; i++)
		print_rule(&chain->rules[i], queue_stands_for, to);
	put(to, "\t}\n");
}

void text_print_at(const struct ruleset *ruleset, const char *queue_stands_for, int64_t now_s,
		   FILE *to)
{
	/* added first, so that deleting it works where it is not there */
	put(to, "add table inet %s\ndelete table inet %s\n\n", RULESET_TABLE, RULESET_TABLE);
	put(to, "table inet %s {\n", RULESET_TABLE);
	for (size_t i = 0; i < ruleset->set_count; i++) {
		put(to, "%s", i ? "\n" : "");
		print_set(&ruleset->sets[i], now_s, to);
	}
	for (size_t i = 0; i < ruleset->chain_count; i++) {
		put(to, "%s", i || ruleset->set_count ? "\n" : "");
		print_chain(&ruleset->chains[i], queue_stands_for, to);
	}
	put(to, "}\n");
}

void text_print(const struct ruleset *ruleset, const char *queue_stands_for, FILE *to)
{
	text_print_at(ruleset, queue_stands_for, (int64_t)time(NULL), to);
}
