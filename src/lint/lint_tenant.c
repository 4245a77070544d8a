/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The own tenant: none in case ア, nothing but it in cases イ and ウ; mail in the cloud. */
#include <netinet/in.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "lint/hosts.h"
#include "lint/lint_parts.h"
#include "lint/width.h"

/* ---- ports that are open whatever is asked for there */

/* Where HTTP, TLS or QUIC are spoken, every name at the addresses is reached. A proxy, or a measure
 * that is said to restrict the tenant, may do so where no names are listed. */
static bool leads_past_names(const struct policy_service *s, const struct policy_port *port)
{
	static const uint16_t web[] = { 80, 443, 8443 };

	if (port->app != APP_NONE || s->has_proxy || (s->tenant_measure && !s->tenant_names.count))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(web); i++)
		if (port->first <= web[i] && web[i] <= port->last)
			return true;
	return false;
}

static void check_open_ports(struct lint *l, const struct policy_service *s)
{
	char text[LINT_PORT_MAX];
	unsigned int count = 0;

	for (size_t i = 0; i < s->ports.count; i++) {
		const struct policy_port *port = &s->ports.at[i];

		if (port->app == APP_NONE)
			count += (unsigned int)(port->last - port->first) + 1;
		if (leads_past_names(s, port))
			lint_opens(l, s->line,
				   _("use \"tls\" (\"quic\" for UDP), and list the host names"),
				   _("services.%s: %s is open whatever name is asked for there; "
				     "every tenant and service at these addresses can be reached"),
				   s->name, lint_port_text(port, text));
	}
	if (count > WIDTH_PORTS_ORDINARY)
		lint_opens(l, s->line, _("list the ports that are needed, one by one"),
			   _("services.%s: %u ports are open without inspection; no cloud service "
			     "needs as many"),
			   s->name, count);
}

/* ---- case ア */

static void check_case_a_name(struct lint *l, const struct policy_service *s, enum names_kind kind,
			      const char *name)
{
	const char *mend = _("leave it out, or use case イ or ウ (alpha-prime-i, alpha-prime-u)");

	if (kind == NAMES_TENANT)
		lint_opens(l, s->line, mend,
			   _("services.%s: \"%s\" is a tenant of one's own, which case ア has not"),
			   s->name, name);
	else if (hosts_traits(name) & (HOSTS_MAIL | HOSTS_MEETING | HOSTS_FILES | HOSTS_TENANTS))
		lint_opens(l, s->line, mend,
			   _("services.%s: \"%s\" is for mail, meetings or files, not for "
			     "authentication and licences"),
			   s->name, name);
}

static void check_case_a_ports(struct lint *l, const struct policy_service *s)
{
	char text[LINT_PORT_MAX];

	for (size_t i = 0; i < s->ports.count; i++) {
		const struct policy_port *port = &s->ports.at[i];

		if (port->l4proto == IPPROTO_UDP && port->app == APP_NONE)
			lint_find(l, LINT_ERROR, s->line,
				  _("leave the port out; authentication and licences need TLS "
				    "over TCP only"),
				  _("services.%s: %s is for voice and video"), s->name,
				  lint_port_text(port, text));
	}
}

void lint_case_a_no_tenant(struct lint *l)
{
	for (size_t i = 0; i < l->policy->service_count; i++) {
		const struct policy_service *s = &l->policy->services[i];

		if (s->use != POLICY_USE_UNSAID && s->use != POLICY_USE_LICENCE)
			lint_find(l, LINT_ERROR, s->line,
				  _("leave the service out, or use case イ or ウ "
				    "(alpha-prime-i, alpha-prime-u)"),
				  _("services.%s: its use is not authentication and licences"),
				  s->name);
		check_case_a_ports(l, s);
		check_open_ports(l, s);
		lint_each_name(l, s, check_case_a_name);
	}
}

/* ---- cases イ and ウ: names */

static void check_tenant_name(struct lint *l, const struct policy_service *s, const char *name)
{
	unsigned int traits = hosts_traits(name);

	const char *mend = _("list the names of the own tenant, one by one");

	if (lint_is_wildcard(name) &&
	    (traits & (HOSTS_TENANTS | HOSTS_SHARED | HOSTS_RENTED | HOSTS_PROVIDER)))
		lint_opens(l, s->line, mend,
			   _("services.%s: \"%s\" among tenant_names is more than one name, and "
			     "other tenants may be among them"),
			   s->name, name);
	else if (lint_is_wildcard(name))
		lint_find(l, LINT_WARNING, s->line, mend,
			  _("services.%s: \"%s\" among tenant_names is more than one name, and "
			    "other tenants may be among them"),
			  s->name, name);
	else if (traits & (HOSTS_SHARED | HOSTS_PERSONAL))
		lint_opens(l, s->line,
			   _("list it in shared_names, and reach it through a proxy that restricts "
			     "the tenant (via), or say what else does (tenant_measure)"),
			   _("services.%s: \"%s\" among tenant_names is used by all customers; it "
			     "cannot tell the own tenant"),
			   s->name, name);
}

