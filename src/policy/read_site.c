/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of a policy about the site: appliance, configurations, zones, ports. */
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/read.h"

/* Takes the mark away that r began with, if there is no mistake more than before. */
static void sure_if_clean(struct reader *r, size_t before, enum read_unsure part)
{
	if (r->errors->count == before && !r->errors->truncated)
		r->unsure &= ~(unsigned int)part;
}

/* ---- appliance */

static const char *firewall_name(size_t i)
{
	return i == FIREWALL_SECURITY_CLOUD ? NULL : guideline_firewall_slug((enum firewall)i);
}

static void firewall_item(struct reader *r, const struct read_item *item, void *into)
{
	struct policy *policy = into;
	int firewall = guideline_firewall_of(item->text);

	if (firewall == FIREWALL_SECURITY_CLOUD)
		read_item_error(
			r, item,
			_("\"%s\" (自治体情報セキュリティクラウド) is run by the prefecture; "
			  "this appliance cannot play it"),
			item->text);
	else if (firewall < 0)
		read_word_error(r, item, _("a firewall of the guideline"), firewall_name,
				FIREWALL_COUNT);
	else if (policy->firewalls & FIREWALL_BIT((unsigned int)firewall))
		read_item_error(r, item, _("\"%s\" is there twice"), item->text);
	else
		policy->firewalls |= FIREWALL_BIT((unsigned int)firewall);
}

static void appliance_name(struct reader *r, config_setting_t *s, void *into)
{
	struct policy *policy = into;

	read_slug(r, s, &policy->appliance_name);
}

static void appliance_organisation(struct reader *r, config_setting_t *s, void *into)
{
	struct policy *policy = into;

	read_people_text(r, s, &policy->organisation);
}

static void appliance_firewalls(struct reader *r, config_setting_t *s, void *into)
{
	read_strings(r, s, firewall_item, into);
}

static const struct read_key appliance_keys[] = {
	{ "name", READ_TEXT, true, appliance_name },
	{ "organisation", READ_TEXT, true, appliance_organisation },
	{ "firewalls", READ_STRINGS, true, appliance_firewalls },
};

void read_appliance(struct reader *r, config_setting_t *s, void *into)
{
	size_t before = r->errors->count;

	(void)into;
	r->policy->appliance_line = read_line(s);
	read_group(r, s, appliance_keys, ARRAY_SIZE(appliance_keys), r->policy);
	sure_if_clean(r, before, READ_UNSURE_APPLIANCE);
}

/* ---- configurations */

static const char *configuration_name(size_t i)
{
	return guideline_configuration_slug((enum configuration)i);
}

static void configuration_item(struct reader *r, const struct read_item *item, void *into)
{
	struct policy *policy = into;
	int c = guideline_configuration_of(item->text);

	if (c < 0)
		read_word_error(r, item, _("a configuration of the guideline"), configuration_name,
				CONFIGURATION_COUNT);
	else if (policy->configurations & CONFIGURATION_BIT((unsigned int)c))
		read_item_error(r, item, _("\"%s\" is there twice"), item->text);
	else
		policy->configurations |= CONFIGURATION_BIT((unsigned int)c);
}

void read_configurations(struct reader *r, config_setting_t *s, void *into)
{
	size_t before = r->errors->count;

	(void)into;
	r->configurations_place = read_place_of(r, s);
	r->policy->configurations_line = read_line(s);
	read_strings(r, s, configuration_item, r->policy);
	sure_if_clean(r, before, READ_UNSURE_CONFIGURATIONS);
}

/* ---- zones */

struct zone_reading {
	enum zone zone; /* ZONE_NONE while its name is wrong */
	struct policy_zone *into;
};

static const char *zone_name(size_t i)
{
	return guideline_zone((enum zone)i)->slug;
}

/* Nothing to do: zone_of_group() has read the name before the other keys, which depend on it. */
static void zone_name_key(struct reader *r, config_setting_t *s, void *into)
{
	(void)r;
	(void)s;
	(void)into;
}

static void claim_interface(struct reader *r, const struct read_item *item, const char *name,
			    enum zone zone)
{
	struct read_interface *grown;

	for (size_t i = 0; i < r->interface_count; i++) {
		const struct read_interface *other = &r->interfaces[i];

		if (strcmp(other->name, name) != 0)
			continue;
		read_item_error(r, item,
				_("\"%s\" belongs to zone %s (line %d) already; an interface leads "
				  "to one zone"),
				name, zone_name(other->zone), other->place.line);
		return;
	}
	grown = realloc(r->interfaces, (r->interface_count + 1) * sizeof(*grown));
	if (!grown) {
		read_no_memory(r);
		return;
	}
	r->interfaces = grown;
	r->interfaces[r->interface_count++] =
		(struct read_interface){ .name = name, .zone = zone, .place = item->place };
}

