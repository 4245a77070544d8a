/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small site for the tests of the broker: a folder of its own with a policy, a log and a socket
 * in it. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/policy.h"

#define SITE_POLICY                                                                                \
	"appliance = { name = \"test-fw\"; organisation = \"例示市\"; firewalls = [ \"lbo\", "  \
	"\"split\", \"separation\" ]; };\n"                                                        \
	"configurations = [ \"alpha-prime-u\", \"route-1\" ];\n"                                   \
	"destination_restriction = \"union\";\n"                                                   \
	"zones = (\n"                                                                              \
	" { name = \"lgwan\";       interfaces = [ \"lgwan0\" ]; networks = [ "                    \
	"\"192.168.10.0/24\", \"192.168.20.0/24\", \"2001:db8:10::/64\" ]; },\n"                   \
	" { name = \"internet\";    interfaces = [ \"inet0\" ];  networks = [ "                    \
	"\"192.168.30.0/24\" ]; },\n"                                                              \
	" { name = \"mynumber\";    interfaces = [ \"mynum0\" ]; networks = [ \"172.16.10.0/24\" " \
	"]; },\n"                                                                                  \
	" { name = \"maintenance\"; interfaces = [ \"mgmt0\" ];  networks = [ "                    \
	"\"192.168.99.0/28\" ]; },\n"                                                              \
	" { name = \"lgwan-wan\";   interfaces = [ \"asp0\" ];   networks = [ \"203.0.113.0/24\" " \
	"]; },\n"                                                                                  \
	" { name = \"external\";    interfaces = [ \"wan0\" ];   source_nat = [ \"192.0.2.10\", "  \
	"\"2001:db8:ffff::10\" ]; }\n"                                                             \
	");\n"                                                                                     \
	"endpoints = {\n"                                                                          \
	" lgwan-terminal           = [ \"192.168.10.0/24\", \"2001:db8:10::/64\" ];\n"             \
	" lgwan-business-server    = [ \"192.168.20.0/24\" ];\n"                                   \
	" internet-mail-server     = [ \"192.168.30.25\" ];\n"                                     \
	" mynumber-system-onprem   = [ \"172.16.10.0/24\" ];\n"                                    \
	" mynumber-system-govcloud = \"none\";\n"                                                  \
	" lgwan-asp = [ \"203.0.113.0/24\" ];\n"                                                   \
	" mynumber-daas            = [ \"198.51.100.0/27\" ];\n"                                   \
	" internet-daas            = [ \"198.51.100.32/27\" ];\n"                                  \
	" maintenance-terminal     = [ \"192.168.99.0/28\" ];\n"                                   \
	"};\n"                                                                                     \
	"ports = {\n"                                                                              \
	" screen-transfer = [ \"tcp/443\", \"udp/3478\" ];\n"                                      \
	" business        = [ \"tcp/443\", \"tcp/1521\" ];\n"                                      \
	" web             = [ \"tcp/80\", \"tcp/443\" ];\n"                                        \
	" mail            = [ \"tcp/25\", \"tcp/993\" ];\n"                                        \
	" management      = [ \"tcp/22\" ];\n"                                                     \
	"};\n"                                                                                     \
	"services = (\n"                                                                           \
	" { name = \"m365-files\"; role = \"permitted-cloud\";\n"                                  \
	"   ismap = { service = \"Microsoft 365\"; number = \"C00-0000-0\"; valid_until = "        \
	"\"2027-03-31\"; };\n"                                                                     \
	"   addresses = [ \"198.51.100.128/26\", \"2001:db8:c10d::130\" ];\n"                      \
	"   ports = [ \"tcp/443 tls\", \"tcp/80 http\", \"udp/443 quic\" ];\n"                     \
	"   tenant_names = [ \"reiji-city.sharepoint.com\", \"reiji-city-my.sharepoint.com\" ]; "  \
	"},\n"                                                                                     \
	" { name = \"virus-definitions\"; role = \"security-update-service\";\n"                   \
	"   exempt = { no_documents = true; certificate_checked = true; };\n"                      \
	"   addresses = [ \"198.51.100.240/28\" ]; ports = [ \"tcp/443 tls\" ]; names = [ "        \
	"\"definitionupdates.example\" ]; }\n"                                                     \
	");\n"                                                                                     \
	"management = { access = ( { name = \"maintenance-ssh\"; from = [ \"192.168.99.0/28\" ]; " \
	"ports = [ \"tcp/22\" ]; } ); };\n"

struct site {
	char folder[64], policy[96], log[96], socket[96];
};

/* Writes the policy: SITE_POLICY with the first old (if any) replaced by new of the same length,
 * the site's folders, and more. */
static inline void site_write_other(const struct site *site, const char *old, const char *new,
				    const char *more)
{
	char text[] = SITE_POLICY;
	char *at = old ? strstr(text, old) : NULL;
	FILE *f = fopen(site->policy, "w");

	if (!f || (old && (!at || strlen(old) != strlen(new))))
		abort();
	if (at)
		memcpy(at, new, strlen(new));
	fputs(text, f);
	fprintf(f, "log = { directory = \"%s\"; };\ncontrol = { socket = \"%s\"; };\n%s", site->log,
		site->socket, more);
	if (fclose(f) != 0)
		abort();
}

static inline void site_write(const struct site *site, const char *more)
{
	site_write_other(site, NULL, NULL, more);
}

static inline void site_make(struct site *site)
{
	snprintf(site->folder, sizeof(site->folder), "/tmp/check-broker-XXXXXX");
	if (!mkdtemp(site->folder))
		abort();
	snprintf(site->policy, sizeof(site->policy), "%s/sekisho.conf", site->folder);
	snprintf(site->log, sizeof(site->log), "%s/log", site->folder);
	snprintf(site->socket, sizeof(site->socket), "%s/control.sock", site->folder);
	if (mkdir(site->log, 0700) != 0)
		abort();
	site_write(site, "");
}

static inline void site_remove(const struct site *site)
{
	char file[160];

	snprintf(file, sizeof(file), "%s/decisions.jsonl", site->log);
	(void)unlink(file);
	(void)rmdir(site->log);
	(void)unlink(site->socket);
	(void)unlink(site->policy);
	(void)rmdir(site->folder);
}

static inline struct policy *site_read(const struct site *site)
{
	struct errors errors = { 0 };
	struct policy *policy = NULL;

	if (policy_read(site->policy, &policy, &errors) != 0)
		errors_print(&errors, stderr);
	errors_clear(&errors);
	if (!policy)
		abort();
	return policy;
}

/* The whole log as text; the caller frees it. */
static inline char *site_log(const struct site *site)
{
	char file[160];
	char *text = calloc(1, 1 << 20);
	FILE *f;

	snprintf(file, sizeof(file), "%s/decisions.jsonl", site->log);
	f = fopen(file, "r");
	if (!f || !text)
		abort();
	if (fread(text, 1, (1 << 20) - 1, f) == 0 && ferror(f))
		abort();
	fclose(f);
	return text;
}
