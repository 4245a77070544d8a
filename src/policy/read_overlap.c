/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One pass over all addresses of a policy in order: which may not be shared, and which are of no
 * use. */
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/embedded.h"
#include "policy/read.h"

/* "zones.lgwan", "services.m365-files": whose addresses r's are. */
static const char *owner_text(const struct reader *r, const struct read_range *range)
{
	const char *name;

	switch (range->owner) {
	case READ_NETWORK:
	case READ_NAT:
		return guideline_zone((enum zone)range->index)->slug;
	case READ_ENDPOINT:
		return guideline_role((enum role)range->index)->slug;
	case READ_SERVICE:
	case READ_PROXY:
		name = r->policy->services[range->index].name;
		return name ? name : "?";
	case READ_PEER:
		name = r->management_names[range->index];
		return name ? name : "?";
	case READ_EXCEPTION:
		name = r->policy->exceptions[range->index / 2].name;
		return name ? name : "?";
	case READ_OWNER_COUNT:
		break;
	}
	return "?";
}

static const char *owner_key(enum read_owner owner)
{
	switch (owner) {
	case READ_NETWORK:
	case READ_NAT:
		return "zones";
	case READ_ENDPOINT:
		return "endpoints";
	case READ_SERVICE:
	case READ_PROXY:
		return "services";
	case READ_PEER:
		return "management";
	case READ_EXCEPTION:
		return "exceptions";
	case READ_OWNER_COUNT:
		break;
	}
	return "?";
}

static bool same_owner(const struct read_range *a, const struct read_range *b)
{
	return a->owner == b->owner && a->index == b->index;
}

static bool equal(const struct addr_range *a, const struct addr_range *b)
{
	return !memcmp(a->first, b->first, sizeof(a->first)) &&
	       !memcmp(a->last, b->last, sizeof(a->last));
}

/* What is managed is somebody of another role as well, but no virtual desktop: those are reached by
 * screen transfer alone. */
static const char *target_conflict(const struct read_range *other)
{
	const struct guideline_forbidden *desktop =
		guideline_forbidden_of("desktop-from-other-source");

	if (other->index == ROLE_MAINTENANCE_TERMINAL)
		return N_("%s shares addresses with the role %s (%s:%d); a maintenance terminal is "
			  "not what it manages");
	if (desktop && (desktop->to_roles & ROLE_BIT(other->index)))
		return N_("%s shares addresses with the role %s (%s:%d); virtual desktops are "
			  "reached by screen transfer alone "
			  "(画面転送で使用する通信ポートのみにアクセスを制限。), and managed at "
			  "another "
			  "address");
	return NULL;
}

/* What is wrong if a and b share addresses, where a's owner does not come after b's; NULL if
 * nothing. */
static const char *conflict_text(const struct read_range *a, const struct read_range *b)
{
	if (same_owner(a, b))
		return equal(&a->range, &b->range) ? N_("%s is there twice (%s, %s:%d)") : NULL;
	if (a->owner == READ_NETWORK && b->owner == READ_NETWORK)
		return N_("%s shares addresses with the zone %s (%s:%d); zones may not overlap");
	if (a->owner == READ_ENDPOINT && b->owner == READ_ENDPOINT &&
	    (a->index == ROLE_MANAGED_TARGET || b->index == ROLE_MANAGED_TARGET))
		return target_conflict(a->index == ROLE_MANAGED_TARGET ? b : a);
	if (a->owner == READ_ENDPOINT && b->owner == READ_ENDPOINT)
		return N_(
			"%s shares addresses with the role %s (%s:%d); an address plays one role");
	if (a->owner == READ_NETWORK && b->owner == READ_SERVICE)
		return N_("%s shares addresses with the zone %s (%s:%d); cloud services are "
			  "outside the zones");
	if (a->owner == READ_ENDPOINT && b->owner == READ_SERVICE)
		return N_("%s shares addresses with the role %s (%s:%d); cloud services play "
			  "their own roles");
	if (a->owner == READ_NETWORK && b->owner == READ_NAT && a->index != b->index)
		return N_("%s lies in the zone %s (%s:%d); flows cannot leave with an address of "
			  "another zone");
	if (a->owner == READ_ENDPOINT && b->owner == READ_NAT)
		return N_("%s is an address of the role %s (%s:%d); flows cannot leave with it");
	if (a->owner == READ_SERVICE && b->owner == READ_NAT)
		return N_("%s is an address of the service %s (%s:%d); flows cannot leave with it");
	return NULL;
}

