/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the appliance does for each control, and what it does not. */
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "report/controls_parts.h"

static const char rest_other_devices[] =
	N_("The same on all other devices that the guideline names: terminals, servers, the other "
	   "firewalls, switches and wireless access points.");
static const char rest_service_log[] =
	N_("To take the service's own access log, and to look through it.");
static const char rest_product[] = N_("That the product in use does this.");
static const char aid_service_log[] =
	N_("Records each connection to it through this appliance (time, source, destination, "
	   "verdict), to compare with.");
static const char aid_sole_path[] =
	N_("Lets nothing but the ports of the screen transfer pass between the terminals and the "
	   "virtual desktops.");
static const char aid_updates[] =
	N_("Lets the update services that the policy names be reached, so that it can be kept "
	   "current.");
static const char does_version[] = N_("Says its own version.");
static const char does_allow_list[] =
	N_("Permits only these sources, destinations and ports; refuses and records everything "
	   "else.");
static const char does_gateway[] =
	N_("Permits the terminals to reach only the gateway, only on the VPN's ports; refuses and "
	   "records everything else.");
static const char does_screens[] =
	N_("Permits only the terminals' addresses, only on the ports of the screen transfer, "
	   "through this appliance.");
static const char does_privileges[] =
	N_("Runs as a user of its own without root's power; operators of the declared group can "
	   "reload and ask, and no more.");

