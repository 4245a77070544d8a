/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leads a packet through a compiled policy, and says what came out and why. */
#include "ctl/simulate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "common/mark.h"
#include "ruleset/compile.h"

struct simulate {
	const struct policy *policy;
	struct ruleset *ruleset;
	struct walk *walk;
	struct policy_places places;
};

int simulate_new(const struct policy *policy, struct simulate **ret)
{
	auto_(simulate_freep) struct simulate *simulate = calloc(1, sizeof(*simulate));
	int err;

	if (!simulate)
		return -ENOMEM;
	simulate->policy = policy;
	err = compile_policy(policy, &simulate->ruleset);
	if (!err)
		err = walk_new(simulate->ruleset, &simulate->walk);
	if (!err)
		err = policy_places(policy, &simulate->places);
	if (err)
		return err;
	*ret = steal(simulate);
	return 0;
}

void simulate_free(struct simulate *simulate)
{
	if (!simulate)
		return;
	walk_free(simulate->walk);
	ruleset_free(simulate->ruleset);
	policy_places_clear(&simulate->places);
	free(simulate);
}

void simulate_freep(struct simulate **simulate)
{
	simulate_free(*simulate);
	*simulate = NULL;
}

const char *simulate_verdict_slug(enum simulate_verdict verdict)
{
	static const char *const slugs[] = {
		[SIMULATE_PERMIT] = "permit",
		[SIMULATE_REFUSE] = "refuse",
		[SIMULATE_INSPECT] = "inspect",
	};

	return slugs[verdict];
}

size_t simulate_interfaces(const struct simulate *simulate, const struct addr *address,
			   const char **out, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < simulate->places.count; i++) {
		const struct policy_place *place = &simulate->places.at[i];

		if (!addr_list_has(&place->addresses, address))
			continue;
		if (count < room)
			out[count] = place->interface;
		count++;
	}
	return count;
}

/* Fills an interface by the address that lives behind it. member: what the user may say instead. */
static int fill_interface(const struct simulate *simulate, const struct addr *address,
			  const char *member, char *interface, char *error)
{
	const char *found[2];
	char text[ADDR_TEXT_MAX];
	size_t count;

	if (interface[0])
		return 0;
	count = simulate_interfaces(simulate, address, found, ARRAY_SIZE(found));
	if (count == 1) {
		memcpy(interface, found[0], strlen(found[0])); /* all zero before */
		return 0;
	}
	addr_text(address, text);
	if (count)
		(void)snprintf(error, SIMULATE_ERROR_MAX,
			       _("%s may be behind \"%s\" or \"%s\"; say which with \"%s\""), text,
			       found[0], found[1], member);
	else
		(void)snprintf(error, SIMULATE_ERROR_MAX,
			       _("%s lives behind no interface of the policy; say which with "
				 "\"%s\""),
			       text, member);
	return -EINVAL;
}

static int fill_interfaces(const struct simulate *simulate, struct simulate_question *question,
			   char *error)
{
	struct walk_packet *packet = &question->packet;
	int err = 0;

	if (question->hook != HOOK_OUTPUT)
		err = fill_interface(simulate, &packet->src, "in", packet->iif, error);
	if (!err && question->hook != HOOK_INPUT)
		err = fill_interface(simulate, &packet->dst, "out", packet->oif, error);
	return err;
}

/* The flow, seen from its client. */
static struct flow_key key_of(const struct walk_packet *packet)
{
	struct flow_key key = { .src = packet->src,
				.dst = packet->dst,
				.sport = packet->sport,
				.dport = packet->dport,
				.l4proto = packet->l4proto };

	if (packet->ct_reply)
		key = (struct flow_key){ .src = packet->dst,
					 .dst = packet->src,
					 .sport = packet->dport,
					 .dport = packet->sport,
					 .l4proto = packet->l4proto };
	return key;
}

/* What the prefix of a log statement says: "sekisho:REASON", with ":ID" behind where there is more
 * to say. */
static enum reason reason_of_prefix(const char *prefix)
{
	size_t head = strlen(COMPILE_LOG_PREFIX);
	char slug[RULESET_LOG_PREFIX_MAX];
	enum reason reason;

	if (!prefix || strncmp(prefix, COMPILE_LOG_PREFIX, head) != 0)
		return REASON_NONE;
	(void)snprintf(slug, sizeof(slug), "%s", prefix + head);
	slug[strcspn(slug, ":")] = '\0';
	if (strcmp(slug, "management") == 0)
		return REASON_PERMITTED_MANAGEMENT;
	reason = reason_of_slug(slug);
	return reason == REASON_COUNT ? REASON_NONE : reason;
}

static void judge_queued(const struct simulate *simulate, const struct simulate_question *question,
			 struct simulate_answer *a)
{
	const struct flow_key key = key_of(&question->packet);
	enum app app;

