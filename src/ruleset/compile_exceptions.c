/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exceptions of the policy: sets that the kernel empties by itself when their time is over, for new
 * flows and for those that are open. */
#include <stdio.h>
#include <string.h>

#include "common/defs.h"
#include "common/mark.h"
#include "ruleset/compile.h"
#include "ruleset/compile_parts.h"

static void set_name(struct compile *c, size_t i, enum compile_kind kind, uint8_t family, char *out)
{
	build_name(&c->build, out, "exception_%zu_%s%d", i + 1, compile_kind_chain(kind), family);
}

static bool has_set(struct compile *c, size_t i, enum compile_kind kind, uint8_t family)
{
	char name[RULESET_NAME_MAX];

	set_name(c, i, kind, family, name);
	return !c->build.error && ruleset_set(c->build.ruleset, name);
}

/* Every target and port of the exception that is treated so. */
static void add_targets(struct compile *c, const struct policy_exception *exception,
			enum compile_kind kind, struct boxes *boxes)
{
	for (size_t i = 0; i < exception->ports.count; i++) {
		const struct policy_port *port = &exception->ports.at[i];

		for (size_t j = 0; compile_kind_of(port->app) == kind && j < exception->to.count;
		     j++) {
			const struct box box = { .addresses = exception->to.at[j],
						 .l4proto = port->l4proto,
						 .first = port->first,
						 .last = port->last };

			build_fail(&c->build, boxes_add(boxes, &box));
		}
	}
	build_fail(&c->build, boxes_normalise(boxes));
}

static void put_element(struct compile *c, const struct policy_exception *exception,
			const struct addr_range *from, const struct box *box)
{
	build_element(&c->build);
	build_put_range(&c->build, from);
	build_put_range(&c->build, &box->addresses);
	build_put_protocol(&c->build, box->l4proto);
	build_put_number(&c->build, box->first, box->last);
	build_put_expiry(&c->build, exception->expires_s);
}

static void exception_set(struct compile *c, size_t i, enum compile_kind kind, uint8_t family)
{
	const struct policy_exception *exception = &c->policy->exceptions[i];
	auto_(boxes_clear) struct boxes boxes = { 0 };
	char name[RULESET_NAME_MAX];
	bool begun = false;

	set_name(c, i, kind, family, name);
	add_targets(c, exception, kind, &boxes);
	for (size_t j = 0; j < exception->from.count; j++) {
		for (size_t k = 0; k < boxes.count; k++) {
			if (exception->from.at[j].family != family ||
			    boxes.at[k].addresses.family != family)
				continue;
			if (!begun) {
				build_set(&c->build, name, BUILD_INTERVAL,
					  BUILD_FIELDS(compile_saddr(family), compile_daddr(family),
						       FIELD_L4PROTO, FIELD_DPORT));
				build_may_expire(&c->build);
			}
			begun = true;
			put_element(c, exception, &exception->from.at[j], &boxes.at[k]);
		}
	}
}

void compile_exception_sets(struct compile *c)
{
	for (size_t i = 0; i < c->policy->exception_count; i++) {
		/* nothing can except a forbidden flow */
		if (c->policy->exceptions[i].forbidden_by)
			continue;
		for (size_t kind = 0; kind < COMPILE_KIND_COUNT; kind++) {
			exception_set(c, i, (enum compile_kind)kind, 4);
			exception_set(c, i, (enum compile_kind)kind, 6);
		}
	}
}

bool compile_exceptions_use(struct compile *c, enum compile_kind kind)
{
	for (size_t i = 0; i < c->policy->exception_count; i++)
		if (has_set(c, i, kind, 4) || has_set(c, i, kind, 6))
			return true;
	return false;
}

/* Which packets a rule is for. */
enum packets { PACKETS_NEW, PACKETS_FORTH, PACKETS_BACK };

/* Begins a rule for what is in one of the exception's sets; for packets of a server, ends and ports
 * change places. False if there is no such set. */
static bool begin_rule(struct compile *c, size_t i, enum compile_kind kind, uint8_t family,
		       enum packets packets)
{
	const enum ruleset_field source = compile_saddr(family), target = compile_daddr(family);
	char name[RULESET_NAME_MAX], comment[sizeof(((struct ruleset_rule *)NULL)->comment)];

	if (!has_set(c, i, kind, family))
		return false;
	set_name(c, i, kind, family, name);
	(void)snprintf(comment, sizeof(comment), "exception:%s", c->policy->exceptions[i].name);
	build_rule(&c->build, comment);
	if (packets != PACKETS_NEW)
		build_value(&c->build, MATCH_CT_REPLY, packets == PACKETS_BACK);
	if (packets == PACKETS_BACK)
		build_in_set(&c->build, name,
			     BUILD_FIELDS(target, source, FIELD_L4PROTO, FIELD_SPORT));
	else
		build_in_set(&c->build, name,
			     BUILD_FIELDS(source, target, FIELD_L4PROTO, FIELD_DPORT));
	return true;
}

