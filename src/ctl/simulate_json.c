/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions and answers as JSON. */
#include "ctl/simulate.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "ruleset/text.h"

typedef int read_text_fn(struct simulate_question *question, const char *text, char *error);

static const struct {
	const char *name;
	read_text_fn *read;
} texts[] = {
	{ "from", simulate_read_from },         { "to", simulate_read_to },
	{ "protocol", simulate_read_protocol }, { "in", simulate_read_in },
	{ "out", simulate_read_out },           { "name", simulate_read_name },
	{ "state", simulate_read_state },       { "mac", simulate_read_mac },
	{ "hook", simulate_read_hook },         { "at", simulate_read_at },
};

enum number {
	NUMBER_PORT,
	NUMBER_FROM_PORT,
	NUMBER_MARK,
	NUMBER_PACKET_MARK,
	NUMBER_FLAGS,
	NUMBER_TYPE,
	NUMBER_LENGTH,
	NUMBER_DOFF,
	NUMBER_UDP_LENGTH,
	NUMBER_UDP_FIRST,
};

static const struct {
	const char *name;
	enum number number;
	json_int_t most;
} numbers[] = {
	{ "port", NUMBER_PORT, UINT16_MAX },
	{ "from_port", NUMBER_FROM_PORT, UINT16_MAX },
	{ "mark", NUMBER_MARK, UINT32_MAX },
	{ "packet_mark", NUMBER_PACKET_MARK, UINT32_MAX },
	{ "tcp_flags", NUMBER_FLAGS, UINT8_MAX },
	{ "icmp_type", NUMBER_TYPE, UINT8_MAX },
	{ "length", NUMBER_LENGTH, UINT16_MAX },
	{ "tcp_doff", NUMBER_DOFF, 15 },
	{ "udp_length", NUMBER_UDP_LENGTH, UINT16_MAX },
	{ "udp_first", NUMBER_UDP_FIRST, WALK_NO_BYTE },
};

static void put_number(struct simulate_question *question, enum number number, json_int_t value)
{
	struct walk_packet *packet = &question->packet;

	switch (number) {
	case NUMBER_PORT:
		packet->dport = (uint16_t)value;
		return;
	case NUMBER_FROM_PORT:
		packet->sport = (uint16_t)value;
		question->has_from_port = true;
		return;
	case NUMBER_MARK:
		packet->ct_mark = (uint32_t)value;
		question->has_mark = true;
		return;
	case NUMBER_PACKET_MARK:
		packet->meta_mark = (uint32_t)value;
		return;
	case NUMBER_FLAGS:
		packet->tcp_flags = (uint8_t)value;
		question->has_flags = true;
		return;
	case NUMBER_TYPE:
		packet->icmp_type = (uint8_t)value;
		question->has_type = true;
		return;
	case NUMBER_LENGTH:
		packet->length = (uint16_t)value;
		question->has_length = true;
		return;
	case NUMBER_UDP_LENGTH:
		packet->udp_length = (uint16_t)value;
		question->has_udp_length = true;
		return;
	case NUMBER_UDP_FIRST:
		packet->udp_first = (uint16_t)value;
		question->has_udp_first = true;
		return;
	case NUMBER_DOFF:
		packet->tcp_doff = (uint8_t)value;
		question->has_doff = true;
		return;
	}
}

static int read_number(struct simulate_question *question, size_t i, const json_t *value,
		       char *error)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < 0 || number > numbers[i].most) {
		(void)snprintf(error, SIMULATE_ERROR_MAX,
			       _("\"%s\" must be a number from 0 to %lld"), numbers[i].name,
			       (long long)numbers[i].most);
		return -EINVAL;
	}
	put_number(question, numbers[i].number, number);
	return 0;
}

static int read_text(struct simulate_question *question, size_t i, const json_t *value, char *error)
{
	if (!json_is_string(value)) {
		(void)snprintf(error, SIMULATE_ERROR_MAX, _("\"%s\" must be a string"),
			       texts[i].name);
		return -EINVAL;
	}
	return texts[i].read(question, json_string_value(value), error);
}

static int read_truth(bool *ret, const char *name, const json_t *value, char *error)
{
	if (!json_is_boolean(value)) {
		(void)snprintf(error, SIMULATE_ERROR_MAX, _("\"%s\" must be true or false"), name);
		return -EINVAL;
	}
	*ret = json_is_true(value);
	return 0;
}

static int read_member(struct simulate_question *question, const char *name, const json_t *value,
		       char *error)
{
	if (json_is_null(value) || strcmp(name, "id") == 0)
		return 0;
	if (strcmp(name, "reply") == 0)
		return read_truth(&question->packet.ct_reply, name, value, error);
	if (strcmp(name, "short") == 0)
		return read_truth(&question->packet.is_short, name, value, error);
	if (strcmp(name, "protocol") == 0 && json_is_integer(value)) {
		char text[24];

		(void)snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(value));
		return simulate_read_protocol(question, text, error);
	}
	if (strcmp(name, "at") == 0 && json_is_integer(value)) {
		question->packet.now_s = json_integer_value(value);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (strcmp(texts[i].name, name) == 0)
			return read_text(question, i, value, error);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (strcmp(numbers[i].name, name) == 0)
			return read_number(question, i, value, error);
	(void)snprintf(error, SIMULATE_ERROR_MAX, _("there is no member \"%s\" in a question"),
		       name);
	return -EINVAL;
}

