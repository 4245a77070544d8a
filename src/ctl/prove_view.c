/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proofs as text and as JSON. */
#include "ctl/prove_view.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"

#define TCP_SYN 0x02

const char *prove_view_slug(enum prove_status status)
{
	static const char *const slugs[] = {
		[PROVE_HOLDS] = "holds",
		[PROVE_FAILS] = "fails",
		[PROVE_NOT_APPLICABLE] = "not-applicable",
		[PROVE_UNKNOWN] = "unknown",
	};

	return slugs[status];
}

static const char *status_text(enum prove_status status)
{
	static const char *const texts[] = {
		[PROVE_HOLDS] = N_("holds"),
		[PROVE_FAILS] = N_("FAILS"),
		[PROVE_NOT_APPLICABLE] = N_("not applicable"),
		[PROVE_UNKNOWN] = N_("UNKNOWN"),
	};

	return _(texts[status]);
}

static const char *protocol_text(const struct walk_packet *packet, char out[8])
{
	switch (packet->l4proto) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_ICMP:
		return packet->family == 4 ? "icmp" : "1";
	case IPPROTO_ICMPV6:
		return packet->family == 6 ? "icmp" : "58";
	default:
		(void)snprintf(out, 8, "%u", packet->l4proto);
		return out;
	}
}

static bool has_ports(const struct walk_packet *packet)
{
	return packet->l4proto == IPPROTO_TCP || packet->l4proto == IPPROTO_UDP;
}

bool prove_view_options(const struct walk_packet *p, char *out)
{
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX], number[8], mac[40] = "", port[8] = "";
	const char *left = p->family == 6 && has_ports(p) ? "[" : "";
	const char *right = p->family == 6 && has_ports(p) ? "]" : "";
	const uint8_t *m = p->ether_saddr;

	if (has_ports(p))
		(void)snprintf(port, sizeof(port), ":%u", p->dport);
	if (p->has_ether)
		(void)snprintf(mac, sizeof(mac), " --mac %02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1],
			       m[2], m[3], m[4], m[5]);
	(void)snprintf(out, PROVE_VIEW_COMMAND_MAX,
		       "--from %s --to %s%s%s%s/%s --in %s --out %s%s --state %s",
		       addr_text(&p->src, from), left, addr_text(&p->dst, to), right, port,
		       protocol_text(p, number), p->iif, p->oif, mac,
		       p->ct_state == STATE_NEW ? "new" : "open");
	return p->ct_state == STATE_NEW && !p->ct_reply && !p->ct_mark && !p->meta_mark &&
	       !p->now_s && !p->is_short && (has_ports(p) || !p->dport) &&
	       (p->l4proto != IPPROTO_TCP || p->tcp_flags == TCP_SYN);
}

static const char *state_slug(uint32_t state)
{
	switch ((int)state) {
	case STATE_ESTABLISHED:
		return "established";
	case STATE_RELATED:
		return "related";
	case STATE_INVALID:
		return "invalid";
	case STATE_UNTRACKED:
		return "untracked";
	default:
		return "new";
	}
}

json_t *prove_view_packet(const struct walk_packet *p)
{
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX], number[8], mac[20];
	const uint8_t *m = p->ether_saddr;

	(void)snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3],
		       m[4], m[5]);
	return json_pack(
		"{s:s,s:s,s:s,s:i,s:i,s:s,s:s,s:s,s:s,s:I,s:i,s:i,s:i,s:i,s:i,s:i,s:b,s:b,s:I,s:I}",
		"from", addr_text(&p->src, from), "to", addr_text(&p->dst, to), "protocol",
		protocol_text(p, number), "port", (int)p->dport, "from_port", (int)p->sport, "in",
		p->iif, "out", p->oif, "mac", p->has_ether ? mac : "none", "state",
		state_slug(p->ct_state), "mark", (json_int_t)p->ct_mark, "tcp_flags",
		(int)p->tcp_flags, "icmp_type", (int)p->icmp_type, "length", (int)p->length,
		"tcp_doff", (int)p->tcp_doff, "udp_length", (int)p->udp_length, "udp_first",
		(int)p->udp_first, "reply", p->ct_reply, "short", p->is_short, "packet_mark",
		(json_int_t)p->meta_mark, "at", (json_int_t)p->now_s);
}

/* As a command line, where options do not say it all with the question in JSON. */
static void print_counterexample(const struct prove_claim *claim, const char *file, FILE *to)
{
	char options[PROVE_VIEW_COMMAND_MAX];
	bool all = prove_view_options(&claim->counterexample, options);
	json_t *packet = all ? NULL : prove_view_packet(&claim->counterexample);
	char *text = packet ? json_dumps(packet, JSON_PRESERVE_ORDER) : NULL;

	if (all && file)
		(void)fprintf(to, "    sekishoctl simulate %s %s\n", file, options);
	else if (text && file)
		(void)fprintf(to, "    sekishoctl simulate %s --ask '%s'\n", file, text);
	else
		(void)fprintf(to, "    %s\n", text ? text : options);
	free(text);
	json_decref(packet);
}

static void print_claim(const struct prove_claim *claim, const char *file, FILE *to)
{
	const struct guideline_forbidden *forbidden = claim->forbidden;

	(void)fprintf(to, "%s: %s", status_text(claim->status), claim->id);
	if (!forbidden)
		(void)fprintf(to, ": %s",
			      _("only what the policy and the guideline's flows permit passes"));
	else if (forbidden->text_ja)
		(void)fprintf(to, ": %s", forbidden->text_ja);
	if (forbidden)
		(void)fprintf(to, " (%s)", forbidden->source);
	(void)fputc('\n', to);
	if (claim->why[0])
		(void)fprintf(to, "    %s\n", claim->why);
	if (claim->status == PROVE_FAILS)
		print_counterexample(claim, file, to);
}

static uint64_t covered(const struct prove_result *result)
{
	uint64_t most = 0;

	for (size_t i = 0; i < result->count; i++)
		if (result->claims[i].covered > most)
			most = result->claims[i].covered;
	return most;
}

void prove_view_print(const struct prove_result *result, const char *file, FILE *to)
{
	for (size_t i = 0; i < result->count; i++)
		print_claim(&result->claims[i], file, to);
	if (result->proven)
		(void)fprintf(to,
			      _("Proven: of all packets, those of %" PRIu64
				" boxes may begin a flow, and no forbidden one is among them.\n"),
			      covered(result));
	else
		(void)fprintf(to, "%s", _("Not proven.\n"));
}

static json_t *claim_json(const struct prove_claim *claim)
{
	const struct guideline_forbidden *forbidden = claim->forbidden;
	json_t *object = json_pack(
		"{s:s,s:s,s:s*,s:s*,s:s*,s:I}", "id", claim->id, "status",
		prove_view_slug(claim->status), "text_ja", forbidden ? forbidden->text_ja : NULL,
		"source", forbidden ? forbidden->source : NULL, "why",
		claim->why[0] ? claim->why : NULL, "boxes", (json_int_t)claim->covered);

	if (object && claim->status == PROVE_FAILS &&
	    json_object_set_new(object, "counterexample",
				prove_view_packet(&claim->counterexample)) < 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

json_t *prove_view_json(const struct prove_result *result)
{
	json_t *claims = json_array();

	for (size_t i = 0; claims && i < result->count; i++) {
		if (json_array_append_new(claims, claim_json(&result->claims[i])) < 0) {
			json_decref(claims);
			return NULL;
		}
	}
	return json_pack("{s:b,s:o}", "proven", result->proven, "claims", claims);
}