static const struct controls_duty duties[] = {
	{ .id = "access-restriction-mynumber",
	  .evidence = EVIDENCE_FLOWS,
	  .share = CONTROLS_WHOLE,
	  .does = does_allow_list,
	  .proofs = { "mynumber-desktop-elsewhere", "mynumber-vdi-elsewhere" } },
	{ .id = "csp-access-restriction",
	  .evidence = EVIDENCE_FLOWS,
	  .share = CONTROLS_WHOLE,
	  .does = does_allow_list,
	  .proofs = { "mynumber-desktop-elsewhere" } },
	{ .id = "access-restriction-internet",
	  .evidence = EVIDENCE_FLOWS,
	  .share = CONTROLS_WHOLE,
	  .does = does_allow_list,
	  .proofs = { "internet-desktop-elsewhere", "internet-vdi-elsewhere" } },
	{ .id = "access-restriction-lgwan",
	  .evidence = EVIDENCE_FLOWS,
	  .share = CONTROLS_WHOLE,
	  .does = does_allow_list,
	  .proofs = { "lgwan-desktop-elsewhere", "lgwan-vdi-elsewhere" } },
	{ .id = "access-restriction-mynumber-vpn",
	  .evidence = EVIDENCE_FLOWS,
	  .share = CONTROLS_WHOLE,
	  .does = does_gateway,
	  .proofs = { "terminal-to-vpn-elsewhere" } },
	{ .id = "access-restriction-internet-vpn",
	  .evidence = EVIDENCE_FLOWS,
	  .share = CONTROLS_WHOLE,
	  .does = does_gateway },
	{ .id = "access-restriction-lgwan-vpn",
	  .evidence = EVIDENCE_FLOWS,
	  .share = CONTROLS_WHOLE,
	  .does = does_gateway },
	{ .id = "block-internet-to-mynumber",
	  .evidence = EVIDENCE_MYNUMBER,
	  .share = CONTROLS_WHOLE,
	  .does = N_("Drops and records every packet from the internet zone and from outside to "
		     "the My Number zone, before any permission is looked at, but for the screen "
		     "transfer of the configuration where it has one."),
	  .proofs = { "internet-to-mynumber" } },
	{ .id = "daas-source-restriction",
	  .evidence = EVIDENCE_FLOWS,
	  .share = CONTROLS_PART,
	  .does = does_screens,
	  .rest = N_("The restriction of sources on the DaaS itself: it can be reached by other "
		     "ways than through this appliance."),
	  .proofs = { "desktop-from-other-source", "terminal-to-desktop-other-ports" } },
	{ .id = "vdi-source-restriction",
	  .evidence = EVIDENCE_FLOWS,
	  .share = CONTROLS_PART,
	  .does = does_screens,
	  .rest = N_("The restriction on the VDI itself towards hosts of its own zone, whose "
		     "packets do not cross this appliance."),
	  .proofs = { "desktop-from-other-source", "terminal-to-desktop-other-ports" } },
	{ .id = "lgwan-screen-transfer",
	  .evidence = EVIDENCE_LGWAN_SCREENS,
	  .share = CONTROLS_PART,
	  .does = N_("Between the internet zone and the LGWAN zone permits only screen transfer "
		     "and the declared relay servers; refuses and records everything else."),
	  .rest = N_("To switch off the clipboard and the like inside the screen transfer, which "
		     "cannot be seen from outside it."),
	  .proofs = { "internet-to-lgwan", "lgwan-to-internet-data" } },
	{ .id = "destination-restriction",
	  .evidence = EVIDENCE_DESTINATIONS,
	  .share = CONTROLS_WHOLE,
	  .does = N_(
		  "Permits only the destinations that the policy names, by address and port and, "
		  "for services with names, by the host name that the connection says; refuses "
		  "and records everything else."),
	  .proofs = { "unadopted-cloud", "lgwan-to-unpermitted-external",
		      "lgwan-to-external-but-daas" } },
	{ .id = "tenant-access-control",
	  .evidence = EVIDENCE_TENANTS,
	  .share = CONTROLS_WHOLE,
	  .does = N_("Permits a connection to a service only if the host name that it says is one "
		     "of the own tenant's."),
	  .proofs = { "other-tenant", "external-meeting-from-lgwan" } },
	{ .id = "path-encryption",
	  .evidence = EVIDENCE_ENCRYPTION,
	  .share = CONTROLS_PART,
	  .does = N_("On the TLS ports of services lets only connections pass that begin with a "
		     "TLS ClientHello."),
	  .rest = N_("Which versions and ciphers the services accept, and the encryption of "
		     "everything that is permitted by address and port alone.") },
	{ .id = "maint-destination-restriction",
	  .evidence = EVIDENCE_MAINTENANCE,
	  .share = CONTROLS_WHOLE,
	  .does = N_("Permits the maintenance terminals only what the policy declares; refuses "
		     "and records everything else."),
	  .proofs = { "maintenance-to-internet" } },
	{ .id = "maint-access-log",
	  .evidence = EVIDENCE_MAINTENANCE_LOG,
	  .share = CONTROLS_PART,
	  .does = N_("Records each connection of the maintenance terminals through this appliance "
		     "before it passes."),
	  .rest = N_("The managed targets' own logs of access.") },
	{ .id = "access-control",
	  .evidence = EVIDENCE_MANAGEMENT,
	  .share = CONTROLS_PART,
	  .does = N_("Can itself be reached only from the declared addresses and ports; commands "
		     "to it are taken only from root, its own user and the operators' group."),
	  .rest = rest_other_devices },
	{ .id = "privilege-management",
	  .evidence = EVIDENCE_MANAGEMENT,
	  .share = CONTROLS_PART,
	  .does = does_privileges,
	  .rest = rest_other_devices },
	{ .id = "csp-admin-privilege",
	  .evidence = EVIDENCE_CSP_MANAGEMENT,
	  .share = CONTROLS_PART,
	  .does = does_privileges,
	  .rest = N_("Who administers the machine on which the CSP firewall runs.") },
	{ .id = "ids-ips",
	  .evidence = EVIDENCE_PACKETS,
	  .share = CONTROLS_PART,
	  .does = N_("Keeps track of every connection; drops packets that are out of place, forged "
		     "or misrouted, and records every refusal. It knows no signatures of attacks."),
	  .rest = N_("Detection by signatures or behaviour (IDS/IPS product).") },
	{ .id = "patch",
	  .evidence = EVIDENCE_VERSION,
	  .share = CONTROLS_AID,
	  .does = does_version,
	  .rest = N_("To apply patches, to this appliance and to all other devices named.") },
	{ .id = "csp-patch",
	  .evidence = EVIDENCE_VERSION,
	  .share = CONTROLS_AID,
	  .does = does_version,
	  .rest = N_("To apply patches to the CSP firewall.") },
	{ .id = "sanitization",
	  .evidence = EVIDENCE_SANITIZER,
	  .share = CONTROLS_AID,
	  .does = N_("Lets files come in only by way of the declared sanitiser."),
	  .rest = N_("The sanitising itself.") },
	{ .id = "device-redirect-ban",
	  .evidence = EVIDENCE_SCREENS,
	  .share = CONTROLS_AID,
	  .does = aid_sole_path,
	  .rest = N_("To switch off clipboard, printers and drives in the virtual desktops: they "
		     "travel inside the screen transfer."),
	  .proofs = { "terminal-to-desktop-other-ports" } },
	{ .id = "daas-screen-transfer",
	  .evidence = EVIDENCE_SCREENS,
	  .share = CONTROLS_AID,
	  .does = aid_sole_path,
	  .rest = rest_product,
	  .proofs = { "terminal-to-desktop-other-ports" } },
	{ .id = "vdi-screen-transfer",
	  .evidence = EVIDENCE_SCREENS,
	  .share = CONTROLS_AID,
	  .does = aid_sole_path,
	  .rest = rest_product,
	  .proofs = { "terminal-to-desktop-other-ports" } },
	{ .id = "org-designated-staff",
	  .evidence = EVIDENCE_SCREENS,
	  .share = CONTROLS_AID,
	  .does = N_("Lets only the declared terminals' addresses reach the virtual desktops."),
	  .rest = N_("The list of designated staff itself.") },
	{ .id = "daas-access-log",
	  .evidence = EVIDENCE_SCREENS,
	  .share = CONTROLS_AID,
	  .does = aid_service_log,
	  .rest = rest_service_log },
	{ .id = "vdi-access-log",
	  .evidence = EVIDENCE_SCREENS,
	  .share = CONTROLS_AID,
	  .does = aid_service_log,
	  .rest = rest_service_log },
	{ .id = "vpn-access-log",
	  .evidence = EVIDENCE_SCREENS,
	  .share = CONTROLS_AID,
	  .does = aid_service_log,
	  .rest = rest_service_log },
	{ .id = "endpoint-antimalware",
	  .evidence = EVIDENCE_UPDATES,
	  .share = CONTROLS_AID,
	  .does = aid_updates,
	  .rest = N_("The software on terminals and servers.") },
};

