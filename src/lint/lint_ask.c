/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions that several checks ask of a policy. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "lint/lint_parts.h"

#define DAY_S 86400

int64_t lint_day(const char *date)
{
	struct tm tm = { 0 };

	/* policy_read() has seen that it is a date */
	if (!strptime(date, "%Y-%m-%d", &tm))
		return 0;
	return timegm(&tm) / DAY_S;
}

static bool is_control(const struct policy_attestation *attestation, const char *condition,
		       const char *const *keys)
{
	if (!strcmp(attestation->control, condition))
		return true;
	for (; keys && *keys; keys++)
		if (!strcmp(attestation->control, *keys))
			return true;
	return false;
}

const struct policy_attestation *lint_attestation(const struct lint *l, const char *condition,
						  const char *const *keys)
{
	for (size_t i = 0; i < l->policy->attestation_count; i++)
		if (is_control(&l->policy->attestations[i], condition, keys))
			return &l->policy->attestations[i];
	return NULL;
}

/* How to attest: "control" may be the id of the condition, or a key of the controls report. */
static void missing(struct lint *l, enum lint_severity severity, const char *const *keys,
		    const char *what)
{
	auto_(free_charp) char *mend = NULL;
	int length = keys && *keys ? asprintf(&mend,
					      _("when it is done, add to attestations: { control = "
						"\"%s\" (or \"%s\"); by, on, statement }"),
					      l->condition->id, *keys)
				   : asprintf(&mend,
					      _("when it is done, add to attestations: { control = "
						"\"%s\"; by, on, statement }"),
					      l->condition->id);

	if (length < 0) {
		mend = NULL;
		l->no_memory = true;
		return;
	}
	lint_find(l, severity, 0, mend, _("nobody attests it: %s"), what);
}

bool lint_need_attestation(struct lint *l, enum lint_severity severity, const char *const *keys,
			   const char *what)
{
	if (lint_attestation(l, l->condition->id, keys))
		return true;
	missing(l, severity, keys, what);
	return false;
}

char *lint_port_text(const struct policy_port *port, char *out)
{
	const char *l4proto = port->l4proto == IPPROTO_TCP ? "tcp" : "udp";

	if (port->first == port->last)
		(void)snprintf(out, LINT_PORT_MAX, "%s/%u", l4proto, port->first);
	else
		(void)snprintf(out, LINT_PORT_MAX, "%s/%u-%u", l4proto, port->first, port->last);
	return out;
}

void lint_each_name(struct lint *l, const struct policy_service *service,
		    void (*each)(struct lint *l, const struct policy_service *service,
				 enum names_kind kind, const char *name))
{
	const struct {
		const struct policy_strings *names;
		enum names_kind kind;
	} lists[] = {
		{ &service->tenant_names, NAMES_TENANT },
		{ &service->shared_names, NAMES_SHARED },
		{ &service->names, NAMES_PLAIN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (size_t j = 0; j < lists[i].names->count; j++)
			each(l, service, lists[i].kind, lists[i].names->at[j]);
}

bool lint_is_wildcard(const char *name)
{
	return *name == '*';
}

bool lint_has_sanitizer(const struct lint *l)
{
	static const char *const keys[] = { "own/sanitization", "alpha-prime/sanitization", NULL };

	return policy_plays_role(l->policy, ROLE_MAIL_SANITIZER) ||
	       lint_attestation(l, "case-u-tenant", keys);
}

bool lint_has_tenant_control(const struct policy_service *service)
{
	return service->tenant_measure || (service->has_proxy && service->proxy_inserts);
}