int simulate_read_json(struct simulate_question *question, json_t *object, char *error)
{
	const char *name;
	json_t *value;

	if (!json_is_object(object)) {
		(void)snprintf(error, SIMULATE_ERROR_MAX, _("a question must be a JSON object"));
		return -EINVAL;
	}
	json_object_foreach(object, name, value)
	{
		int err = read_member(question, name, value, error);

		if (err)
			return err;
	}
	return 0;
}

/* json_object_set_new() is safe with NULL, and says so: one error is enough to remember. */
static void put(json_t *object, const char *name, json_t *value, bool *good)
{
	if (json_object_set_new(object, name, value) < 0)
		*good = false;
}

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static json_t *rule_text(const struct ruleset_rule *rule)
{
	auto_(free_charp) char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	bool good;

	if (!to)
		return NULL;
	text_print_rule(rule, to);
	good = !ferror(to);
	return fclose(to) == 0 && good ? json_string(text) : NULL;
}

static json_t *step_to_json(const struct walk_step *step, bool *good)
{
	json_t *object = json_object();
	bool is_rule = step->rule < step->chain->rule_count;
	const struct ruleset_rule *rule = is_rule ? &step->chain->rules[step->rule] : NULL;

	put(object, "chain", json_string(step->chain->name), good);
	put(object, "rule", rule ? json_integer((json_int_t)step->rule + 1) : json_null(), good);
	put(object, "text",
	    rule ? rule_text(rule)
		 : json_string(step->chain->policy_drop ? "policy drop" : "policy accept"),
	    good);
	put(object, "comment", text_or_null(rule ? rule->comment : NULL), good);
	return object;
}

static void put_in_full(json_t *object, const struct simulate_answer *answer, bool *good)
{
	json_t *steps = json_array();

	for (size_t i = 0; i < answer->walk.step_count; i++)
		if (json_array_append_new(steps, step_to_json(&answer->walk.steps[i], good)) < 0)
			*good = false;
	put(object, "rules", steps, good);
	put(object, "guideline", text_or_null(answer->text_ja), good);
	put(object, "source", text_or_null(answer->source), good);
}

static const char *zone_slug(enum zone zone)
{
	return zone < ZONE_COUNT ? guideline_zone(zone)->slug : NULL;
}

static const char *role_slug(enum role role)
{
	return role < ROLE_COUNT ? guideline_role(role)->slug : NULL;
}

static void put_who(json_t *object, const struct decide_result *who, bool *good)
{
	put(object, "nearest", text_or_null(who->flow ? who->flow->id : NULL), good);
	put(object, "exception", text_or_null(who->exception ? who->exception->name : NULL), good);
	put(object, "from_zone", text_or_null(zone_slug(who->from_zone)), good);
	put(object, "to_zone", text_or_null(zone_slug(who->to_zone)), good);
	put(object, "from_role", text_or_null(role_slug(who->from_role)), good);
	put(object, "to_role", text_or_null(role_slug(who->to_role)), good);
	put(object, "service", text_or_null(who->service ? who->service->name : NULL), good);
}

json_t *simulate_to_json(const struct simulate_question *question,
			 const struct simulate_answer *answer, bool in_full)
{
	const struct walk_result *walk = &answer->walk;
	const struct walk_step *last = walk->step_count ? &walk->steps[walk->step_count - 1] : NULL;
	const struct walk_packet *packet = &question->packet;
	json_t *object = json_object();
	bool good = object != NULL;

	put(object, "verdict", json_string(simulate_verdict_slug(answer->verdict)), &good);
	put(object, "outcome", json_string(walk_outcome_slug(walk->outcome)), &good);
	put(object, "reason",
	    text_or_null(answer->reason == REASON_NONE ? NULL : reason_info(answer->reason)->slug),
	    &good);
	put(object, "flow", text_or_null(answer->flow), &good);
	put(object, "chain", text_or_null(last ? last->chain->name : NULL), &good);
	put(object, "comment", text_or_null(walk->comment), &good);
	put(object, "in", json_stringn(packet->iif, strnlen(packet->iif, sizeof(packet->iif))),
	    &good);
	put(object, "out", json_stringn(packet->oif, strnlen(packet->oif, sizeof(packet->oif))),
	    &good);
	put(object, "mark", json_integer(walk->ct_mark), &good);
	put(object, "packet_mark", json_integer(walk->meta_mark), &good);
	put_who(object, &answer->decision, &good);
	if (in_full)
		put_in_full(object, answer, &good);
	if (good)
		return object;
	json_decref(object);
	return NULL;
}
