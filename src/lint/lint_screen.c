/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Screen transfer: encrypted, nothing else beside it, from designated terminals, printed over the
 * network. */
#include <netinet/in.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "lint/lint_parts.h"
#include "lint/width.h"

/* More IPv4 addresses are no list of terminals. */
#define DESIGNATED_MAX 1024

/* A port that must not be among those of screen transfer. */
struct bad_port {
	uint8_t l4proto; /* 0: TCP and UDP */
	uint16_t first, last;
	const char *name;
};

/* Not encrypted by themselves, or only if set up so at both ends. */
static const struct bad_port plain_ports[] = {
	{ IPPROTO_TCP, 23, 23, "telnet" },
	{ IPPROTO_TCP, 80, 80, "HTTP" },
	{ IPPROTO_UDP, 177, 177, "XDMCP" },
	{ 0, 1494, 1494, "Citrix ICA" },
	{ 0, 2598, 2598, "Citrix ICA with session reliability" },
	{ 0, 3389, 3389, "RDP" },
	{ IPPROTO_TCP, 5800, 5999, "VNC" },
	{ IPPROTO_TCP, 6000, 6063, "X11" },
	{ IPPROTO_TCP, 8008, 8008, "Citrix HTML5" },
};

/* Devices and files of the terminal in hand, by a connection of their own. Source: the port lists
 * of VMware Horizon (9427, 32111); IANA. */
static const struct bad_port device_ports[] = {
	{ IPPROTO_TCP, 20, 21, "FTP" },
	{ 0, 137, 139, "NetBIOS" },
	{ IPPROTO_TCP, 445, 445, "SMB" },
	{ IPPROTO_TCP, 515, 515, "LPD" },
	{ IPPROTO_TCP, 548, 548, "AFP" },
	{ IPPROTO_TCP, 631, 631, "IPP" },
	{ 0, 2049, 2049, "NFS" },
	{ IPPROTO_TCP, 3240, 3240, "USB/IP" },
	{ IPPROTO_TCP, 9100, 9100, "JetDirect" },
	{ IPPROTO_TCP, 9427, 9427, "Horizon: drives, multimedia, printers" },
	{ IPPROTO_TCP, 32111, 32111, "Horizon: USB" },
};

/* Commands and files, and through some of them any port: never part of a screen transfer. Source:
 * IANA. */
static const struct bad_port shell_ports[] = {
	{ IPPROTO_TCP, 22, 22, "SSH" },       { IPPROTO_TCP, 23, 23, "telnet" },
	{ IPPROTO_UDP, 69, 69, "TFTP" },      { IPPROTO_TCP, 512, 514, "rexec, rlogin and rsh" },
	{ IPPROTO_TCP, 873, 873, "rsync" },   { IPPROTO_TCP, 989, 990, "FTP over TLS" },
	{ IPPROTO_TCP, 5985, 5986, "WinRM" },
};

/* More ports than any product has for its screen transfer, of TCP and UDP together. */
#define SCREEN_PORTS_MAX 2000U

static const enum port_group screen_groups[] = { PORT_GROUP_SCREEN_TRANSFER, PORT_GROUP_VPN };

static bool includes(const struct policy_port *port, const struct bad_port *bad)
{
	return (!bad->l4proto || bad->l4proto == port->l4proto) && port->first <= bad->last &&
	       port->last >= bad->first;
}

static bool ports_include(const struct policy_ports *ports, const struct bad_port *bad,
			  size_t count)
{
	for (size_t i = 0; i < ports->count; i++)
		for (size_t j = 0; j < count; j++)
			if (includes(&ports->at[i], &bad[j]))
				return true;
	return false;
}

/* Calls what for every port of the screen-transfer groups that includes a bad one. */
static void each_bad_port(struct lint *l, const struct bad_port *bad, size_t count,
			  void (*tell)(struct lint *l, enum port_group group, const char *port,
				       const char *name))
{
	char text[LINT_PORT_MAX];

	for (size_t g = 0; g < ARRAY_SIZE(screen_groups); g++) {
		const struct policy_ports *ports = &l->policy->ports[screen_groups[g]];

		for (size_t i = 0; i < ports->count; i++)
			for (size_t j = 0; j < count; j++)
				if (includes(&ports->at[i], &bad[j]))
					tell(l, screen_groups[g],
					     lint_port_text(&ports->at[i], text), bad[j].name);
	}
}

/* ---- encrypted */

static void tell_plain(struct lint *l, enum port_group group, const char *port, const char *name)
{
	lint_find(l, LINT_ERROR, l->policy->ports_line[group],
		  _("use the port that carries it in TLS, DTLS or IPsec, mostly tcp/443 of a "
		    "gateway"),
		  _("ports.%s: %s opens %s, which is not encrypted by itself"),
		  guideline_port_group_slug(group), port, name);
}