static void zone_interface_item(struct reader *r, const struct read_item *item, void *into)
{
	struct zone_reading *z = into;
	struct policy_strings *interfaces = &z->into->interfaces;
	size_t before = interfaces->count;

	read_interface_item(r, item, interfaces);
	if (interfaces->count > before && z->zone != ZONE_NONE)
		claim_interface(r, item, interfaces->at[before], z->zone);
}

static void zone_interfaces(struct reader *r, config_setting_t *s, void *into)
{
	read_strings(r, s, zone_interface_item, into);
}

static bool zone_may_have_networks(struct reader *r, const config_setting_t *s,
				   const struct zone_reading *z)
{
	if (z->zone != ZONE_EXTERNAL)
		return true;
	read_error(r, s,
		   _("the zone external has no networks of its own: it is every address that "
		     "is in no other zone"));
	return false;
}

static void zone_networks(struct reader *r, config_setting_t *s, void *into)
{
	struct zone_reading *z = into;
	struct read_target target = { READ_NETWORK, (uint32_t)z->zone, &z->into->networks };

	if (zone_may_have_networks(r, s, z))
		read_strings(r, s, read_range_item, &target);
}

static void zone_networks_file(struct reader *r, config_setting_t *s, void *into)
{
	struct zone_reading *z = into;
	struct read_target target = { READ_NETWORK, (uint32_t)z->zone, &z->into->networks };

	if (zone_may_have_networks(r, s, z))
		read_list_file(r, s, read_range_item, &target);
}

static void zone_reaches_internet(struct reader *r, config_setting_t *s, void *into)
{
	struct zone_reading *z = into;

	if (z->zone != ZONE_INTERNET && z->zone != ZONE_NONE)
		read_error(r, s,
			   _("only the zone internet can have it: its line to the security "
			     "cloud"));
	else
		z->into->reaches_internet = config_setting_get_bool(s);
}

static void source_nat_item(struct reader *r, const struct read_item *item, void *into)
{
	struct zone_reading *z = into;
	struct addr_range range;
	char quoted[READ_QUOTE_MAX];
	struct addr a;

	read_quote(item->text, quoted);
	if (addr_parse(item->text, &a)) {
		read_item_error(r, item, _("%s is not one address, as \"192.0.2.10\""), quoted);
	} else if (a.family == 4 ? z->into->has_source_nat4 : z->into->has_source_nat6) {
		read_item_error(r, item,
				_("%s is a second address of IPv%d; expected at most one of IPv4 "
				  "and one of IPv6"),
				quoted, a.family);
	} else {
		range.family = a.family;
		memcpy(range.first, a.b, sizeof(a.b));
		memcpy(range.last, a.b, sizeof(a.b));
		read_note_range(r, &range, READ_NAT, (uint32_t)z->zone, item->place);
		*(a.family == 4 ? &z->into->has_source_nat4 : &z->into->has_source_nat6) = true;
		*(a.family == 4 ? &z->into->source_nat4 : &z->into->source_nat6) = a;
	}
}

static void zone_source_nat(struct reader *r, config_setting_t *s, void *into)
{
	const struct zone_reading *z = into;
	struct read_item item;

	if (z->zone != ZONE_EXTERNAL && z->zone != ZONE_INTERNET && z->zone != ZONE_NONE) {
		read_error(r, s, _("only the zones external and internet can have it"));
	} else if (config_setting_type(s) == CONFIG_TYPE_STRING) {
		item = read_item_of(r, s);
		source_nat_item(r, &item, into);
	} else if (read_has_type(r, s, READ_STRINGS)) {
		read_strings(r, s, source_nat_item, into);
	}
}

static const struct read_key zone_keys[] = {
	{ "name", READ_TEXT, true, zone_name_key },
	{ "interfaces", READ_STRINGS, true, zone_interfaces },
	{ "networks", READ_STRINGS, false, zone_networks },
	{ "networks_file", READ_TEXT, false, zone_networks_file },
	{ "reaches_internet", READ_BOOL, false, zone_reaches_internet },
	{ "source_nat", READ_ANY, false, zone_source_nat },
};

/* The zone of the group's name; ZONE_NONE (told, but for a missing or mistyped key) if it is none.
 */
static enum zone zone_of_group(struct reader *r, const config_setting_t *group)
{
	const config_setting_t *s = config_setting_get_member(group, "name");
	struct read_item item;
	int zone;