/* A name that is not said to tell the tenant. What lacks for shared_names as a whole is told by
 * check_tenant_declared(). */
static void check_other_name(struct lint *l, const struct policy_service *s, enum names_kind kind,
			     const char *name)
{
	unsigned int traits = hosts_traits(name);

	if ((traits & HOSTS_TENANTS) && lint_is_wildcard(name))
		lint_opens(l, s->line, _("list the names of the own tenant in tenant_names"),
			   _("services.%s: \"%s\" lets every tenant of the service be reached"),
			   s->name, name);
	else if (traits & HOSTS_TENANTS)
		lint_find(l, LINT_WARNING, s->line,
			  _("list it in tenant_names if it is the own tenant; else leave it out"),
			  _("services.%s: \"%s\" is the name of a tenant, but not among "
			    "tenant_names"),
			  s->name, name);
	else if ((traits & HOSTS_PERSONAL) && !lint_has_tenant_control(s))
		lint_opens(l, s->line, _("leave the name out"),
			   _("services.%s: \"%s\" is for personal accounts"), s->name, name);
	else if (kind == NAMES_PLAIN && (traits & HOSTS_SHARED) && !lint_has_tenant_control(s))
		lint_opens(
			l, s->line,
			_("put it into a service of its own with via = { proxy; inserts }, or say "
			  "what else restricts the tenant (tenant_measure)"),
			_("services.%s: \"%s\" is used by all customers, and nothing restricts "
			  "it to the own tenant"),
			s->name, name);
}

static void check_name(struct lint *l, const struct policy_service *s, enum names_kind kind,
		       const char *name)
{
	if (kind == NAMES_TENANT)
		check_tenant_name(l, s, name);
	else
		check_other_name(l, s, kind, name);
}

/* ---- cases イ and ウ: services */

/* An own tenant, told by names or kept to by other means. */
static void check_tenant_declared(struct lint *l, const struct policy_service *s)
{
	const char *measure = _("add via.inserts, the field that the proxy inserts; or say what "
				"else restricts the tenant (tenant_measure)");

	if (s->has_proxy && !s->proxy_inserts && !s->tenant_measure)
		lint_opens(l, s->line, measure,
			   _("services.%s: the proxy inserts nothing that would restrict the "
			     "tenant"),
			   s->name);
	else if (s->shared_names.count && !lint_has_tenant_control(s))
		lint_opens(l, s->line,
			   _("reach them through a proxy that restricts the tenant (via), or say "
			     "what else does (tenant_measure)"),
			   _("services.%s: nothing restricts its shared_names to the own tenant"),
			   s->name);
	else if (!s->tenant_names.count && !lint_has_tenant_control(s))
		lint_opens(l, s->line,
			   _("add tenant_names; or via = { proxy; inserts }; or tenant_measure"),
			   _("services.%s: nothing tells or keeps to the own tenant"), s->name);
}

static void check_by_address(struct lint *l, const struct policy_service *s)
{
	char text[LINT_PORT_MAX];

	for (size_t i = 0; i < s->ports.count && !s->tenant_measure; i++)
		if (s->ports.at[i].app == APP_NONE && !leads_past_names(s, &s->ports.at[i]))
			lint_find(l, LINT_WARNING, s->line,
				  _("use \"tls\" if TLS is spoken there; else say what restricts "
				    "the tenant (tenant_measure)"),
				  _("services.%s: %s is decided by address alone; whose tenant it "
				    "is cannot be told"),
				  s->name, lint_port_text(&s->ports.at[i], text));
}

/* The domain of tenants that a name is below, or NULL. */
static const char *tenant_domain(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot && !lint_is_wildcard(name) && (hosts_traits(name) & HOSTS_TENANTS) ? dot : NULL;
}

/* "reiji-city" and "reiji-city-my" are of one tenant. */
static bool same_tenant(const char *a, const char *b)
{
	size_t length = strcspn(a, "."), other = strcspn(b, ".");
	size_t shorter = length < other ? length : other;

	return !strncmp(a, b, shorter) &&
	       (length == other || (length < other ? b : a)[shorter] == '-');
}

/* Names of two tenants in one domain: one of them is somebody else's. */
static void check_one_tenant(struct lint *l, const struct policy_service *s)
{
	for (size_t i = 1; i < s->tenant_names.count; i++) {
		const char *name = s->tenant_names.at[i], *first = s->tenant_names.at[0];
		const char *domain = tenant_domain(name), *other = tenant_domain(first);

		if (domain && other && !strcmp(domain, other) && !same_tenant(first, name))
			lint_find(l, LINT_WARNING, s->line,
				  _("list the names of the own tenant alone"),
				  _("services.%s: \"%s\" and \"%s\" look like two tenants"),
				  s->name, first, name);
	}
}