/* The range that stands later in the policy is the mistake; the other is named in the sentence. */
static void judge(struct reader *r, const struct read_range *a, const struct read_range *b)
{
	const struct read_range *low = a->owner <= b->owner ? a : b, *high = low == a ? b : a;
	const struct read_range *told, *other;
	const char *text = conflict_text(low, high);
	char range[ADDR_RANGE_TEXT_MAX];
	auto_(free_charp) char *sentence = NULL;

	read_beside_judge(r, a, b);
	if (!text)
		return;
	/* between owners of one kind the later one; else the one that the sentence is about */
	told = low->owner != high->owner || high > low ? high : low;
	other = told == high ? low : high;
	addr_range_text(&told->range, range);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (asprintf(&sentence, _(text), range, owner_text(r, other), other->place.file,
		     other->place.line) < 0) {
		sentence = NULL;
		read_no_memory(r);
		return;
	}
#pragma GCC diagnostic pop
	errors_add(r->errors, told->place.file, told->place.line, "%s.%s: %s",
		   owner_key(told->owner), owner_text(r, told), sentence);
}

/* An entry of the list in order of addresses. */
struct by_first {
	const struct read_range *at;
};

static int compare_first(const void *a, const void *b)
{
	const struct read_range *x = ((const struct by_first *)a)->at;
	const struct read_range *y = ((const struct by_first *)b)->at;
	int order = (int)x->range.family - (int)y->range.family;

	if (!order)
		order = memcmp(x->range.first, y->range.first, sizeof(x->range.first));
	if (!order)
		order = x < y ? -1 : x > y;
	return order;
}

static bool begins_within(const struct read_range *later, const struct read_range *earlier)
{
	return later->range.family == earlier->range.family &&
	       memcmp(later->range.first, earlier->range.last, sizeof(later->range.first)) <= 0;
}

static bool shares(const struct addr_range *a, const struct addr_range *b)
{
	return a->family == b->family && memcmp(a->first, b->last, sizeof(a->first)) <= 0 &&
	       memcmp(b->first, a->last, sizeof(b->first)) <= 0;
}

/* ---- addresses that carry others */

/* The zone but own and external that has some of these; ZONE_NONE if there is none. */
static enum zone zone_with(const struct policy *policy, const struct addr_range *range,
			   enum zone own)
{
	/* the one that matters most first */
	static const enum zone order[] = { ZONE_MYNUMBER, ZONE_LGWAN, ZONE_MAINTENANCE,
					   ZONE_LGWAN_WAN, ZONE_INTERNET };
	struct addr_range one = *range;
	const struct addr_list list = { .at = &one, .count = 1 };

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (order[i] != own &&
		    addr_list_overlap(&policy->zone_addresses[order[i]], &list, NULL))
			return order[i];
	return ZONE_NONE;
}

static enum zone zone_of_first(const struct policy *policy, const struct addr_range *range)
{
	struct addr first = { .family = range->family };

	memcpy(first.b, range->first, sizeof(first.b));
	return policy_zone_of(policy, &first);
}