void lint_screen_path_encrypted(struct lint *l)
{
	static const char *const keys[] = { "common/screen-path-encryption", NULL };

	each_bad_port(l, plain_ports, ARRAY_SIZE(plain_ports), tell_plain);
	(void)lint_need_attestation(
		l, LINT_ERROR, keys,
		_("how every path of the screen transfer is encrypted, wireless "
		  "ones too (WPA2 or WPA3)"));
}

/* ---- no devices */

static void tell_device(struct lint *l, enum port_group group, const char *port, const char *name)
{
	lint_opens(l, l->policy->ports_line[group],
		   _("list the ports of the screen transfer alone"),
		   _("ports.%s: %s opens %s, by which devices and files are shared with the "
		     "terminal in hand"),
		   guideline_port_group_slug(group), port, name);
}

static void tell_shell(struct lint *l, enum port_group group, const char *port, const char *name)
{
	lint_opens(l, l->policy->ports_line[group],
		   _("list the ports of the screen transfer alone"),
		   _("ports.%s: %s opens %s, by which commands are run or files are copied beside "
		     "the screen transfer"),
		   guideline_port_group_slug(group), port, name);
}

static void check_screen_width(struct lint *l)
{
	for (size_t g = 0; g < ARRAY_SIZE(screen_groups); g++) {
		enum port_group group = screen_groups[g];
		const struct policy_ports *ports = &l->policy->ports[group];
		unsigned int count =
			width_of_ports(ports, IPPROTO_TCP) + width_of_ports(ports, IPPROTO_UDP);

		if (count > SCREEN_PORTS_MAX)
			lint_opens(l, l->policy->ports_line[group],
				   _("list the ports of the screen transfer alone"),
				   _("ports.%s: %u ports are no list of those of the screen "
				     "transfer; whatever else listens there can be reached"),
				   guideline_port_group_slug(group), count);
	}
}

static const enum role terminals[] = { ROLE_LGWAN_TERMINAL, ROLE_INTERNET_TERMINAL };
static const enum role desktops[] = {
	ROLE_MYNUMBER_DAAS,        ROLE_LGWAN_DAAS,        ROLE_INTERNET_DAAS,
	ROLE_MYNUMBER_VDI,         ROLE_LGWAN_VDI,         ROLE_INTERNET_VDI,
	ROLE_MYNUMBER_VPN_GATEWAY, ROLE_LGWAN_VPN_GATEWAY, ROLE_INTERNET_VPN_GATEWAY,
};

static bool touches_role(const struct policy *policy, const struct addr_list *list,
			 const enum role *roles, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (addr_list_overlap(list, &policy->endpoints[roles[i]].addresses, NULL))
			return true;
	return false;
}

static bool from_terminal_to(const struct policy *policy, const struct policy_exception *e,
			     const enum role *to, size_t count)
{
	return touches_role(policy, &e->from, terminals, ARRAY_SIZE(terminals)) &&
	       touches_role(policy, &e->to, to, count);
}

static bool from_desktop_to_terminal(const struct policy *policy, const struct policy_exception *e)
{
	return touches_role(policy, &e->from, desktops, ARRAY_SIZE(desktops)) &&
	       touches_role(policy, &e->to, terminals, ARRAY_SIZE(terminals));
}

void lint_device_redirection_ban(struct lint *l)
{
	static const char *const keys[] = { "common/device-redirect-ban", NULL };
	const struct policy *policy = l->policy;

	each_bad_port(l, device_ports, ARRAY_SIZE(device_ports), tell_device);
	each_bad_port(l, shell_ports, ARRAY_SIZE(shell_ports), tell_shell);
	check_screen_width(l);
	for (size_t i = 0; i < policy->exception_count; i++) {
		const struct policy_exception *e = &policy->exceptions[i];

		if (from_terminal_to(policy, e, desktops, ARRAY_SIZE(desktops)) ||
		    from_desktop_to_terminal(policy, e))
			lint_opens(l, e->line, _("leave the exception out"),
				   _("exceptions, %s: joins a terminal and a virtual desktop "
				     "beside the screen transfer"),
				   e->name);
	}
	(void)lint_need_attestation(
		l, LINT_ERROR, keys,
		_("that clipboard, printers and drives are shared neither way"));
}

/* ---- printed over the network */

/* By a port of printers and shares, or of the site's own print group. */
static bool opens_print(const struct policy *policy, const struct policy_exception *e)
{
	const struct policy_ports *print = &policy->ports[PORT_GROUP_PRINT];

	if (ports_include(&e->ports, device_ports, ARRAY_SIZE(device_ports)))
		return true;
	for (size_t i = 0; i < print->count; i++) {
		const struct bad_port port = { print->at[i].l4proto, print->at[i].first,
					       print->at[i].last, "" };

		if (ports_include(&e->ports, &port, 1))
			return true;
	}
	return false;
}

