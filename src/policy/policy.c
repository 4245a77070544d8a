/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site policy: its release, what is derived from it, and questions about addresses and flows.
 */
#include <errno.h>
#include <string.h>

#include "common/defs.h"
#include "policy/embedded.h"
#include "policy/forbidden.h"
#include "policy/names.h"
#include "policy/policy.h"

/* Never the source or destination of a forwarded flow. Source: RFC 6890, RFC 4291; of IPv6
 * addresses that carry an IPv4 address RFC 2765 and RFC 8215 (not to leave a network), RFC 4380 and
 * RFC 7526 (no longer in use), RFC 6052 section 3.1 (not for private use). */
static const struct addr_range martian_ranges[] = {
	{ .family = 4, .first = { 0 }, .last = { 0, 255, 255, 255 } },
	{ .family = 4, .first = { 127 }, .last = { 127, 255, 255, 255 } },
	{ .family = 4, .first = { 169, 254 }, .last = { 169, 254, 255, 255 } },
	/* multicast and reserved */
	{ .family = 4, .first = { 224 }, .last = { 255, 255, 255, 255 } },
	/* unspecified, loopback and IPv4-compatible */
	{ .family = 6, .first = { 0 }, .last = { [12 ... 15] = 0xff } },
	/* IPv4-mapped */
	{ .family = 6, .first = { [10] = 0xff, [11] = 0xff }, .last = { [10 ... 15] = 0xff } },
	/* IPv4-translated */
	{ .family = 6,
	  .first = { [8] = 0xff, [9] = 0xff },
	  .last = { [8] = 0xff, [9] = 0xff, [12 ... 15] = 0xff } },
	/* NAT64 of one network's own */
	{ .family = 6,
	  .first = { 0, 0x64, 0xff, 0x9b, 0, 1 },
	  .last = { 0, 0x64, 0xff, 0x9b, 0, 1, [6 ... 15] = 0xff } },
	/* Teredo, 6to4 */
	{ .family = 6, .first = { 0x20, 0x01 }, .last = { 0x20, 0x01, [4 ... 15] = 0xff } },
	{ .family = 6, .first = { 0x20, 0x02 }, .last = { 0x20, 0x02, [2 ... 15] = 0xff } },
	/* link-local */
	{ .family = 6, .first = { 0xfe, 0x80 }, .last = { 0xfe, 0xbf, [2 ... 15] = 0xff } },
	/* multicast */
	{ .family = 6, .first = { 0xff }, .last = { [0 ... 15] = 0xff } },
};

/* What nobody outside of a network has: as it is, and carried by NAT64. */
static const struct addr_range private_ranges4[] = {
	{ .family = 4, .first = { 10 }, .last = { 10, 255, 255, 255 } },
	{ .family = 4, .first = { 100, 64 }, .last = { 100, 127, 255, 255 } },
	{ .family = 4, .first = { 172, 16 }, .last = { 172, 31, 255, 255 } },
	{ .family = 4, .first = { 192, 168 }, .last = { 192, 168, 255, 255 } },
};

static void strings_clear(struct policy_strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->at[i]);
	free(strings->at);
	*strings = (struct policy_strings){ 0 };
}

static void ports_clear(struct policy_ports *ports)
{
	free(ports->at);
	*ports = (struct policy_ports){ 0 };
}

static void managements_clear(struct policy_managements *managements)
{
	for (size_t i = 0; i < managements->count; i++) {
		free(managements->at[i].name);
		addr_list_clear(&managements->at[i].peers);
		ports_clear(&managements->at[i].ports);
	}
	free(managements->at);
	*managements = (struct policy_managements){ 0 };
}

static void ismap_clear(struct policy_ismap *ismap)
{
	free(ismap->service);
	free(ismap->number);
	free(ismap->valid_until);
	free(ismap->list);
	free(ismap->built_on);
}

