/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Differences as text and as JSON. */
#include "ctl/diff_view.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/columns.h"
#include "common/defs.h"
#include "common/i18n.h"
#include "policy/guideline.h"

/* Ranges of a list that people are shown; machines get all. */
#define SHOWN_MAX 12

#define HEAD_CELLS 9 /* of "  ports  " */

#define SERVICE_TEXT_MAX 48
#define TIME_TEXT_MAX    32
#define ANY_PORT         65535

static bool is_over(const struct differ_box *box, int64_t now_s)
{
	return box->until_s && box->until_s <= now_s;
}

bool diff_view_is_same(const struct diff_view *view)
{
	for (size_t i = 0; i < view->flows->count; i++)
		if (!is_over(&view->flows->at[i], view->now_s))
			return false;
	return !view->flows->macs_differ && !view->names->count;
}

static const char *change_slug(enum differ_change change)
{
	static const char *const slugs[] = { [DIFFER_OPENED] = "opened",
					     [DIFFER_SHUT] = "shut",
					     [DIFFER_TREATED] = "treated-otherwise" };

	return slugs[change];
}

static const char *change_text(enum differ_change change)
{
	static const char *const texts[] = { [DIFFER_OPENED] = N_("becomes permitted"),
					     [DIFFER_SHUT] = N_("becomes refused"),
					     [DIFFER_TREATED] = N_("is treated otherwise") };

	return _(texts[change]);
}

static const char *treatment_slug(enum differ_treatment treatment)
{
	static const char *const slugs[] = { [DIFFER_NONE] = "refuse",
					     [DIFFER_INSPECTED] = "inspect",
					     [DIFFER_ADMITTED] = "admit",
					     [DIFFER_ACCEPTED] = "accept" };

	return slugs[treatment];
}

static const char *treatment_text(enum differ_treatment treatment)
{
	static const char *const texts[] = { [DIFFER_NONE] = N_("refused"),
					     [DIFFER_INSPECTED] = N_("by the name that the client "
								     "says"),
					     [DIFFER_ADMITTED] = N_("by address and port"),
					     [DIFFER_ACCEPTED] = N_("by the kernel alone") };

	return _(texts[treatment]);
}

static void service_text(const struct differ_service *s, char out[SERVICE_TEXT_MAX])
{
	char protocol[16], ports[24] = "";

	if (s->l4proto_first != s->l4proto_last)
		(void)snprintf(protocol, sizeof(protocol), "%u-%u", s->l4proto_first,
			       s->l4proto_last);
	else if (s->l4proto_first == IPPROTO_TCP || s->l4proto_first == IPPROTO_UDP)
		(void)snprintf(protocol, sizeof(protocol), "%s",
			       s->l4proto_first == IPPROTO_TCP ? "tcp" : "udp");
	else
		(void)snprintf(protocol, sizeof(protocol), "%u", s->l4proto_first);
	if (s->port_first == s->port_last)
		(void)snprintf(ports, sizeof(ports), "/%" PRIu32, s->port_first);
	else if (s->port_first > 0 || s->port_last < ANY_PORT)
		(void)snprintf(ports, sizeof(ports), "/%" PRIu32 "-%" PRIu32, s->port_first,
			       s->port_last);
	(void)snprintf(out, SERVICE_TEXT_MAX, "%s%s", protocol, ports);
}

static const char *time_text(int64_t seconds, char out[TIME_TEXT_MAX])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(out, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm))
		(void)snprintf(out, TIME_TEXT_MAX, "%" PRId64, seconds);
	return out;
}

/* ---- text */

static void add_addresses(const struct addr_list *list, FILE *to)
{
	char text[ADDR_RANGE_TEXT_MAX];

	for (size_t i = 0; i < list->count && i < SHOWN_MAX; i++)
		(void)fprintf(to, "%s%s", i ? ", " : "", addr_range_text(&list->at[i], text));
	if (list->count > SHOWN_MAX)
		(void)fprintf(to, _(" and %zu more"), list->count - SHOWN_MAX);
}