	if (a->walk.meta_mark & MARK_ADMIT) {
		decide_address(simulate->policy, &key, &a->decision);
	} else if (question->has_name) {
		app = decide_treatment(simulate->policy, &key);
		if (app != APP_HTTP && app != APP_QUIC)
			app = APP_TLS;
		decide_name(simulate->policy, &key, app, question->name, &a->decision);
	} else {
		a->verdict = SIMULATE_INSPECT;
		decide_refuse(simulate->policy, &key, REASON_NONE, &a->decision);
		return;
	}
	if (question->packet.now_s)
		decide_expire(&a->decision, question->packet.now_s);
	a->verdict = a->decision.permitted ? SIMULATE_PERMIT : SIMULATE_REFUSE;
	a->reason = a->decision.reason;
}

static void judge(const struct simulate *simulate, const struct simulate_question *question,
		  struct simulate_answer *a)
{
	const struct flow_key key = key_of(&question->packet);

	a->reason = reason_of_prefix(a->walk.log_prefix);
	switch (a->walk.outcome) {
	case WALK_QUEUE:
		judge_queued(simulate, question, a);
		return;
	case WALK_ACCEPT:
		a->verdict = SIMULATE_PERMIT;
		decide_refuse(simulate->policy, &key, a->reason, &a->decision);
		return;
	case WALK_DROP:
	case WALK_REJECT_RESET:
	case WALK_REJECT_ADMIN:
	case WALK_REJECT_PORT:
		a->verdict = SIMULATE_REFUSE;
		decide_refuse(simulate->policy, &key, a->reason, &a->decision);
		a->reason = a->decision.reason; /* as the record would have it */
		return;
	}
}

static const struct guideline_flow *flow_of(const char *id)
{
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(flows[i].id, id) == 0)
			return &flows[i];
	return NULL;
}

static void set_flow(struct simulate_answer *a, const char *id)
{
	(void)snprintf(a->flow, sizeof(a->flow), "%s", id ? id : "");
}

/* The flow that forbids, if one does: told by the kernel's rule, or by whoever writes the record.
 */
static void cite_refusal(struct simulate_answer *a)
{
	const char *comment = a->walk.comment;
	const struct guideline_forbidden *forbidden =
		comment ? guideline_forbidden_of(comment) : NULL;

	if (!forbidden && a->reason == REASON_FORBIDDEN)
		forbidden = a->decision.forbidden;
	if (!forbidden)
		return;
	set_flow(a, forbidden->id);
	a->text_ja = forbidden->text_ja;
	a->source = forbidden->source;
}

/* The flow that permits: told by the decision, or by the kernel's rule. */
static void cite_permission(struct simulate_answer *a)
{
	const struct guideline_flow *flow = a->decision.permitted ? a->decision.flow : NULL;

	if (a->decision.permitted && a->decision.exception) {
		(void)snprintf(a->flow, sizeof(a->flow), "exception:%s",
			       a->decision.exception->name);
		return;
	}
	if (!flow && a->walk.comment)
		flow = flow_of(a->walk.comment);
	set_flow(a, flow ? flow->id : a->walk.comment);
	a->text_ja = flow ? flow->text_ja : NULL;
	a->source = flow ? flow->source : NULL;
}

/* What the mark of an open flow would be: one that only an exception covers says so. */
static void mark_open_flow(const struct simulate *simulate, struct simulate_question *question)
{
	const struct flow_key key = key_of(&question->packet);
	struct decide_result who;

	if (!question->is_open || question->has_mark)
		return;
	decide_refuse(simulate->policy, &key, REASON_NONE, &who);
	question->packet.ct_mark = MARK_OPEN | (who.exception ? MARK_EXCEPTION : 0);
}

int simulate_ask(struct simulate *simulate, struct simulate_question *question,
		 struct simulate_answer *ret, char error[SIMULATE_ERROR_MAX])
{
	struct simulate_answer answer = { 0 };
	int err;

	if (!question->packet.src.family || !question->packet.dst.family ||
	    !question->has_protocol) {
		(void)snprintf(error, SIMULATE_ERROR_MAX,
			       _("\"from\", \"to\" and a protocol are needed"));
		return -EINVAL;
	}
	if (question->packet.src.family != question->packet.dst.family) {
		(void)snprintf(error, SIMULATE_ERROR_MAX, _("one address is IPv4, the other IPv6"));
		return -EINVAL;
	}
	err = fill_interfaces(simulate, question, error);
	if (err)
		return err;
	mark_open_flow(simulate, question);
	err = walk_packet(simulate->walk, question->hook, &question->packet, &answer.walk);
	if (err) {
		(void)snprintf(error, SIMULATE_ERROR_MAX, _("the rules cannot be followed: %s"),
			       strerror(-err));
		return err;
	}
	judge(simulate, question, &answer);
	if (answer.verdict == SIMULATE_REFUSE)
		cite_refusal(&answer);
	else
		cite_permission(&answer);
	*ret = answer;
	return 0;
}