static void service_clear(struct policy_service *service)
{
	free(service->name);
	ismap_clear(&service->ismap);
	free(service->exempt_issuer);
	free(service->reviewed_by);
	free(service->reviewed_on);
	free(service->tenant_measure);
	addr_list_clear(&service->addresses);
	ports_clear(&service->ports);
	strings_clear(&service->tenant_names);
	strings_clear(&service->shared_names);
	strings_clear(&service->names);
	free(service->proxy_inserts);
	*service = (struct policy_service){ 0 };
}

static void exception_clear(struct policy_exception *exception)
{
	free(exception->name);
	addr_list_clear(&exception->from);
	addr_list_clear(&exception->to);
	ports_clear(&exception->ports);
	strings_clear(&exception->names);
	free(exception->reason);
	free(exception->approved_by);
}

static void attestation_clear(struct policy_attestation *attestation)
{
	free(attestation->control);
	free(attestation->by);
	free(attestation->on);
	free(attestation->statement);
}

void policy_free(struct policy *policy)
{
	if (!policy)
		return;
	names_free(policy->names);
	names_free(policy->exception_names);
	for (size_t i = 0; i < ZONE_COUNT; i++) {
		strings_clear(&policy->zones[i].interfaces);
		addr_list_clear(&policy->zones[i].networks);
		addr_list_clear(&policy->zone_addresses[i]);
	}
	for (size_t i = 0; i < ROLE_COUNT; i++) {
		addr_list_clear(&policy->endpoints[i].addresses);
		strings_clear(&policy->endpoints[i].interfaces);
		ismap_clear(&policy->endpoints[i].ismap);
		free(policy->endpoints[i].macs.at);
	}
	for (size_t i = 0; i < PORT_GROUP_COUNT; i++)
		ports_clear(&policy->ports[i]);
	for (size_t i = 0; i < policy->service_count; i++)
		service_clear(&policy->services[i]);
	free(policy->services);
	managements_clear(&policy->management_in);
	managements_clear(&policy->management_out);
	for (size_t i = 0; i < policy->exception_count; i++)
		exception_clear(&policy->exceptions[i]);
	free(policy->exceptions);
	for (size_t i = 0; i < policy->attestation_count; i++)
		attestation_clear(&policy->attestations[i]);
	free(policy->attestations);
	free(policy->daemon.user);
	free(policy->daemon.log_directory);
	free(policy->daemon.log_key);
	free(policy->daemon.checkpoint_file);
	free(policy->daemon.control_socket);
	free(policy->daemon.control_group);
	free(policy->source.path);
	free(policy->appliance_name);
	free(policy->organisation);
	free(policy);
}

void policy_freep(struct policy **policy)
{
	policy_free(*policy);
	*policy = NULL;
}

static int add_nat64(struct addr_list *list, const struct addr_range *ipv4)
{
	struct addr_range nat64;

	embedded_nat64(ipv4, &nat64);
	return addr_list_add(list, &nat64);
}

int policy_martians(struct addr_list *ret)
{
	auto_(addr_list_clear) struct addr_list list = { 0 };
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(martian_ranges); i++) {
		err = addr_list_add(&list, &martian_ranges[i]);
		if (!err && martian_ranges[i].family == 4)
			err = add_nat64(&list, &martian_ranges[i]);
	}
	for (size_t i = 0; !err && i < ARRAY_SIZE(private_ranges4); i++)
		err = add_nat64(&list, &private_ranges4[i]);
	if (err)
		return err;
	addr_list_normalise(&list);
	*ret = list;
	list = (struct addr_list){ 0 };
	return 0;
}

/* Appends all of from to to. */
static int add_all(struct addr_list *to, const struct addr_list *from)
{
	for (size_t i = 0; i < from->count; i++) {
		int err = addr_list_add(to, &from->at[i]);

		if (err)
			return err;
	}
	return 0;
}

/* Replaces *list by itself without what is in minus; both normal. */
static int take_away(struct addr_list *list, const struct addr_list *minus)
{
	struct addr_list left;
	int err = addr_list_subtract(list, minus, &left);

	if (err)
		return err;
	addr_list_clear(list);
	*list = left;
	return 0;
}

/* Everything without martians and without what is in minus (normal), as it is or carried by NAT64.
 */