/* Whoever may send to it reaches the IPv4 address behind a tunnel's end or a translator. */
static void carrier_error(struct reader *r, const struct read_range *range, const char *form,
			  const struct addr_range *carried, enum zone zone)
{
	char text[ADDR_RANGE_TEXT_MAX], ipv4[ADDR_RANGE_TEXT_MAX];
	struct read_place at = range->place;

	addr_range_text(&range->range, text);
	addr_range_text(carried, ipv4);
	if (zone != ZONE_NONE)
		errors_add(r->errors, at.file, at.line,
			   _("%s.%s: %s carries the IPv4 address %s (%s), which lies in the zone "
			     "%s (%s): a translator or the end of a tunnel would lead there, past "
			     "the rules for that zone. Name the IPv4 address itself where it is "
			     "meant"),
			   owner_key(range->owner), owner_text(r, range), text, ipv4, form,
			   guideline_zone(zone)->slug, guideline_zone(zone)->name_ja);
	else
		errors_add(r->errors, at.file, at.line,
			   _("%s.%s: %s carries the IPv4 address %s (%s), past the rules that "
			     "speak of IPv4; no packet with such an address is let through. Name "
			     "the IPv4 address itself where it is meant"),
			   owner_key(range->owner), owner_text(r, range), text, ipv4, form);
}

/* True if the range was told of. What no flow may have (martian) is told of in any case. */
static bool check_carrier(struct reader *r, const struct read_range *range, bool martian)
{
	char text[ADDR_RANGE_TEXT_MAX];
	struct addr_range carried;
	enum embedded_form form = embedded_find(&range->range, &carried);
	enum zone zone;

	if (form == EMBEDDED_NONE)
		return false;
	zone = zone_with(r->policy, &carried, zone_of_first(r->policy, &range->range));
	if (zone == ZONE_NONE && !martian)
		return false;
	if (embedded_is(&range->range, form)) {
		carrier_error(r, range, embedded_name(form), &carried, zone);
		return true;
	}
	errors_add(r->errors, range->place.file, range->place.line,
		   _("%s.%s: %s includes addresses that carry IPv4 addresses (%s), those of other "
		     "zones among them: a translator or the end of a tunnel would lead there, "
		     "past the rules. Name the prefixes in use"),
		   owner_key(range->owner), owner_text(r, range),
		   addr_range_text(&range->range, text), embedded_name(form));
	return true;
}

/* ---- addresses that nobody has */

static void check_martian(struct reader *r, const struct read_range *range,
			  const struct addr_list *martians)
{
	char text[ADDR_RANGE_TEXT_MAX], shared[ADDR_RANGE_TEXT_MAX];
	const struct addr_range *martian = NULL;

	for (size_t j = 0; !martian && j < martians->count; j++)
		if (shares(&range->range, &martians->at[j]))
			martian = &martians->at[j];
	if (!check_carrier(r, range, martian) && martian)
		errors_add(r->errors, range->place.file, range->place.line,
			   _("%s.%s: %s includes addresses that no flow can have (%s: "
			     "loopback, "
			     "link-local, multicast or reserved)"),
			   owner_key(range->owner), owner_text(r, range),
			   addr_range_text(&range->range, text), addr_range_text(martian, shared));
}

static void check_martians(struct reader *r)
{
	auto_(addr_list_clear) struct addr_list martians = { 0 };

	if (policy_martians(&martians)) {
		read_no_memory(r);
		return;
	}
	for (size_t i = 0; i < r->range_count; i++)
		check_martian(r, &r->ranges[i], &martians);
}

void read_overlap_check(struct reader *r)
{
	struct by_first *order;

	check_martians(r);
	order = calloc(r->range_count ? r->range_count : 1, sizeof(*order));
	if (!order) {
		read_no_memory(r);
		return;
	}
	for (size_t i = 0; i < r->range_count; i++)
		order[i].at = &r->ranges[i];
	qsort(order, r->range_count, sizeof(*order), compare_first);
	/* legal policies nest a few levels deep, so that this is near to linear; illegal ones
	 * fill the list of mistakes soon */
	for (size_t i = 0; i < r->range_count && !r->errors->truncated; i++)
		for (size_t j = i + 1; j < r->range_count && !r->errors->truncated &&
				       begins_within(order[j].at, order[i].at);
		     j++)
			judge(r, order[i].at, order[j].at);
	free(order);
}
