/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an exception opens, in words that every form of the report shows. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/flow_key.h"
#include "report/controls.h"

static void put_addresses(FILE *to, const struct addr_list *list)
{
	char text[ADDR_RANGE_TEXT_MAX];

	for (size_t i = 0; i < list->count; i++)
		(void)fprintf(to, "%s%s", i ? ", " : "", addr_range_text(&list->at[i], text));
}

static void put_ports(FILE *to, const struct policy_ports *ports)
{
	for (size_t i = 0; i < ports->count; i++) {
		const struct policy_port *port = &ports->at[i];

		(void)fprintf(to, "%s%s/%u", i ? ", " : " ",
			      port->l4proto == IPPROTO_TCP ? "tcp" : "udp", port->first);
		if (port->last != port->first)
			(void)fprintf(to, "-%u", port->last);
		if (port->app != APP_NONE)
			(void)fprintf(to, " %s", app_slug(port->app));
	}
}

/* NULL if it could not be written whole. */
static char *text_of(const struct addr_list *addresses, const struct policy_ports *ports)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	put_addresses(to, addresses);
	if (ports)
		put_ports(to, ports);
	if (fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}

void controls_exception_text(const struct policy_exception *exception,
			     struct controls_exception *ret)
{
	ret->from = text_of(&exception->from, NULL);
	ret->to = text_of(&exception->to, &exception->ports);
}

void controls_exception_clear(struct controls_exception *texts)
{
	free(texts->from);
	free(texts->to);
	*texts = (struct controls_exception){ 0 };
}