const struct controls_duty *controls_duty_of(const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(duties); i++) {
		if (strcmp(duties[i].id, id) == 0)
			return &duties[i];
	}
	return NULL;
}

/* Rows and conditions that ask for the same. */
static const struct {
	const char *row, *condition;
} same[] = {
	{ "device-redirect-ban", "device-redirection-ban" },
	{ "session-logoff", "session-logoff" },
	{ "daas-platform-patch", "daas-provider-platform" },
	{ "org-external-audit", "beta-external-check" },
	{ "cloud-download-restriction", "case-i-no-download" },
};

const char *controls_condition_of_row(const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		if (strcmp(same[i].row, id) == 0)
			return same[i].condition;
	}
	return NULL;
}

const char *controls_row_of_condition(const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		if (strcmp(same[i].condition, id) == 0)
			return same[i].row;
	}
	return NULL;
}

static const struct {
	const char *id, *does;
} condition_duties[] = {
	{ "log-and-monitor",
	  N_("Records every decision before the packet goes; who watches the records is for the "
	     "organisation to say.") },
	{ "monitor-illegal-communication",
	  N_("Records every refusal with its reason; who watches the records is for the "
	     "organisation to say.") },
	{ "device-config-backup",
	  N_("The policy is one text file with the lists it names; keeping copies of it is for "
	     "the organisation.") },
	{ "device-software-procedure",
	  N_("Says its version; the procedure and the updates are the organisation's.") },
	{ "least-privilege-reviewed",
	  N_("Permits nothing but what the guideline lists and the policy declares; exceptions "
	     "end by themselves. Looking through it from time to time is for the organisation.") },
	{ "vendor-hardening",
	  N_("Runs with the least privileges it can; the machine under it is for the organisation "
	     "to harden.") },
};

const char *controls_condition_duty(const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(condition_duties); i++) {
		if (strcmp(condition_duties[i].id, id) == 0)
			return _(condition_duties[i].does);
	}
	return NULL;
}