static void still_open_rules(struct compile *c, size_t i, enum compile_kind kind)
{
	for (uint8_t family = 4; family <= 6; family += 2)
		for (enum packets p = PACKETS_FORTH; p <= PACKETS_BACK; p++)
			if (begin_rule(c, i, kind, family, p))
				build_goto(&c->build, "in_time");
}

void compile_excepted_chain(struct compile *c)
{
	const bool any = compile_exceptions_use(c, COMPILE_INSPECT) ||
			 compile_exceptions_use(c, COMPILE_ADMIT);

	if (any) {
		build_chain(&c->build, "in_time");
		build_rule(&c->build, NULL);
		build_masked(&c->build, MATCH_CT_MARK, MARK_STATE_MASK, MARK_OPEN);
		build_accept(&c->build);
		build_rule(&c->build, NULL);
		build_goto(&c->build, "inspect");
	}
	build_chain(&c->build, "excepted");
	for (size_t i = 0; any && i < c->policy->exception_count; i++) {
		still_open_rules(c, i, COMPILE_INSPECT);
		still_open_rules(c, i, COMPILE_ADMIT);
	}
	/* told once: from now on the flow is a refused one */
	build_rule(&c->build, NULL);
	build_act(&c->build, ACT_COUNTER);
	build_log(&c->build, compile_log_group(c), COMPILE_LOG_PREFIX "exception-expired");
	build_value(&c->build, ACT_SET_CT_MARK, MARK_REFUSED);
	build_goto(&c->build, "cut");
}

/* True if an exception leads from the LGWAN zone outside, and the breakout line is not the only one
 * that goes there. */
static bool has_two_ways(const struct compile *c)
{
	const struct policy *policy = c->policy;
	bool around = false;

	for (size_t zone = 0; zone < ZONE_COUNT; zone++)
		around |= policy->zones[zone].reaches_internet;
	if (!around || !policy->zones[ZONE_EXTERNAL].interfaces.count)
		return false;
	for (size_t i = 0; i < policy->exception_count; i++) {
		const struct policy_exception *e = &policy->exceptions[i];

		if (!e->forbidden_by &&
		    addr_list_overlap(&e->from, &policy->zone_addresses[ZONE_LGWAN], NULL) &&
		    addr_list_overlap(&e->to, &policy->zone_addresses[ZONE_EXTERNAL], NULL))
			return true;
	}
	return false;
}

/* External addresses lie behind the internet zone's line as well; from the LGWAN zone an exception
 * goes to them as the guideline's flows do, by the breakout line. */
static void way_rule(struct compile *c, uint8_t family)
{
	const struct policy *policy = c->policy;
	char from[RULESET_NAME_MAX], to[RULESET_NAME_MAX];

	if (!compile_address_set(c, "zone_lgwan", family, compile_saddr(family),
				 &policy->zone_addresses[ZONE_LGWAN], from) ||
	    !compile_address_set(c, "zone_external", family, compile_daddr(family),
				 &policy->zone_addresses[ZONE_EXTERNAL], to))
		return;
	build_rule(&c->build, NULL);
	build_in_set(&c->build, "offices", BUILD_FIELDS(FIELD_OIFNAME));
	build_in_set(&c->build, from, BUILD_FIELDS(compile_saddr(family)));
	build_in_set(&c->build, to, BUILD_FIELDS(compile_daddr(family)));
	build_goto(&c->build, "refuse");
}

bool compile_exceptions_chain(struct compile *c)
{
	bool any = false;

	for (size_t kind = 0; kind < COMPILE_KIND_COUNT; kind++)
		any |= compile_exceptions_use(c, (enum compile_kind)kind);
	if (!any)
		return false;
	build_chain(&c->build, "exceptions");
	for (uint8_t family = 4; family <= 6 && has_two_ways(c); family += 2)
		way_rule(c, family);
	for (size_t kind = 0; kind < COMPILE_KIND_COUNT; kind++) {
		for (size_t i = 0; i < 2 * c->policy->exception_count; i++)
			if (begin_rule(c, i / 2, (enum compile_kind)kind, i % 2 ? 6 : 4,
				       PACKETS_NEW))
				build_goto(&c->build, compile_kind_chain((enum compile_kind)kind));
	}
	build_rule(&c->build, NULL);
	build_goto(&c->build, "refuse");
	return true;
}
