/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A record as one JSON line. The names of its members are described in doc/log-schema.md. */

#include "audit/record.h"

#include <netinet/in.h>
#include <string.h>

#include "audit/line.h"
#include "audit/put.h"
#include "common/mark.h"

/* Bytes that each text may take in the line, escaped. Names, slugs and ids of the guideline are far
 * shorter. */
enum {
	CAP_ACTION = 64,
	CAP_REASON = 64,
	CAP_APPLIANCE = 192,
	CAP_ORGANISATION = 256,
	CAP_HASH = 72,
	CAP_NAME = 448,
	CAP_ALPN = 40,
	CAP_INTERFACE = 48,
	CAP_ZONE = 32,
	CAP_ROLE = 64,
	CAP_SERVICE = 192,
	CAP_PATTERN = 320,
	CAP_EXCEPTION = 96,
	CAP_RULE = 112,
	CAP_CONFIGURATION = 48,
	CAP_REFERENCE = 448,
	CAP_KERNEL_RULE = 128,
	CAP_MESSAGE = 1472,
	CAP_TAG = 64,
	CAP_FILE = 256,
	CAP_CHECKPOINT = 384,
	/* Names of members, punctuation, numbers, addresses and fixed words; measured by the test
	   at under 1,100. */
	FIXED_BYTES = 1160
};

_Static_assert(CAP_ACTION + CAP_REASON + CAP_APPLIANCE + CAP_ORGANISATION + CAP_HASH + CAP_NAME +
			       CAP_ALPN + 2 * CAP_INTERFACE + 2 * CAP_ZONE + 2 * CAP_ROLE +
			       CAP_SERVICE + CAP_PATTERN + CAP_EXCEPTION + CAP_RULE +
			       CAP_CONFIGURATION + CAP_REFERENCE + CAP_KERNEL_RULE + FIXED_BYTES +
			       LINE_TAG_BYTES <=
		       RECORD_MAX,
	       "a decision's line fits");
_Static_assert(CAP_ACTION + CAP_APPLIANCE + CAP_ORGANISATION + CAP_HASH + CAP_MESSAGE +
			       2 * CAP_TAG + CAP_FILE + CAP_CHECKPOINT + FIXED_BYTES +
			       LINE_TAG_BYTES <=
		       RECORD_MAX,
	       "an event's line fits");

/* ,"name":"text" or nothing where text is NULL. */
#define MEMBER(at, name, text, cap)                                                                \
	do {                                                                                       \
		const char *text_ = (text);                                                        \
		if (text_) {                                                                       \
			(at) = PUT_LITERAL((at), ",\"" name "\":\"");                              \
			(at) = put_text((at), text_, (cap));                                       \
			*(at)++ = '"';                                                             \
		}                                                                                  \
	} while (0)

/* The same for texts of the program itself. */
#define PLAIN(at, name, text, cap)                                                                 \
	do {                                                                                       \
		const char *text_ = (text);                                                        \
		if (text_) {                                                                       \
			(at) = PUT_LITERAL((at), ",\"" name "\":\"");                              \
			(at) = put_plain((at), text_, (cap));                                      \
			*(at)++ = '"';                                                             \
		}                                                                                  \
	} while (0)

#define NUMBER(at, name, number)                                                                   \
	do {                                                                                       \
		(at) = PUT_LITERAL((at), ",\"" name "\":");                                        \
		(at) = put_number((at), (number));                                                 \
	} while (0)

#define ADDRESS(at, name, a)                                                                       \
	do {                                                                                       \
		(at) = PUT_LITERAL((at), ",\"" name "\":\"");                                      \
		(at) = put_address((at), (a));                                                     \
		*(at)++ = '"';                                                                     \
	} while (0)

static char *put_transport(char *at, uint8_t l4proto)
{
	at = PUT_LITERAL(at, ",\"network.transport\":\"");
	switch (l4proto) {
	case IPPROTO_TCP:
		at = PUT_LITERAL(at, "tcp");
		break;
	case IPPROTO_UDP:
		at = PUT_LITERAL(at, "udp");
		break;
	case IPPROTO_ICMP:
		at = PUT_LITERAL(at, "icmp");
		break;
	case IPPROTO_ICMPV6:
		at = PUT_LITERAL(at, "ipv6-icmp");
		break;
	default:
		at = put_number(at, l4proto);
		break;
	}
	*at++ = '"';
	return at;
}

static bool has_ports(uint8_t l4proto)
{
	return l4proto == IPPROTO_TCP || l4proto == IPPROTO_UDP || l4proto == IPPROTO_SCTP ||
	       l4proto == IPPROTO_DCCP || l4proto == IPPROTO_UDPLITE;
}