static int rest_of_world(const struct addr_list *minus, struct addr_list *ret)
{
	auto_(addr_list_clear) struct addr_list rest = { 0 };
	auto_(addr_list_clear) struct addr_list gone = { 0 };
	int err = addr_list_all(&rest);

	if (!err)
		err = policy_martians(&gone);
	for (size_t i = 0; !err && i < minus->count; i++)
		if (minus->at[i].family == 4)
			err = add_nat64(&gone, &minus->at[i]);
	addr_list_normalise(&gone);
	if (!err)
		err = take_away(&rest, &gone);
	if (!err)
		err = take_away(&rest, minus);
	if (err)
		return err;
	*ret = rest;
	rest = (struct addr_list){ 0 };
	return 0;
}

/* Logical membership: an endpoint's addresses belong to its role's zone, wherever they lie. */
static int derive_zone(struct policy *policy, enum zone zone)
{
	auto_(addr_list_clear) struct addr_list own = { 0 };
	auto_(addr_list_clear) struct addr_list others = { 0 };
	int err = add_all(&own, &policy->zones[zone].networks);

	for (size_t i = 0; !err && i < ROLE_COUNT; i++) {
		enum zone of = guideline_role((enum role)i)->zone;

		if (of == zone)
			err = add_all(&own, &policy->endpoints[i].addresses);
		else if (of != ZONE_NONE)
			err = add_all(&others, &policy->endpoints[i].addresses);
	}
	if (err)
		return err;
	addr_list_normalise(&own);
	addr_list_normalise(&others);
	addr_list_clear(&policy->zone_addresses[zone]);
	return addr_list_subtract(&own, &others, &policy->zone_addresses[zone]);
}

static int derive_zones(struct policy *policy)
{
	auto_(addr_list_clear) struct addr_list internal = { 0 };
	int err = 0;

	for (size_t i = 0; !err && i < ZONE_COUNT; i++) {
		if (i == ZONE_EXTERNAL)
			continue;
		err = derive_zone(policy, (enum zone)i);
		if (!err)
			err = add_all(&internal, &policy->zone_addresses[i]);
	}
	if (err)
		return err;
	addr_list_normalise(&internal);
	addr_list_clear(&policy->zone_addresses[ZONE_EXTERNAL]);
	return rest_of_world(&internal, &policy->zone_addresses[ZONE_EXTERNAL]);
}

static size_t fill_entries(struct names_entry *entries, const struct policy_strings *patterns,
			   size_t service, enum names_kind kind)
{
	for (size_t i = 0; i < patterns->count; i++)
		entries[i] = (struct names_entry){ .pattern = patterns->at[i],
						   .service = (uint32_t)service,
						   .kind = kind };
	return patterns->count;
}

