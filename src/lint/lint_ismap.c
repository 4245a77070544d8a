/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ISMAP: who must be on the list, what does not count, and the exemption of security updates. */
#include <ctype.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "lint/hosts.h"
#include "lint/lint_parts.h"

/* Something that states an entry of the list. */
struct stated {
	const char *key, *name; /* "services", "m365-files" */
	int line;
	const struct policy_ismap *ismap;
};

typedef void stated_fn(struct lint *l, const struct stated *stated);

static const enum role daas_roles[] = { ROLE_MYNUMBER_DAAS, ROLE_LGWAN_DAAS, ROLE_INTERNET_DAAS };

/* Calls each for every service that is not exempt, and for every DaaS. */
static void each_stated(struct lint *l, stated_fn *each)
{
	for (size_t i = 0; i < l->policy->service_count; i++) {
		const struct policy_service *s = &l->policy->services[i];
		struct stated stated = { "services", s->name, s->line, &s->ismap };

		if (!s->exempt)
			each(l, &stated);
	}
	for (size_t i = 0; i < ARRAY_SIZE(daas_roles); i++) {
		const struct policy_endpoint *e = &l->policy->endpoints[daas_roles[i]];
		struct stated stated = { "endpoints", guideline_role(daas_roles[i])->slug, e->line,
					 &e->ismap };

		if (e->declared)
			each(l, &stated);
	}
}

/* ---- registered, and not run out */

/* As the numbers are written that could be seen: "C21-0005-2". */
static bool looks_like_number(const char *text)
{
	static const char pattern[] = "C99-9999-9";

	if (strlen(text) != sizeof(pattern) - 1)
		return false;
	for (size_t i = 0; pattern[i]; i++)
		if (pattern[i] == '9' ? !isdigit((unsigned char)text[i]) : text[i] != pattern[i])
			return false;
	return true;
}

static void check_registered(struct lint *l, const struct stated *s)
{
	const struct policy_ismap *ismap = s->ismap;
	const char *mend = _("look the entry up in the list at ismap.go.jp, and state what stands "
			     "there");

	if (!ismap->service || !ismap->number) {
		lint_find(l, LINT_ERROR, s->line,
			  _("add ismap = { service, number, valid_until } of its entry in the "
			    "list; use another service if there is none"),
			  _("%s.%s: no registration in the ISMAP cloud service list is stated"),
			  s->key, s->name);
		return;
	}
	if (!looks_like_number(ismap->number))
		lint_find(l, LINT_WARNING, ismap->line, mend,
			  _("%s.%s: \"%s\" does not look like a number of that list, as "
			    "C00-0000-0"),
			  s->key, s->name, ismap->number);
	if (!ismap->valid_until)
		lint_find(l, LINT_WARNING, ismap->line, _("add valid_until = \"YYYY-MM-DD\""),
			  _("%s.%s: it is not stated until when the registration is valid"), s->key,
			  s->name);
	else if (lint_day(ismap->valid_until) < l->today)
		lint_find(l, LINT_WARNING, ismap->line, mend,
			  _("%s.%s: the registration ran out on %s"), s->key, s->name,
			  ismap->valid_until);
}

void lint_ismap_registered_only(struct lint *l)
{
	each_stated(l, check_registered);
}

/* ---- what does not count */

static bool has_word(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcasestr(text, words[i]))
			return true;
	return false;
}

static void check_base(struct lint *l, const struct stated *s)
{
	static const char *const words[] = { "基盤",      "上に構築",   "built on", " on aws",
					     " on azure", " on google", " on gcp" };
	const char *mend =
		_("state the entry of the service itself; use another service if there is none");

	if (s->ismap->built_on)
		lint_find(l, LINT_ERROR, s->ismap->line, mend,
			  _("%s.%s: it is built on %s; the registration of that is not its own"),
			  s->key, s->name, s->ismap->built_on);
	else if (s->ismap->service && has_word(s->ismap->service, words, ARRAY_SIZE(words)))
		lint_find(l, LINT_WARNING, s->ismap->line, mend,
			  _("%s.%s: \"%s\" sounds as if the registration were that of the platform "
			    "under it"),
			  s->key, s->name, s->ismap->service);
}

/* One number is one service, whatever runs on it. */
static void check_same_number(struct lint *l)
{
	const struct policy *policy = l->policy;

	for (size_t i = 0; i < policy->service_count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct policy_ismap *a = &policy->services[i].ismap;
			const struct policy_ismap *b = &policy->services[j].ismap;

			if (!a->number || !b->number || strcmp(a->number, b->number) != 0 ||
			    !a->service || !b->service || !strcmp(a->service, b->service))
				continue;
			lint_find(l, LINT_WARNING, a->line,
				  _("state the entry that each service has itself"),
				  _("services.%s: its number %s is that of \"%s\" (line %d), but "
				    "the service is called \"%s\" here"),
				  policy->services[i].name, a->number, b->service, b->line,
				  a->service);
			break;
		}
}