static char *put_key(char *at, const struct flow_key *key)
{
	ADDRESS(at, "source.ip", &key->src);
	if (has_ports(key->l4proto))
		NUMBER(at, "source.port", key->sport);
	ADDRESS(at, "destination.ip", &key->dst);
	if (has_ports(key->l4proto))
		NUMBER(at, "destination.port", key->dport);
	at = put_transport(at, key->l4proto);
	if (key->src.family == 4)
		return PUT_LITERAL(at, ",\"network.type\":\"ipv4\"");
	return PUT_LITERAL(at, ",\"network.type\":\"ipv6\"");
}

/* Was the flow to be decided by address alone, or by the name that it says? Those refused before
 * they could say one have a reason of the engine's. */
static bool is_by_address(const struct record *record)
{
	if (record->app != APP_NONE || record->name || (record->result->mark & MARK_INSPECTED))
		return false;
	return record->result->reason <= REASON_OUTPUT_REFUSED ||
	       record->result->reason == REASON_LOG_UNAVAILABLE;
}

static char *put_flow_action(char *at, const struct record *record)
{
	at = PUT_LITERAL(at, ",\"event.category\":\"network\",\"event.action\":\"");
	if (record->kind == RECORD_REQUEST)
		return PUT_LITERAL(at, "http-request\"");
	if (record->kind == RECORD_CUT)
		return PUT_LITERAL(at, "flow-cut\"");
	if (record->kind == RECORD_REPEATED)
		return PUT_LITERAL(at, "kernel-refusal-repeated\"");
	if (record->in_kernel && record->result->permitted)
		return PUT_LITERAL(at, "appliance-access\"");
	if (record->in_kernel)
		return PUT_LITERAL(at, "kernel-refusal\"");
	if (is_by_address(record))
		return PUT_LITERAL(at, "address-access\"");
	return PUT_LITERAL(at, "tenant-access\"");
}