static bool prints_from_terminal(const struct policy *policy, const struct policy_exception *e)
{
	static const enum role printer[] = { ROLE_MYNUMBER_PRINTER };

	if (from_terminal_to(policy, e, printer, ARRAY_SIZE(printer)))
		return true;
	return touches_role(policy, &e->from, terminals, ARRAY_SIZE(terminals)) &&
	       addr_list_overlap(&e->to, &policy->zone_addresses[ZONE_MYNUMBER], NULL) &&
	       opens_print(policy, e);
}

void lint_network_print_only(struct lint *l)
{
	const struct policy *policy = l->policy;

	for (size_t i = 0; i < policy->exception_count; i++)
		if (prints_from_terminal(policy, &policy->exceptions[i]))
			lint_opens(l, policy->exceptions[i].line,
				   _("leave the exception out; print from the virtual desktop to "
				     "the role mynumber-printer"),
				   _("exceptions, %s: lets a terminal reach a printer or share of "
				     "the My Number zone"),
				   policy->exceptions[i].name);
	if (!policy_plays_role(policy, ROLE_MYNUMBER_PRINTER))
		lint_find(l, LINT_NOTE, 0, "",
			  _("no mynumber-printer is declared: nothing prints from the virtual "
			    "desktops through this appliance"));
}

/* ---- designated terminals */

/* The endpoints from which a screen-transfer flow in use leads to the My Number zone. */
static bool transfers_to_mynumber(const struct policy *policy, enum role role)
{
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);

	for (size_t i = 0; i < count; i++)
		if (flows[i].screen_transfer && flows[i].from == role &&
		    guideline_role(flows[i].to)->zone == ZONE_MYNUMBER &&
		    policy_uses_flow(policy, &flows[i]))
			return true;
	return false;
}

static bool range_within(const struct addr_range *inner, const struct addr_range *outer)
{
	return inner->family == outer->family &&
	       memcmp(inner->first, outer->first, sizeof(inner->first)) >= 0 &&
	       memcmp(inner->last, outer->last, sizeof(inner->last)) <= 0;
}

/* How many networks of the zone are wholly in the addresses; *ret_one is one of them. */
static size_t whole_networks(const struct addr_list *networks, const struct addr_list *addresses,
			     const struct addr_range **ret_one)
{
	size_t count = 0;

	for (size_t i = 0; i < networks->count; i++)
		for (size_t j = 0; j < addresses->count; j++) {
			if (!range_within(&networks->at[i], &addresses->at[j]))
				continue;
			*ret_one = &networks->at[i];
			count++;
		}
	return count;
}

static void check_designated(struct lint *l, enum role role)
{
	const struct policy_endpoint *e = &l->policy->endpoints[role];
	const struct addr_list *networks = &l->policy->zones[guideline_role(role)->zone].networks;
	const char *slug = guideline_role(role)->slug;
	const char *mend = _("list the addresses of the designated staff's terminals; or attest "
			     "\"designated-terminals-only\", if no other machines are there");
	struct width size = width_of(&e->addresses);
	const struct addr_range *network = NULL;
	char text[ADDR_RANGE_TEXT_MAX];
	size_t whole;

	if (!transfers_to_mynumber(l->policy, role))
		return;
	whole = whole_networks(networks, &e->addresses, &network);
	if (whole && whole == networks->count)
		lint_find(l, LINT_ERROR, e->line, mend,
			  _("endpoints.%s: it is the whole zone; any machine in it could open the "
			    "My Number screen"),
			  slug);
	else if (whole && !lint_attestation(l, l->condition->id, NULL))
		lint_find(l, LINT_WARNING, e->line, mend,
			  _("endpoints.%s: %s is a whole network of the zone; any machine in it "
			    "could open the My Number screen"),
			  slug, addr_range_text(network, text));
	else if (size.ipv4 > DESIGNATED_MAX && !lint_attestation(l, l->condition->id, NULL))
		lint_find(l, LINT_WARNING, e->line, mend,
			  _("endpoints.%s: %llu addresses are many for designated staff"), slug,
			  (unsigned long long)size.ipv4);
}

void lint_designated_terminals_only(struct lint *l)
{
	static const char *const staff[] = { "common/org-designated-staff", NULL };
	static const char *const logs[] = { "own/daas-access-log", "own/vdi-access-log",
					    "own/vpn-access-log", "own/sb-access-log", NULL };

	for (size_t i = 0; i < ARRAY_SIZE(terminals); i++)
		check_designated(l, terminals[i]);
	if (lint_need_attestation(l, LINT_ERROR, staff,
				  _("the list of the staff who may use the My Number screen "
				    "transfer")) &&
	    !lint_attestation(l, l->condition->id, logs))
		lint_find(l, LINT_WARNING, 0,
			  _("attest the access log of the desktops, as \"own/daas-access-log\""),
			  _("nobody attests that the access logs are looked through for others "
			    "than designated staff"));
}