static int derive_names(struct policy *policy)
{
	size_t count = 0, filled = 0;
	struct names_entry *entries;
	struct names *names;

	for (size_t i = 0; i < policy->service_count; i++) {
		const struct policy_service *s = &policy->services[i];

		count += s->tenant_names.count + s->shared_names.count + s->names.count;
	}
	entries = calloc(count ? count : 1, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	for (size_t i = 0; i < policy->service_count; i++) {
		const struct policy_service *s = &policy->services[i];

		filled += fill_entries(entries + filled, &s->tenant_names, i, NAMES_TENANT);
		filled += fill_entries(entries + filled, &s->shared_names, i, NAMES_SHARED);
		filled += fill_entries(entries + filled, &s->names, i, NAMES_PLAIN);
	}
	names = names_new(entries, filled);
	free(entries);
	if (!names)
		return -ENOMEM;
	names_free(policy->names);
	policy->names = names;
	return 0;
}

static int derive_exception_names(struct policy *policy)
{
	size_t count = 0, filled = 0;
	struct names_entry *entries;
	struct names *names;

	for (size_t i = 0; i < policy->exception_count; i++)
		count += policy->exceptions[i].names.count;
	entries = calloc(count ? count : 1, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	for (size_t i = 0; i < policy->exception_count; i++)
		filled += fill_entries(entries + filled, &policy->exceptions[i].names, i,
				       NAMES_PLAIN);
	names = names_new(entries, filled);
	free(entries);
	if (!names)
		return -ENOMEM;
	names_free(policy->exception_names);
	policy->exception_names = names;
	return 0;
}

/* After the zones: what is forbidden is told by them. */
static int derive_forbidden_by(struct policy *policy, struct policy_exception *exception)
{
	size_t count;
	const struct guideline_forbidden *all = guideline_forbiddens(&count);

	exception->forbidden_by = NULL;
	for (size_t i = 0; !exception->forbidden_by && i < count; i++) {
		struct forbidden_opening opening;
		int would = forbidden_would_open(policy, &all[i], exception, &opening);

		if (would < 0)
			return would;
		if (would)
			exception->forbidden_by = &all[i];
	}
	return 0;
}

static int derive_exceptions(struct policy *policy)
{
	int err = derive_exception_names(policy);

	for (size_t i = 0; !err && i < policy->exception_count; i++)
		err = derive_forbidden_by(policy, &policy->exceptions[i]);
	return err;
}

int policy_derive(struct policy *policy)
{
	int err;

	for (size_t i = 0; i < ZONE_COUNT; i++)
		addr_list_normalise(&policy->zones[i].networks);
	for (size_t i = 0; i < ROLE_COUNT; i++)
		addr_list_normalise(&policy->endpoints[i].addresses);
	for (size_t i = 0; i < policy->service_count; i++)
		addr_list_normalise(&policy->services[i].addresses);
	for (size_t i = 0; i < policy->exception_count; i++) {
		addr_list_normalise(&policy->exceptions[i].from);
		addr_list_normalise(&policy->exceptions[i].to);
	}
	for (size_t i = 0; i < policy->management_in.count; i++)
		addr_list_normalise(&policy->management_in.at[i].peers);
	for (size_t i = 0; i < policy->management_out.count; i++)
		addr_list_normalise(&policy->management_out.at[i].peers);

	err = derive_zones(policy);
	if (!err)
		err = derive_names(policy);
	return err ? err : derive_exceptions(policy);
}

enum zone policy_zone_of(const struct policy *policy, const struct addr *a)
{
	for (size_t i = 0; i < ZONE_COUNT; i++)
		if (addr_list_has(&policy->zone_addresses[i], a))
			return (enum zone)i;
	return ZONE_NONE;
}

enum role policy_role_of(const struct policy *policy, const struct addr *a)
{
	for (size_t i = 0; i < ROLE_COUNT; i++)
		if (addr_list_has(&policy->endpoints[i].addresses, a))
			return (enum role)i;
	return ROLE_COUNT;
}

bool policy_plays_role(const struct policy *policy, enum role role)
{
	/* every external address plays "internet": nobody declares it */
	if (role == ROLE_INTERNET)
		return true;
	if (!guideline_role(role)->is_service)
		return policy->endpoints[role].declared && policy->endpoints[role].addresses.count;
	for (size_t i = 0; i < policy->service_count; i++)
		if (policy->services[i].role == role)
			return true;
	return false;
}

bool policy_covers_flow(const struct policy *policy, const struct guideline_flow *flow)
{
	uint32_t where = FIREWALL_BIT(flow->firewall) | flow->traverses;

	if (flow->to == ROLE_MANAGED_TARGET)
		where = ~FIREWALL_BIT(FIREWALL_SECURITY_CLOUD);
	return (policy->configurations & (1U << flow->configuration)) &&
	       (policy->firewalls & where);
}

bool policy_uses_flow(const struct policy *policy, const struct guideline_flow *flow)
{
	int index = flow->implied ? guideline_flow_index(flow) : -1;

	if (flow->implied && (index < 0 || !policy->implied_flows[index]))
		return false;
	return policy_covers_flow(policy, flow) && policy_plays_role(policy, flow->from) &&
	       policy_plays_role(policy, flow->to);
}

void policy_places_clear(struct policy_places *places)
{
	for (size_t i = 0; i < places->count; i++)
		addr_list_clear(&places->at[i].addresses);
	free(places->at);
	*places = (struct policy_places){ 0 };
}

/* Adds addresses to the place of that interface, which is made where it lacks. */
static int place_add(struct policy_places *places, const char *interface,
		     const struct addr_list *addresses)
{
	struct policy_place *grown;
	size_t length = strlen(interface);

	for (size_t i = 0; i < places->count; i++)
		if (!strcmp(places->at[i].interface, interface))
			return add_all(&places->at[i].addresses, addresses);
	if (length >= POLICY_INTERFACE_MAX)
		return -EINVAL;
	grown = realloc(places->at, (places->count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	places->at = grown;
	grown += places->count++;
	*grown = (struct policy_place){ 0 };
	memcpy(grown->interface, interface, length);
	return add_all(&grown->addresses, addresses);
}

static int place_add_each(struct policy_places *places, const struct policy_strings *interfaces,
			  const struct addr_list *addresses)
{
	int err = 0;

	for (size_t i = 0; !err && i < interfaces->count; i++)
		err = place_add(places, interfaces->at[i], addresses);
	return err;
}

/* moved: endpoints that say themselves behind which interface they live. */
static int zone_places(const struct policy *policy, enum zone zone, const struct addr_list *moved,
		       const struct addr_list *internal, struct policy_places *places)
{
	const struct policy_zone *z = &policy->zones[zone];
	auto_(addr_list_clear) struct addr_list own = { 0 };
	int err;

	if (zone == ZONE_EXTERNAL)
		err = rest_of_world(internal, &own);
	else
		err = add_all(&own, &z->networks);
	addr_list_normalise(&own);
	if (!err)
		err = take_away(&own, moved);
	if (!err && z->reaches_internet)
		err = add_all(&own, &policy->zone_addresses[ZONE_EXTERNAL]);
	return err ? err : place_add_each(places, &z->interfaces, &own);
}

bool policy_is_vlan_of(const char *name, const char *line)
{
	size_t length = strlen(line);

	return strncmp(name, line, length) == 0 && name[length] == '.';
}

enum zone policy_zone_of_line(const struct policy *policy, const char *name)
{
	enum zone zone = ZONE_NONE;
	size_t longest = 0;

	for (size_t i = 0; i < ZONE_COUNT; i++)
		for (size_t j = 0; j < policy->zones[i].interfaces.count; j++) {
			const char *line = policy->zones[i].interfaces.at[j];

			if (!strcmp(line, name))
				return (enum zone)i;
			if (strlen(line) > longest && policy_is_vlan_of(name, line)) {
				longest = strlen(line);
				zone = (enum zone)i;
			}
		}
	return zone;
}

int policy_places(const struct policy *policy, struct policy_places *ret)
{
	auto_(policy_places_clear) struct policy_places places = { 0 };
	auto_(addr_list_clear) struct addr_list moved = { 0 };
	auto_(addr_list_clear) struct addr_list internal = { 0 };
	int err = 0;

	for (size_t i = 0; !err && i < ROLE_COUNT; i++)
		if (policy->endpoints[i].interfaces.count)
			err = add_all(&moved, &policy->endpoints[i].addresses);
	for (size_t i = 0; !err && i < ZONE_COUNT; i++)
		err = add_all(&internal, &policy->zones[i].networks);
	addr_list_normalise(&moved);
	addr_list_normalise(&internal);

	for (size_t i = 0; !err && i < ZONE_COUNT; i++)
		if (policy->zones[i].declared)
			err = zone_places(policy, (enum zone)i, &moved, &internal, &places);
	for (size_t i = 0; !err && i < ROLE_COUNT; i++)
		err = place_add_each(&places, &policy->endpoints[i].interfaces,
				     &policy->endpoints[i].addresses);
	if (err)
		return err;
	for (size_t i = 0; i < places.count; i++)
		addr_list_normalise(&places.at[i].addresses);
	*ret = places;
	places = (struct policy_places){ 0 };
	return 0;
}