void lint_ismap_base_does_not_count(struct lint *l)
{
	each_stated(l, check_base);
	check_same_number(l);
}

static void check_list(struct lint *l, const struct stated *s)
{
	const struct policy_ismap *ismap = s->ismap;
	const char *mend = _("use a service that is on the ISMAP list itself");

	if (ismap->list && strcmp(ismap->list, "ISMAP") != 0)
		lint_find(l, LINT_ERROR, ismap->line, mend,
			  _("%s.%s: it is on the list \"%s\", not on ISMAP"), s->key, s->name,
			  ismap->list);
	else if ((ismap->number && strcasestr(ismap->number, "LIU")) ||
		 (ismap->service && strcasestr(ismap->service, "ISMAP-LIU")))
		lint_find(l, LINT_ERROR, ismap->line, mend,
			  _("%s.%s: \"%s\" (%s) is a registration of ISMAP-LIU"), s->key, s->name,
			  ismap->service, ismap->number);
}

void lint_ismap_liu_not_enough(struct lint *l)
{
	each_stated(l, check_list);
}

/* ---- the exemption of security updates */

static void check_exempt_name(struct lint *l, const struct policy_service *s, enum names_kind kind,
			      const char *name)
{
	unsigned int traits = hosts_traits(name);

	(void)kind;
	if (lint_is_wildcard(name))
		lint_find(l, LINT_ERROR, s->line,
			  _("list the host names that were checked, one by one"),
			  _("services.%s: \"%s\" is no single destination; the exemption is for "
			    "URLs that were checked"),
			  s->name, name);
	else if (traits & (HOSTS_MAIL | HOSTS_MEETING | HOSTS_FILES | HOSTS_PERSONAL))
		lint_find(l, LINT_ERROR, s->line,
			  _("leave the name out; such a service must be on the ISMAP list"),
			  _("services.%s: \"%s\" takes documents (files, mail or meetings); the "
			    "exemption is for services that handle none"),
			  s->name, name);
}

static void check_exempt_ports(struct lint *l, const struct policy_service *s)
{
	char text[LINT_PORT_MAX];

	for (size_t i = 0; i < s->ports.count; i++) {
		const struct policy_port *port = &s->ports.at[i];

		if (port->app == APP_TLS || port->app == APP_QUIC || port->app == APP_QUIC_REFUSED)
			continue;
		lint_find(l, LINT_ERROR, s->line,
			  _("use \"tls\" ports only; have the updates fetched over LGWAN where the "
			    "provider has no TLS"),
			  _("services.%s: by %s nobody shows a certificate"), s->name,
			  lint_port_text(port, text));
	}
}

static void check_exempt_terms(struct lint *l, const struct policy_service *s)
{
	static const char *const none[] = { "self-signed", "自己署名", "オレオレ" };

	if (!s->exempt_no_documents)
		lint_find(l, LINT_ERROR, s->line,
			  _("see that it holds, and say exempt.no_documents = true"),
			  _("services.%s: it is not said that no administrative documents are "
			    "handled"),
			  s->name);
	if (!s->exempt_certificate_checked)
		lint_find(l, LINT_ERROR, s->line,
			  _("see that it holds, and say exempt.certificate_checked = true"),
			  _("services.%s: it is not said that the provider's certificate is "
			    "checked"),
			  s->name);
	if (!s->exempt_issuer)
		lint_find(l, LINT_ERROR, s->line,
			  _("add to exempt: issuer = \"...\", the CA of its certificate"),
			  _("services.%s: it is not said who issued the provider's certificate"),
			  s->name);
	else if (has_word(s->exempt_issuer, none, ARRAY_SIZE(none)))
		lint_find(l, LINT_ERROR, s->line,
			  _("use a service with a certificate of a trusted CA"),
			  _("services.%s: \"%s\" is no trusted CA"), s->name, s->exempt_issuer);
	if (s->role != ROLE_SECURITY_UPDATE_SERVICE)
		lint_find(l, LINT_ERROR, s->line,
			  _("give the role security-update-service, if it is one; else it must be "
			    "on the ISMAP list"),
			  _("services.%s: only security updates can be exempt from ISMAP"),
			  s->name);
	if (!s->names.count && !s->tenant_names.count && !s->shared_names.count)
		lint_find(l, LINT_ERROR, s->line, _("list the host names in names"),
			  _("services.%s: no host name is given; addresses alone are no URL"),
			  s->name);
}

void lint_security_update_exemption(struct lint *l)
{
	for (size_t i = 0; i < l->policy->service_count; i++) {
		const struct policy_service *s = &l->policy->services[i];

		if (!s->exempt)
			continue;
		check_exempt_terms(l, s);
		check_exempt_ports(l, s);
		lint_each_name(l, s, check_exempt_name);
	}
}