static void add_names(char (*names)[16], size_t count, FILE *to)
{
	(void)fputs(" [", to);
	for (size_t i = 0; i < count && i < SHOWN_MAX; i++)
		(void)fprintf(to, "%s%.15s", i ? ", " : "", names[i]);
	if (count > SHOWN_MAX)
		(void)fprintf(to, _(" and %zu more"), count - SHOWN_MAX);
	(void)fputc(']', to);
}

static void add_services(const struct differ_box *box, FILE *to)
{
	char text[SERVICE_TEXT_MAX], when[TIME_TEXT_MAX];

	for (size_t i = 0; i < box->service_count; i++) {
		service_text(&box->services[i], text);
		(void)fprintf(to, "%s%s", i ? ", " : "", text);
	}
	if (box->since_s)
		(void)fprintf(to, _("; from %s on"), time_text(box->since_s, when));
	if (box->until_s)
		(void)fprintf(to, _("; until %s"), time_text(box->until_s, when));
}

/* What of a box stands behind a head. */
enum part { PART_FROM, PART_TO, PART_PORTS };

static void print_part(const char *head, const struct differ_box *box, enum part part, FILE *to)
{
	auto_(free_charp) char *text = NULL;
	char indented[64];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	switch (part) {
	case PART_FROM:
		add_addresses(&box->from, out);
		add_names(box->in, box->in_count, out);
		break;
	case PART_TO:
		add_addresses(&box->to, out);
		add_names(box->out, box->out_count, out);
		break;
	case PART_PORTS:
		add_services(box, out);
		break;
	}
	(void)fclose(out);
	(void)snprintf(indented, sizeof(indented), "  %s", head);
	columns_entry(to, indented, HEAD_CELLS, text ? text : "");
}

/* What the guideline says of a flow of that id, if it is one. */
static const struct guideline_flow *flow_of(const char *id)
{
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);
	int index = guideline_flow_of(id);

	return index < 0 ? NULL : &flows[index];
}

static void print_box(const struct differ_box *box, FILE *to)
{
	const struct guideline_flow *flow = flow_of(box->id);
	const char *change = change_text(box->change), *id = box->id[0] ? box->id : "-";

	if (box->change == DIFFER_TREATED)
		columns_line(to, 0, _("%s: %s (%s; so far %s)"), change, id,
			     treatment_text(box->after), treatment_text(box->before));
	else
		columns_line(
			to, 0, "%s: %s (%s)", change, id,
			treatment_text(box->change == DIFFER_OPENED ? box->after : box->before));
	print_part(_("from"), box, PART_FROM, to);
	print_part(_("to"), box, PART_TO, to);
	print_part(_("ports"), box, PART_PORTS, to);
	if (flow && flow->text_ja)
		columns_line(to, 2, "%s (%s)", flow->text_ja, guideline_source_text(flow->source));
	(void)fputc('\n', to);
}

static void print_cuts(const struct diff_cuts *cuts, FILE *to)
{
	if (!cuts->looked) {
		columns_line(to, 0, _("Which open flows a reload would cut was not looked at: %s"),
			     cuts->why);
		return;
	}
	columns_line(to, 0, _("open flows that a reload would cut: %zu"), cuts->count);
	for (size_t i = 0; i < cuts->count && i < SHOWN_MAX; i++) {
		const struct flow_key *key = &cuts->at[i].key;
		char from[ADDR_TEXT_MAX], target[ADDR_TEXT_MAX];

		columns_line(to, 2, _("%s port %u -> %s port %u, protocol %u"),
			     addr_text(&key->src, from), key->sport, addr_text(&key->dst, target),
			     key->dport, key->l4proto);
	}
	if (cuts->count > SHOWN_MAX)
		columns_line(to, 2, _("and %zu more"), cuts->count - SHOWN_MAX);
}