static const char *past_prefix(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

static char *put_forbidden(char *at, const char *id)
{
	const struct guideline_forbidden *forbidden = guideline_forbidden_of(id);

	MEMBER(at, "rule.id", id, CAP_RULE);
	if (forbidden)
		PLAIN(at, "rule.reference", forbidden->source, CAP_REFERENCE);
	return at;
}

/* The rule is the guideline's flow that permits, or under which the name was judged; or the flow
 * that the guideline forbids. What an exception permits, or what nothing permits, has no rule: the
 * nearest flow would mislead there. */
static char *put_rule(char *at, const struct record *record)
{
	const struct decide_result *result = record->result;
	const char *rule = record->rule;

	if (rule) {
		const char *rest = past_prefix(rule, "sekisho:");

		rule = rest ? rest : rule;
		MEMBER(at, "sekisho.kernel_rule", rule, CAP_KERNEL_RULE);
		rest = past_prefix(rule, "forbidden:");
		if (rest)
			return put_forbidden(at, rest);
	}
	if (result->forbidden)
		return put_forbidden(at, result->forbidden->id);
	if (!result->flow || (!result->permitted && result->reason <= REASON_OUTPUT_REFUSED))
		return at;
	PLAIN(at, "rule.id", result->flow->id, CAP_RULE);
	PLAIN(at, "rule.ruleset", guideline_configuration_slug(result->flow->configuration),
	      CAP_CONFIGURATION);
	PLAIN(at, "rule.reference", result->flow->source, CAP_REFERENCE);
	return at;
}

static char *put_parties(char *at, const struct record *record)
{
	const struct decide_result *result = record->result;

	MEMBER(at, "observer.ingress.interface.name", record->in_interface, CAP_INTERFACE);
	MEMBER(at, "observer.egress.interface.name", record->out_interface, CAP_INTERFACE);
	if (result->from_zone < ZONE_COUNT)
		PLAIN(at, "observer.ingress.zone", guideline_zone(result->from_zone)->slug,
		      CAP_ZONE);
	if (result->to_zone < ZONE_COUNT)
		PLAIN(at, "observer.egress.zone", guideline_zone(result->to_zone)->slug, CAP_ZONE);
	if (result->from_role < ROLE_COUNT)
		PLAIN(at, "sekisho.from_role", guideline_role(result->from_role)->slug, CAP_ROLE);
	if (result->to_role < ROLE_COUNT)
		PLAIN(at, "sekisho.to_role", guideline_role(result->to_role)->slug, CAP_ROLE);
	if (result->service)
		MEMBER(at, "sekisho.service", result->service->name, CAP_SERVICE);
	MEMBER(at, "sekisho.pattern", result->pattern, CAP_PATTERN);
	if (result->exception)
		MEMBER(at, "sekisho.exception", result->exception->name, CAP_EXCEPTION);
	return at;
}

static char *put_flow(char *at, const struct record *record)
{
	at = put_flow_action(at, record);
	if (record->result->permitted)
		at = PUT_LITERAL(at, ",\"event.type\":\"allowed\",\"event.outcome\":\"success\"");
	else
		at = PUT_LITERAL(at, ",\"event.type\":\"denied\",\"event.outcome\":\"failure\"");
	PLAIN(at, "event.reason", reason_info(record->result->reason)->slug, CAP_REASON);
	at = put_key(at, record->key);
	MEMBER(at, "destination.domain", record->name, CAP_NAME);
	if (record->app != APP_NONE)
		PLAIN(at, "network.protocol", app_slug(record->app), CAP_REASON);
	MEMBER(at, "sekisho.tls.alpn", record->alpn, CAP_ALPN);
	if (record->has_ech)
		at = PUT_LITERAL(at, ",\"sekisho.tls.ech\":true");
	at = put_parties(at, record);
	if (record->kind == RECORD_REPEATED)
		NUMBER(at, "sekisho.count", record->count);
	return put_rule(at, record);
}

/* What an action's last word says of it. */
static char *put_event_type(char *at, const char *action)
{
	const char *word = action ? strrchr(action, '-') : NULL;

	if (!word)
		word = "";
	if (strcmp(word, "-refused") == 0 || strcmp(word, "-failed") == 0)
		return PUT_LITERAL(at, ",\"event.type\":\"error\",\"event.outcome\":\"failure\"");
	if (strcmp(word, "-loaded") == 0)
		return PUT_LITERAL(at, ",\"event.type\":\"change\",\"event.outcome\":\"success\"");
	if (strcmp(word, "-started") == 0)
		return PUT_LITERAL(at, ",\"event.type\":\"start\",\"event.outcome\":\"success\"");
	if (strcmp(word, "-ended") == 0)
		return PUT_LITERAL(at, ",\"event.type\":\"end\",\"event.outcome\":\"unknown\"");
	return PUT_LITERAL(at, ",\"event.type\":\"info\",\"event.outcome\":\"success\"");
}

static char *put_event(char *at, const struct record *record)
{
	if (record->kind == RECORD_POLICY)
		at = PUT_LITERAL(at, ",\"event.category\":\"configuration\"");
	else
		at = PUT_LITERAL(at, ",\"event.category\":\"process\"");
	MEMBER(at, "event.action", record->action, CAP_ACTION);
	if (record->kind == RECORD_GAP) {
		at = PUT_LITERAL(at, ",\"event.type\":\"error\",\"event.outcome\":\"failure\"");
		NUMBER(at, "sekisho.count", record->count);
	} else {
		at = put_event_type(at, record->action);
	}
	MEMBER(at, "message", record->text, CAP_MESSAGE);
	MEMBER(at, "sekisho.key", record->key_id, CAP_TAG);
	if (record->kind == RECORD_OPENED) {
		if (record->count > 0)
			NUMBER(at, "sekisho.count", record->count);
		NUMBER(at, "sekisho.previous.sequence", record->previous);
		PLAIN(at, "sekisho.previous.chain", record->previous_tag, CAP_TAG);
		MEMBER(at, "sekisho.previous.file", record->previous_file, CAP_FILE);
	}
	if (record->kind == RECORD_CHECKPOINT)
		PLAIN(at, "sekisho.checkpoint", record->checkpoint, CAP_CHECKPOINT);
	return at;
}

static bool is_of_flow(enum record_kind kind)
{
	switch (kind) {
	case RECORD_DECISION:
	case RECORD_REQUEST:
	case RECORD_CUT:
	case RECORD_REPEATED:
		return true;
	case RECORD_POLICY:
	case RECORD_LIFE:
	case RECORD_GAP:
	case RECORD_OPENED:
	case RECORD_CHECKPOINT:
	case RECORD_KIND_COUNT:
		break;
	}
	return false;
}

size_t record_format(const struct record *record, char *out)
{
	char *at = PUT_LITERAL(out, "{\"@timestamp\":\"");

	at = put_time(at, &record->time);
	/* Early in the line, so that even a line cut short by a crash tells its number. */
	at = PUT_LITERAL(at, "\",\"sekisho.sequence\":");
	at = put_number(at, record->sequence);
	at = PUT_LITERAL(at,
			 ",\"ecs.version\":\"" RECORD_ECS_VERSION "\",\"event.kind\":\"event\"");
	if (is_of_flow(record->kind))
		at = put_flow(at, record);
	else
		at = put_event(at, record);
	MEMBER(at, "observer.name", record->appliance, CAP_APPLIANCE);
	MEMBER(at, "organization.name", record->organisation, CAP_ORGANISATION);
	MEMBER(at, "sekisho.policy", record->policy_hash, CAP_HASH);
	at = PUT_LITERAL(at, "}\n");
	return (size_t)(at - out);
}