/* The role that asks for no tenant must not carry what has one. */
static void check_update_name(struct lint *l, const struct policy_service *s, enum names_kind kind,
			      const char *name)
{
	const unsigned int foreign = HOSTS_MAIL | HOSTS_MEETING | HOSTS_FILES | HOSTS_TENANTS |
				     HOSTS_PERSONAL | HOSTS_SHARED;

	(void)kind;
	if ((hosts_traits(name) & foreign) && !lint_has_tenant_control(s))
		lint_opens(
			l, s->line,
			_("put it into a service of the role permitted-cloud, with its tenant"),
			_("services.%s: \"%s\" is no security update (セキュリティ関連サービス); "
			  "by this role nothing would keep to the own tenant"),
			s->name, name);
}

static void check_update_service(struct lint *l, const struct policy_service *s)
{
	char text[LINT_PORT_MAX];

	if (s->exempt)
		return;
	lint_each_name(l, s, check_update_name);
	for (size_t i = 0; i < s->ports.count; i++)
		if (s->ports.at[i].app == APP_NONE && !leads_past_names(s, &s->ports.at[i]))
			lint_find(l, LINT_WARNING, s->line,
				  _("use \"tls\", and list the host names of the updates"),
				  _("services.%s: %s is decided by address alone; what else is "
				    "there can be reached as well"),
				  s->name, lint_port_text(&s->ports.at[i], text));
}

static void check_tenants(struct lint *l)
{
	for (size_t i = 0; i < l->policy->service_count; i++) {
		const struct policy_service *s = &l->policy->services[i];

		check_open_ports(l, s);
		if (s->role == ROLE_SECURITY_UPDATE_SERVICE)
			check_update_service(l, s);
		if (s->role != ROLE_PERMITTED_CLOUD)
			continue;
		check_tenant_declared(l, s);
		check_one_tenant(l, s);
		check_by_address(l, s);
		lint_each_name(l, s, check_name);
	}
}

void lint_case_i_tenant(struct lint *l)
{
	check_tenants(l);
}

void lint_case_u_tenant(struct lint *l)
{
	check_tenants(l);
	if (!lint_has_sanitizer(l))
		lint_find(l, LINT_ERROR, l->policy->configurations_line,
			  _("add mail-sanitizer to endpoints, or attest \"own/sanitization\""),
			  _("files come in from outside, but nothing makes them harmless "
			    "(無害化)"));
}

/* ---- mail */

static void note_mail(struct lint *l, const struct policy_service *s, enum names_kind kind,
		      const char *name)
{
	(void)kind;
	if (hosts_traits(name) & HOSTS_MAIL)
		lint_find(l, LINT_WARNING, s->line,
			  _("use the mail of the internet zone; say use = \"mail-in-disaster\" if "
			    "it is for that only, or have mail made harmless (mail-sanitizer)"),
			  _("services.%s: \"%s\" is for mail, which belongs to the internet zone"),
			  s->name, name);
}

static bool has_mail_port(const struct policy_service *s, char *text)
{
	static const uint16_t mail[] = { 25, 110, 143, 465, 587, 993, 995 };

	for (size_t i = 0; i < s->ports.count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(mail); j++) {
			const struct policy_port *port = &s->ports.at[i];

			if (port->l4proto != IPPROTO_TCP || port->first > mail[j] ||
			    port->last < mail[j])
				continue;
			(void)lint_port_text(port, text);
			return true;
		}
	return false;
}

void lint_cloud_mail_only_as_fallback(struct lint *l)
{
	char text[LINT_PORT_MAX];

	for (size_t i = 0; i < l->policy->service_count; i++) {
		const struct policy_service *s = &l->policy->services[i];

		if (s->role != ROLE_PERMITTED_CLOUD || s->use == POLICY_USE_MAIL_IN_DISASTER ||
		    lint_has_sanitizer(l))
			continue;
		if (s->use == POLICY_USE_MAIL)
			lint_find(l, LINT_WARNING, s->line,
				  _("use the mail of the internet zone; say use = "
				    "\"mail-in-disaster\" if it is for that only, or have mail "
				    "made harmless (mail-sanitizer)"),
				  _("services.%s: its use is mail, which belongs to the internet "
				    "zone"),
				  s->name);
		else if (has_mail_port(s, text))
			lint_find(l, LINT_WARNING, s->line,
				  _("leave the port out, or say use = \"mail-in-disaster\""),
				  _("services.%s: %s is for mail, which belongs to the internet "
				    "zone"),
				  s->name, text);
		else
			lint_each_name(l, s, note_mail);
	}
}
