/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers for people. */
#include "ctl/simulate.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/columns.h"
#include "common/defs.h"
#include "common/i18n.h"
#include "ruleset/text.h"

#define HEAD_CELLS      14
#define TARGET_TEXT_MAX (ADDR_TEXT_MAX + 32)

/* The zone and the role, in the guideline's words, and where the wire is, after what is before. */
static void print_place(const char *head, const char *address, enum zone zone, enum role role,
			const char *interface, FILE *to)
{
	auto_(free_charp) char *text = NULL;

	if (asprintf(&text, "%s%s%s%s%s%s%.16s%s", address, zone < ZONE_COUNT ? "  " : "",
		     zone < ZONE_COUNT ? guideline_zone(zone)->name_ja : "",
		     role < ROLE_COUNT ? "  " : "",
		     role < ROLE_COUNT ? guideline_role(role)->name_ja : "",
		     *interface ? "  [" : "", interface, *interface ? "]" : "") < 0)
		text = NULL;
	columns_entry(to, head, HEAD_CELLS, text ? text : address);
}

static const char *protocol_name(uint8_t l4proto)
{
	switch (l4proto) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_ICMPV6:
		return "icmpv6";
	default: /* protocols, which are not ours to list */
		return NULL;
	}
}

/* As --to takes it. */
static void target_text(const struct walk_packet *packet, char out[TARGET_TEXT_MAX])
{
	const char *protocol = protocol_name(packet->l4proto);
	const bool brackets = packet->family == 6 && packet->dport;
	char address[ADDR_TEXT_MAX], port[8] = "", number[8];

	if (packet->dport)
		(void)snprintf(port, sizeof(port), ":%u", packet->dport);
	(void)snprintf(number, sizeof(number), "%u", packet->l4proto);
	(void)snprintf(out, TARGET_TEXT_MAX, "%s%s%s%s/%s", brackets ? "[" : "",
		       addr_text(&packet->dst, address), brackets ? "]" : "", port,
		       protocol ? protocol : number);
}

static void print_packet(const struct simulate_question *question,
			 const struct simulate_answer *answer, FILE *to)
{
	const struct walk_packet *packet = &question->packet;
	const struct decide_result *who = &answer->decision;
	char address[ADDR_TEXT_MAX], target[TARGET_TEXT_MAX];
	bool reply = packet->ct_reply; /* who and where are of the flow */

	addr_text(&packet->src, address);
	target_text(packet, target);
	print_place(_("From"), address, reply ? who->to_zone : who->from_zone,
		    reply ? who->to_role : who->from_role, packet->iif, to);
	print_place(_("To"), target, reply ? who->from_zone : who->to_zone,
		    reply ? who->from_role : who->to_role, packet->oif, to);
}

static const char *verdict_text(enum simulate_verdict verdict)
{
	switch (verdict) {
	case SIMULATE_PERMIT:
		return _("permitted");
	case SIMULATE_REFUSE:
		return _("refused");
	case SIMULATE_INSPECT:
		return _("depends on the name");
	}
	return "";
}

/* What the sender sees of a refusal; NULL where that is the daemon's business. */
static const char *refusal_text(enum walk_outcome outcome)
{
	switch (outcome) {
	case WALK_DROP:
		return _("dropped without an answer");
	case WALK_REJECT_RESET:
		return _("answered by a reset");
	case WALK_REJECT_ADMIN:
		return _("answered: administratively prohibited");
	case WALK_REJECT_PORT:
		return _("answered: port unreachable");
	case WALK_ACCEPT:
	case WALK_QUEUE:
		break;
	}
	return NULL;
}

static const char *why_text(const struct simulate_answer *answer)
{
	if (answer->verdict == SIMULATE_INSPECT)
		return _("The flow is inspected: the name that the client says decides. Ask with "
			 "--name.");
	if (answer->reason != REASON_NONE)
		return _(reason_info(answer->reason)->text);
	if (answer->verdict == SIMULATE_PERMIT)
		return _("It belongs to a flow that is open.");
	return _("It belongs to a flow that was refused.");
}

static void print_line(const char *head, const char *text, FILE *to)
{
	if (text && *text)
		columns_entry(to, head, HEAD_CELLS, text);
}

/* A step of the way; newly allocated, NULL if memory ran out. */
static char *step_text(const struct walk_step *step)
{
	const struct ruleset_rule *rule;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (step->rule < step->chain->rule_count) {
		rule = &step->chain->rules[step->rule];
		text_print_rule(rule, out);
		if (rule->comment[0])
			(void)fprintf(out, "  # %s", rule->comment);
	} else {
		(void)fprintf(out, "policy %s", step->chain->policy_drop ? "drop" : "accept");
	}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static void print_steps(const struct walk_result *walk, FILE *to)
{
	size_t widest = 0;

	for (size_t i = 0; i < walk->step_count; i++) {
		size_t cells = columns_width(walk->steps[i].chain->name);

		widest = cells > widest ? cells : widest;
	}
	(void)fprintf(to, "%s\n", _("Rules on the way"));
	for (size_t i = 0; i < walk->step_count; i++) {
		auto_(free_charp) char *text = step_text(&walk->steps[i]);
		char head[RULESET_NAME_MAX + 2];

		(void)snprintf(head, sizeof(head), "  %s", walk->steps[i].chain->name);
		columns_entry(to, head, widest + 4, text ? text : "?");
	}
}

static void print_exception(const struct policy_exception *exception, FILE *to)
{
	const time_t expires = (time_t)exception->expires_s;
	char text[40] = "";
	struct tm tm;

	if (localtime_r(&expires, &tm))
		(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %z", &tm);
	print_line(_("Exception"), exception->reason, to);
	print_line(_("Approved by"), exception->approved_by, to);
	print_line(_("Expires"), text, to);
}

void simulate_print_ways(const char *head, const struct addr *address,
			 const char *const *interfaces, size_t count, FILE *to)
{
	auto_(free_charp) char *names = NULL;
	char text[ADDR_TEXT_MAX];
	size_t size;
	FILE *out = open_memstream(&names, &size);

	for (size_t i = 0; out && i < count; i++)
		(void)fprintf(out, "%s%s", i ? ", " : "", interfaces[i]);
	if (!out || fclose(out) != 0)
		return;
	columns_line(
		to, 0,
		_("%s: %s lives behind several lines of the policy (%s). Routing, which is not "
		  "the policy's, decides which one a packet takes: here is an answer for each."),
		head, addr_text(address, text), names);
	(void)fputc('\n', to);
}

void simulate_print(const struct simulate_question *question, const struct simulate_answer *answer,
		    FILE *to)
{
	const struct decide_result *who = &answer->decision;

	print_packet(question, answer, to);
	if (question->has_name)
		print_line(_("Name"), question->name, to);
	print_line(_("Verdict"), verdict_text(answer->verdict), to);
	print_line(_("Why"), why_text(answer), to);
	print_line(_("Lacking"), answer->hint, to);
	print_line(_("How"), refusal_text(answer->walk.outcome), to);
	print_line(_("Service"), who->service ? who->service->name : NULL, to);
	print_line(_("Flow"), answer->flow, to);
	if (who->exception)
		print_exception(who->exception, to);
	if (!*answer->flow)
		print_line(_("Nearest flow"), who->flow ? who->flow->id : NULL, to);
	print_line(_("Guideline"), answer->text_ja, to);
	print_line(_("Document"), guideline_source_text(answer->source), to);
	print_steps(&answer->walk, to);
}
