/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two services on the same addresses: what one has inspected, or reached through a proxy alone, the
 * other may not open uninspected. */
#include <netinet/in.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/read.h"

/* Whoever speaks HTTP, TLS or QUIC there reaches every name of the address, by either protocol. */
static bool port_is_web(const struct policy_port *port)
{
	static const uint16_t web[] = { 80, 443, 8443 };

	for (size_t i = 0; i < ARRAY_SIZE(web); i++)
		if (port->first <= web[i] && web[i] <= port->last)
			return true;
	return false;
}

static bool same_port(const struct policy_port *a, const struct policy_port *b)
{
	return a->l4proto == b->l4proto && a->first <= b->last && b->first <= a->last;
}

bool read_guards(const struct policy_service *service, const struct policy_port *port)
{
	bool inspects = false;

	for (size_t i = 0; i < service->ports.count; i++) {
		const struct policy_port *own = &service->ports.at[i];

		inspects |= own->app != APP_NONE;
		if ((own->app != APP_NONE || service->has_proxy) && same_port(own, port))
			return true;
	}
	return (inspects || service->has_proxy) && port_is_web(port);
}

/* The port by which other goes around what service guards, or NULL. What is reached by a proxy
 * alone goes around another proxy at most. */
static const struct policy_port *goes_around(const struct policy_service *service,
					     const struct policy_service *other)
{
	if (other->has_proxy &&
	    (!service->has_proxy || !addr_compare(&other->proxy, &service->proxy)))
		return NULL;
	for (size_t i = 0; i < other->ports.count; i++)
		if (other->ports.at[i].app == APP_NONE && read_guards(service, &other->ports.at[i]))
			return &other->ports.at[i];
	return NULL;
}

/* Of two ranges that share addresses. */
static struct addr_range common_of(const struct addr_range *a, const struct addr_range *b)
{
	struct addr_range common = *a;

	if (memcmp(b->first, a->first, sizeof(a->first)) > 0)
		memcpy(common.first, b->first, sizeof(common.first));
	if (memcmp(b->last, a->last, sizeof(a->last)) < 0)
		memcpy(common.last, b->last, sizeof(common.last));
	return common;
}

static const char *name_of(const struct policy_service *service)
{
	return service->name ? service->name : "?";
}

static void port_text(const struct policy_port *port, char *out, size_t size)
{
	const char *l4proto = port->l4proto == IPPROTO_TCP ? "tcp" : "udp";

	if (port->first == port->last)
		(void)snprintf(out, size, "%s/%u", l4proto, port->first);
	else
		(void)snprintf(out, size, "%s/%u-%u", l4proto, port->first, port->last);
}

/* True if it was told. */
static bool judge(struct reader *r, const struct read_range *guarded, const struct read_range *open)
{
	const struct policy_service *service = &r->policy->services[guarded->index];
	const struct policy_service *other = &r->policy->services[open->index];
	const struct policy_port *port = goes_around(service, other);
	const struct addr_range common = common_of(&guarded->range, &open->range);
	char addresses[ADDR_RANGE_TEXT_MAX], ports[32];

	if (!port)
		return false;
	addr_range_text(&common, addresses);
	port_text(port, ports, sizeof(ports));
	if (service->has_proxy)
		errors_add(r->errors, open->place.file, open->place.line,
			   _("services.%s: it opens %s to %s, whatever is asked for there; but the "
			     "service %s (%s:%d) has these addresses reached through its proxy "
			     "alone, which restricts the tenant. Give the service the same proxy "
			     "(via), or leave the port or the addresses out"),
			   name_of(other), ports, addresses, name_of(service), guarded->place.file,
			   guarded->place.line);
	else
		errors_add(r->errors, open->place.file, open->place.line,
			   _("services.%s: it opens %s to %s, whatever name is asked for there; "
			     "but the service %s (%s:%d) lets these addresses be reached by its "
			     "host names alone. Have the port inspected as well (\"tcp/443 tls\", "
			     "\"udp/443 quic\"), or leave the port or the addresses out"),
			   name_of(other), ports, addresses, name_of(service), guarded->place.file,
			   guarded->place.line);
	return true;
}

void read_beside_judge(struct reader *r, const struct read_range *a, const struct read_range *b)
{
	if (a->owner == READ_SERVICE && b->owner == READ_SERVICE && a->index != b->index &&
	    !judge(r, a, b))
		(void)judge(r, b, a);
}