void diff_view_print(const struct diff_view *view, FILE *to)
{
	size_t told[DIFFER_TREATED + 1] = { 0 };

	for (size_t i = 0; i < view->flows->count; i++) {
		if (is_over(&view->flows->at[i], view->now_s))
			continue;
		print_box(&view->flows->at[i], to);
		told[view->flows->at[i].change]++;
	}
	for (size_t i = 0; i < view->names->count; i++) {
		const struct diff_name *name = &view->names->at[i];

		columns_line(to, 0, "%s: %s (%s)",
			     change_text(name->opened ? DIFFER_OPENED : DIFFER_SHUT), name->pattern,
			     name->owner);
	}
	if (view->flows->macs_differ)
		columns_line(to, 0, "%s",
			     _("Some flows may be sent from other hardware addresses than so "
			       "far."));
	if (diff_view_is_same(view))
		columns_line(to, 0, "%s", _("The same flows are permitted."));
	else
		columns_line(to, 0,
			     _("In all: become permitted %zu, become refused %zu, treated "
			       "otherwise %zu; "
			       "host names %zu"),
			     told[DIFFER_OPENED], told[DIFFER_SHUT], told[DIFFER_TREATED],
			     view->names->count);
	print_cuts(view->cuts, to);
}

/* ---- JSON */

/* Appends, and gives NULL where that failed (freeing array). */
static json_t *with(json_t *array, json_t *value)
{
	if (array && !json_array_append_new(array, value))
		return array;
	json_decref(array);
	return NULL;
}

static json_t *addresses_json(const struct addr_list *list)
{
	json_t *array = json_array();
	char text[ADDR_RANGE_TEXT_MAX];

	for (size_t i = 0; array && i < list->count; i++)
		array = with(array, json_string(addr_range_text(&list->at[i], text)));
	return array;
}

static json_t *names_json(char (*names)[16], size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < count; i++)
		array = with(array, json_string(names[i]));
	return array;
}

static json_t *services_json(const struct differ_box *box)
{
	json_t *array = json_array();
	char text[SERVICE_TEXT_MAX];

	for (size_t i = 0; array && i < box->service_count; i++) {
		service_text(&box->services[i], text);
		array = with(array, json_string(text));
	}
	return array;
}

static json_t *box_json(const struct differ_box *box)
{
	const struct guideline_flow *flow = flow_of(box->id);
	char since[TIME_TEXT_MAX], until[TIME_TEXT_MAX];

	return json_pack("{s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:s*,s:s*,s:s*,s:s*}", "change",
			 change_slug(box->change), "id", box->id, "before",
			 treatment_slug(box->before), "after", treatment_slug(box->after), "from",
			 addresses_json(&box->from), "to", addresses_json(&box->to), "in",
			 names_json(box->in, box->in_count), "out",
			 names_json(box->out, box->out_count), "ports", services_json(box), "since",
			 box->since_s ? time_text(box->since_s, since) : NULL, "until",
			 box->until_s ? time_text(box->until_s, until) : NULL, "text_ja",
			 flow ? flow->text_ja : NULL, "source", flow ? flow->source : NULL);
}

static json_t *cuts_json(const struct diff_cuts *cuts)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < cuts->count; i++) {
		const struct flow_key *key = &cuts->at[i].key;
		char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX];

		array = with(array,
			     json_pack("{s:s,s:i,s:s,s:i,s:i}", "from", addr_text(&key->src, from),
				       "from_port", (int)key->sport, "to", addr_text(&key->dst, to),
				       "port", (int)key->dport, "protocol", (int)key->l4proto));
	}
	return json_pack("{s:b,s:s*,s:o}", "looked", cuts->looked, "why",
			 cuts->looked ? NULL : cuts->why, "flows", array);
}

static json_t *diff_names_json(const struct diff_names *names)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < names->count; i++) {
		const struct diff_name *name = &names->at[i];

		array = with(array,
			     json_pack("{s:s,s:s,s:s}", "change",
				       change_slug(name->opened ? DIFFER_OPENED : DIFFER_SHUT),
				       "name", name->pattern, "of", name->owner));
	}
	return array;
}

json_t *diff_view_json(const struct diff_view *view)
{
	json_t *boxes = json_array();

	for (size_t i = 0; boxes && i < view->flows->count; i++)
		if (!is_over(&view->flows->at[i], view->now_s))
			boxes = with(boxes, box_json(&view->flows->at[i]));
	return json_pack("{s:b,s:o,s:o,s:b,s:o}", "same", diff_view_is_same(view), "boxes", boxes,
			 "names", diff_names_json(view->names), "hardware_addresses_differ",
			 view->flows->macs_differ, "cuts", cuts_json(view->cuts));
}