	if (!s || config_setting_type(s) != CONFIG_TYPE_STRING)
		return ZONE_NONE;
	item = read_item_of(r, s);
	zone = guideline_zone_of(item.text);
	if (zone < 0) {
		read_word_error(r, &item, _("a zone of the guideline"), zone_name, ZONE_COUNT);
		return ZONE_NONE;
	}
	if (r->policy->zones[zone].declared) {
		read_item_error(r, &item, _("the zone %s is there twice; the first is in line %d"),
				item.text, r->zone_place[zone].line);
		return ZONE_NONE;
	}
	return (enum zone)zone;
}

static void clear_zone(struct policy_zone *zone)
{
	for (size_t i = 0; i < zone->interfaces.count; i++)
		free(zone->interfaces.at[i]);
	free(zone->interfaces.at);
	addr_list_clear(&zone->networks);
}

static void read_zone(struct reader *r, config_setting_t *group)
{
	auto_(clear_zone) struct policy_zone nowhere = { 0 };
	struct zone_reading z = { .zone = zone_of_group(r, group), .into = &nowhere };
	const size_t ranges = r->range_count, unknown = r->unknown_keys;

	if (z.zone != ZONE_NONE) {
		z.into = &r->policy->zones[z.zone];
		z.into->declared = true;
		z.into->line = read_line(group);
		r->zone_place[z.zone] = read_place_of(r, group);
	}
	read_group(r, group, zone_keys, ARRAY_SIZE(zone_keys), &z);
	if (z.zone == ZONE_NONE)
		r->range_count = ranges;
	else if (z.zone != ZONE_EXTERNAL && r->unknown_keys == unknown &&
		 !config_setting_get_member(group, "networks") &&
		 !config_setting_get_member(group, "networks_file"))
		read_error(r, group,
			   _("\"networks\" is missing; expected the addresses of the "
			     "zone, [ \"192.0.2.0/24\", ... ]"));
}

/* Whoever is behind a line can tag frames for a VLAN on it. */
static void check_vlans(struct reader *r)
{
	for (size_t i = 0; i < r->interface_count; i++)
		for (size_t j = 0; j < r->interface_count; j++) {
			const struct read_interface *vlan = &r->interfaces[i];
			const struct read_interface *line = &r->interfaces[j];

			if (vlan->zone == line->zone || !policy_is_vlan_of(vlan->name, line->name))
				continue;
			errors_add(
				r->errors, vlan->place.file, vlan->place.line,
				_("zones.%s.interfaces: \"%s\" is a VLAN on \"%s\", which "
				  "belongs to the zone %s (line %d): whoever is behind that can "
				  "send frames with the tag of the VLAN, and pass for the zone %s "
				  "(%s). Expected a line of its own, or a VLAN for each of them"),
				zone_name(vlan->zone), vlan->name, line->name,
				zone_name(line->zone), line->place.line, zone_name(vlan->zone),
				guideline_zone(vlan->zone)->name_ja);
		}
}

void read_zones(struct reader *r, config_setting_t *s, void *into)
{
	size_t before = r->errors->count;

	(void)into;
	for (unsigned int i = 0; i < (unsigned int)config_setting_length(s); i++) {
		config_setting_t *group = config_setting_get_elem(s, i);

		if (config_setting_is_group(group))
			read_zone(r, group);
	}
	check_vlans(r);
	sure_if_clean(r, before, READ_UNSURE_ZONES);
}

/* ---- ports */

static const char *port_group_name(size_t i)
{
	return i == PORT_GROUP_CLOUD ? NULL : guideline_port_group_slug((enum port_group)i);
}

void read_port_groups(struct reader *r, config_setting_t *s, void *into)
{
	(void)into;
	r->ports_place = read_place_of(r, s);
	for (unsigned int i = 0; i < (unsigned int)config_setting_length(s); i++) {
		config_setting_t *member = config_setting_get_elem(s, i);
		int group = guideline_port_group_of(config_setting_name(member));
		struct read_item item = { .text = config_setting_name(member),
					  .place = read_place_of(r, member),
					  .key = s };

		if (group < 0) {
			r->unsure |= READ_UNSURE_PORTS;
			read_word_error(r, &item, _("a port group of the guideline"),
					port_group_name, PORT_GROUP_COUNT);
		} else if (group == PORT_GROUP_CLOUD) {
			read_error(r, member,
				   _("each cloud service has its own ports; give them "
				     "in services"));
		} else {
			r->declared_ports[group] = true;
			r->policy->ports_line[group] = read_line(member);
			if (!read_has_type(r, member, READ_STRINGS))
				continue;
			read_strings(r, member, read_port_item, &r->policy->ports[group]);
			read_port_span(r, member, &r->policy->ports[group]);
		}
	}
}
