/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The endpoints of a policy: who plays the guideline's roles. */
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/read.h"

/* The role is played by somebody whom endpoints can declare. */
static bool is_endpoint_role(size_t i)
{
	const struct guideline_role *role = guideline_role((enum role)i);

	return !role->is_service && role->zone != ZONE_EXTERNAL;
}

static const char *endpoint_name(size_t i)
{
	return is_endpoint_role(i) ? guideline_role((enum role)i)->slug : NULL;
}

static void endpoint_addresses(struct reader *r, config_setting_t *s, void *into)
{
	read_strings(r, s, read_range_item, into);
}

static void endpoint_addresses_file(struct reader *r, config_setting_t *s, void *into)
{
	read_list_file(r, s, read_range_item, into);
}

static void endpoint_interfaces(struct reader *r, config_setting_t *s, void *into)
{
	const struct read_target *target = into;

	read_strings(r, s, read_interface_item, &r->policy->endpoints[target->index].interfaces);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Six pairs of hexadecimal digits with colons, or hyphens, between them. */
static bool parse_mac(const char *text, uint8_t out[6])
{
	if (strlen(text) != 17)
		return false;
	for (size_t i = 0; i < 6; i++) {
		int high = hex_digit(text[3 * i]), low = hex_digit(text[3 * i + 1]);
		char after = text[3 * i + 2];

		if (high < 0 || low < 0 || (i < 5 && (after != text[2] || !strchr(":-", after))))
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool is_known_mac(const struct policy *policy, const uint8_t mac[6])
{
	for (size_t i = 0; i < ROLE_COUNT; i++) {
		const struct policy_macs *macs = &policy->endpoints[i].macs;

		for (size_t j = 0; j < macs->count; j++)
			if (!memcmp(macs->at[j], mac, sizeof(macs->at[j])))
				return true;
	}
	return false;
}

static void mac_item(struct reader *r, const struct read_item *item, void *into)
{
	static const uint8_t zero[6] = { 0 };
	struct policy_macs *macs = into;
	char quoted[READ_QUOTE_MAX];
	uint8_t mac[6], (*grown)[6];

	read_quote(item->text, quoted);
	if (!parse_mac(item->text, mac)) {
		read_item_error(r, item,
				_("%s is not a MAC address; expected one like "
				  "\"02:00:00:00:00:01\""),
				quoted);
	} else if ((mac[0] & 1) || !memcmp(mac, zero, sizeof(zero))) {
		read_item_error(r, item, _("%s is the MAC address of no single network card"),
				quoted);
	} else if (is_known_mac(r->policy, mac)) {
		read_item_error(r, item, _("%s is there twice"), quoted);
	} else {
		grown = realloc(macs->at, (macs->count + 1) * sizeof(*grown));
		if (!grown) {
			read_no_memory(r);
			return;
		}
		macs->at = grown;
		memcpy(grown[macs->count++], mac, sizeof(mac));
	}
}

static void endpoint_mac(struct reader *r, config_setting_t *s, void *into)
{
	const struct read_target *target = into;

	if (guideline_role((enum role)target->index)->in_cloud)
		read_error(r, s,
			   _("frames from a cloud carry the MAC address of a router; only who "
			     "stands on a network of the appliance can be told by it"));
	else
		read_strings(r, s, mac_item, &r->policy->endpoints[target->index].macs);
}

static void endpoint_ismap(struct reader *r, config_setting_t *s, void *into)
{
	const struct read_target *target = into;
	enum role role = (enum role)target->index;

	if (role != ROLE_MYNUMBER_DAAS && role != ROLE_LGWAN_DAAS && role != ROLE_INTERNET_DAAS)
		read_error(r, s, _("only a DaaS is on the ISMAP list; %s (%s) is none"),
			   guideline_role(role)->slug, guideline_role(role)->name_ja);
	else
		read_ismap(r, s, &r->policy->endpoints[role].ismap);
}

static const struct read_key endpoint_keys[] = {
	{ "addresses", READ_STRINGS, false, endpoint_addresses },
	{ "addresses_file", READ_TEXT, false, endpoint_addresses_file },
	{ "interfaces", READ_STRINGS, false, endpoint_interfaces },
	{ "mac", READ_STRINGS, false, endpoint_mac },
	{ "ismap", READ_GROUP, false, endpoint_ismap },
};

/* What is managed lives where it lives, in any zone, and is never the source of a flow. */
static const struct read_key target_keys[] = {
	{ "addresses", READ_STRINGS, false, endpoint_addresses },
	{ "addresses_file", READ_TEXT, false, endpoint_addresses_file },
};

static void read_endpoint(struct reader *r, config_setting_t *s, enum role role)
{
	struct policy_endpoint *endpoint = &r->policy->endpoints[role];
	struct read_target target = { READ_ENDPOINT, (uint32_t)role, &endpoint->addresses };
	char quoted[READ_QUOTE_MAX];

	endpoint->declared = true;
	endpoint->line = read_line(s);
	r->role_place[role] = read_place_of(r, s);
	if (config_setting_is_group(s)) {
		const size_t unknown = r->unknown_keys;

		if (role == ROLE_MANAGED_TARGET)
			read_group(r, s, target_keys, ARRAY_SIZE(target_keys), &target);
		else
			read_group(r, s, endpoint_keys, ARRAY_SIZE(endpoint_keys), &target);
		if (r->unknown_keys == unknown && !config_setting_get_member(s, "addresses") &&
		    !config_setting_get_member(s, "addresses_file"))
			read_error(r, s, _("\"addresses\" or \"addresses_file\" is missing"));
	} else if (config_setting_type(s) == CONFIG_TYPE_STRING) {
		endpoint->declared = false;
		r->declared_none[role] = true;
		if (strcmp(config_setting_get_string(s), "none") != 0)
			read_error(r, s,
				   _("%s is no list; expected [ \"...\" ], or \"none\" if nobody "
				     "plays this role here"),
				   read_quote(config_setting_get_string(s), quoted));
	} else if (read_has_type(r, s, READ_STRINGS)) {
		read_strings(r, s, read_range_item, &target);
	}
}

static void not_an_endpoint(struct reader *r, const config_setting_t *s, enum role role)
{
	const struct guideline_role *of = guideline_role(role);

	if (of->is_service)
		read_error(r, s,
			   _("the role (%s) is played by cloud services; declare it in services, "
			     "role = \"%s\""),
			   of->name_ja, of->slug);
	else if (role == ROLE_EXTERNAL_TENANT)
		read_error(r, s,
			   _("the role (%s) cannot be told by addresses, which all tenants share: "
			     "the own one is told by tenant_names in services, and all others are "
			     "refused. Terminals of the internet zone reach them through the "
			     "security cloud, not through this appliance"),
			   of->name_ja);
	else
		read_error(r, s,
			   _("the role (%s) is played by every external address; there is nothing "
			     "to declare"),
			   of->name_ja);
}

void read_endpoints(struct reader *r, config_setting_t *s, void *into)
{
	(void)into;
	r->endpoints_place = read_place_of(r, s);
	for (unsigned int i = 0; i < (unsigned int)config_setting_length(s); i++) {
		config_setting_t *member = config_setting_get_elem(s, i);
		int role = guideline_role_of(config_setting_name(member));
		struct read_item item = { .text = config_setting_name(member),
					  .place = read_place_of(r, member),
					  .key = s };

		if (role < 0) {
			r->unsure |= READ_UNSURE_ENDPOINTS;
			read_word_error(r, &item, _("a role of the guideline"), endpoint_name,
					ROLE_COUNT);
		} else if (!is_endpoint_role((size_t)role)) {
			not_an_endpoint(r, member, (enum role)role);
		} else {
			read_endpoint(r, member, (enum role)role);
		}
	}
}
