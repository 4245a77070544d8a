/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers for people. */
#include "ctl/simulate.h"

#include <netinet/in.h>
#include <string.h>

#include "common/i18n.h"
#include "ctl/columns.h"
#include "ruleset/text.h"

#define HEAD_CELLS 14

static void print_padded(const char *text, size_t cells, FILE *to)
{
	size_t width = columns_width(text);

	(void)fprintf(to, "%s%*s", text, (int)(width < cells ? cells - width : 1), "");
}

/* The zone, in the guideline's words, and the role. */
static void print_place(enum zone zone, enum role role, const char *interface, FILE *to)
{
	if (zone < ZONE_COUNT)
		(void)fprintf(to, "  %s", guideline_zone(zone)->name_ja);
	if (role < ROLE_COUNT)
		(void)fprintf(to, "  %s", guideline_role(role)->name_ja);
	if (*interface)
		(void)fprintf(to, "  [%.16s]", interface);
	(void)fputc('\n', to);
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

static void print_packet(const struct simulate_question *question,
			 const struct simulate_answer *answer, FILE *to)
{
	const struct walk_packet *packet = &question->packet;
	const struct decide_result *who = &answer->decision;
	const char *protocol = protocol_name(packet->l4proto);
	char address[ADDR_TEXT_MAX];
	bool reply = packet->ct_reply; /* who and where are of the flow */

	print_padded(_("From"), HEAD_CELLS, to);
	(void)fputs(addr_text(&packet->src, address), to);
	print_place(reply ? who->to_zone : who->from_zone, reply ? who->to_role : who->from_role,
		    packet->iif, to);
	print_padded(_("To"), HEAD_CELLS, to);
	(void)fprintf(to, packet->family == 6 && packet->dport ? "[%s]" : "%s",
		      addr_text(&packet->dst, address));
	if (packet->dport)
		(void)fprintf(to, ":%u", packet->dport);
	if (protocol)
		(void)fprintf(to, "/%s", protocol);
	else
		(void)fprintf(to, "/%u", packet->l4proto);
	print_place(reply ? who->from_zone : who->to_zone, reply ? who->from_role : who->to_role,
		    packet->oif, to);
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
	if (!text || !*text)
		return;
	print_padded(head, HEAD_CELLS, to);
	(void)fprintf(to, "%s\n", text);
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
		const struct walk_step *step = &walk->steps[i];

		(void)fputs("  ", to);
		print_padded(step->chain->name, widest + 2, to);
		if (step->rule < step->chain->rule_count) {
			const struct ruleset_rule *rule = &step->chain->rules[step->rule];

			text_print_rule(rule, to);
			if (rule->comment[0])
				(void)fprintf(to, "  # %s", rule->comment);
		} else {
			(void)fprintf(to, "policy %s",
				      step->chain->policy_drop ? "drop" : "accept");
		}
		(void)fputc('\n', to);
	}
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
	print_line(_("How"), refusal_text(answer->walk.outcome), to);
	print_line(_("Service"), who->service ? who->service->name : NULL, to);
	print_line(_("Flow"), answer->flow, to);
	if (who->exception) {
		print_line(_("Exception"), who->exception->reason, to);
		print_line(_("Approved by"), who->exception->approved_by, to);
	}
	if (!*answer->flow)
		print_line(_("Nearest flow"), who->flow ? who->flow->id : NULL, to);
	print_line(_("Guideline"), answer->text_ja, to);
	print_line(_("Document"), answer->source, to);
	print_steps(&answer->walk, to);
}
