/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exceptions of a policy: leave beyond the catalogue, for a while, and never for what is
 * forbidden. */
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/forbidden.h"
#include "policy/names.h"
#include "policy/read.h"

/* The proof that nothing forbidden opens costs more with every exception that overlaps others, and
 * the daemon makes it in its loop. */
#define EXCEPTIONS_MAX   32
#define EXPIRES_MAX_DAYS 366

struct exception_reading {
	struct policy_exception *exception;
	uint32_t index;
};

/* ---- the moment of expiry */

/* Two or four digits at *p, which is moved behind them. -1 if there are none. */
static int digits(const char **p, size_t count)
{
	int n = 0;

	for (size_t i = 0; i < count; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return -1;
		n = n * 10 + (**p - '0');
	}
	return n;
}

static bool character(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

/* "Z", "+09:00" and the like, up to the end of the text, in seconds. */
static bool parse_offset(const char *p, int *ret_s)
{
	int sign = *p == '-' ? -1 : 1, hours, minutes;

	if (!strcmp(p, "Z")) {
		*ret_s = 0;
		return true;
	}
	if (!character(&p, '+') && !character(&p, '-'))
		return false;
	hours = digits(&p, 2);
	if (hours < 0 || !character(&p, ':'))
		return false;
	minutes = digits(&p, 2);
	if (minutes < 0 || *p || hours > 14 || minutes > 59)
		return false;
	*ret_s = sign * (hours * 3600 + minutes * 60);
	return true;
}

/* A date and time of ISO 8601 with its offset from UTC; seconds may be left out. */
static bool parse_moment(const char *p, int64_t *ret_s)
{
	struct tm tm = { 0 }, seen;
	int offset_s;
	time_t t;

	tm.tm_year = digits(&p, 4) - 1900;
	if (tm.tm_year < 100 || !character(&p, '-'))
		return false;
	tm.tm_mon = digits(&p, 2) - 1;
	if (!character(&p, '-'))
		return false;
	tm.tm_mday = digits(&p, 2);
	if (!character(&p, 'T'))
		return false;
	tm.tm_hour = digits(&p, 2);
	if (!character(&p, ':'))
		return false;
	tm.tm_min = digits(&p, 2);
	if (character(&p, ':'))
		tm.tm_sec = digits(&p, 2);
	if (!parse_offset(p, &offset_s))
		return false;
	/* timegm() takes the 30th of February for a day of March, and so on */
	seen = tm;
	t = timegm(&seen);
	if (seen.tm_year != tm.tm_year || seen.tm_mon != tm.tm_mon || seen.tm_mday != tm.tm_mday ||
	    seen.tm_hour != tm.tm_hour || seen.tm_min != tm.tm_min || seen.tm_sec != tm.tm_sec)
		return false;
	*ret_s = (int64_t)t - offset_s;
	return true;
}

/* One that has expired is no mistake: it permits nothing, and a daemon that starts again must not
 * fail for it. */
static void exception_expires(struct reader *r, config_setting_t *s, void *into)
{
	struct exception_reading *reading = into;
	const char *text = config_setting_get_string(s);
	int64_t now_s = (int64_t)time(NULL), expires_s;
	char quoted[READ_QUOTE_MAX];

	read_quote(text, quoted);
	if (!parse_moment(text, &expires_s))
		read_error(r, s,
			   _("%s is not a moment in time; expected a date and time with its offset "
			     "from UTC, as \"2026-12-28T18:00:00+09:00\""),
			   quoted);
	else if (expires_s > now_s + EXPIRES_MAX_DAYS * 86400LL)
		read_error(r, s,
			   _("%s is more than a year ahead; an exception is for a while, and what "
			     "stays needed has to be approved anew"),
			   quoted);
	else
		reading->exception->expires_s = expires_s;
}

/* ---- the other keys */

static void exception_name(struct reader *r, config_setting_t *s, void *into)
{
	struct exception_reading *reading = into;
	struct policy_exception *exception = reading->exception;

	read_slug(r, s, &exception->name);
	for (uint32_t i = 0; exception->name && i < reading->index; i++) {
		const struct policy_exception *other = &r->policy->exceptions[i];

		if (other->name && !strcmp(other->name, exception->name))
			read_error(r, s, _("there is an exception of this name in line %d already"),
				   other->line);
	}
}

/* One string, or a list of them. */
static void read_addresses(struct reader *r, const config_setting_t *s, struct read_target *target)
{
	if (config_setting_type(s) == CONFIG_TYPE_STRING) {
		struct read_item item = read_item_of(r, s);

		read_range_item(r, &item, target);
	} else if (read_has_type(r, s, READ_STRINGS)) {
		read_strings(r, s, read_range_item, target);
	}
}

static void exception_from(struct reader *r, config_setting_t *s, void *into)
{
	struct exception_reading *reading = into;
	struct read_target target = { READ_EXCEPTION, 2 * reading->index,
				      &reading->exception->from };

	read_addresses(r, s, &target);
}

static void exception_to(struct reader *r, config_setting_t *s, void *into)
{
	struct exception_reading *reading = into;
	struct read_target target = { READ_EXCEPTION, 2 * reading->index + 1,
				      &reading->exception->to };

	read_addresses(r, s, &target);
}

static void exception_ports(struct reader *r, config_setting_t *s, void *into)
{
	struct exception_reading *reading = into;

	read_strings(r, s, read_service_port_item, &reading->exception->ports);
	read_port_span(r, s, &reading->exception->ports);
}

static void exception_name_item(struct reader *r, const struct read_item *item, void *into)
{
	char name[NAMES_MAX + 1], quoted[READ_QUOTE_MAX];
	enum names_fault fault;

	read_quote(item->text, quoted);
	if (*item->text == '*') {
		read_item_error(r, item,
				_("%s is a pattern; an exception is for hosts that are known by "
				  "name"),
				quoted);
		return;
	}
	fault = names_normalise(item->text, strlen(item->text), false, name);
	if (fault != NAMES_OK)
		read_item_error(r, item, _("%s is not a host name. %s"), quoted,
				_(names_fault_text(fault)));
	else if (read_is_new(r, item, into))
		read_append(r, into, name);
}

static void exception_names(struct reader *r, config_setting_t *s, void *into)
{
	struct exception_reading *reading = into;

	read_strings(r, s, exception_name_item, &reading->exception->names);
}

static void exception_reason(struct reader *r, config_setting_t *s, void *into)
{
	struct exception_reading *reading = into;

	read_people_text(r, s, &reading->exception->reason);
}

static void exception_approved_by(struct reader *r, config_setting_t *s, void *into)
{
	struct exception_reading *reading = into;

	read_people_text(r, s, &reading->exception->approved_by);
}

static const struct read_key exception_keys[] = {
	{ "name", READ_TEXT, false, exception_name },
	{ "from", READ_ANY, true, exception_from },
	{ "to", READ_ANY, true, exception_to },
	{ "ports", READ_STRINGS, true, exception_ports },
	{ "names", READ_STRINGS, false, exception_names },
	{ "reason", READ_TEXT, true, exception_reason },
	{ "approved_by", READ_TEXT, true, exception_approved_by },
	{ "expires", READ_TEXT, true, exception_expires },
};

static void check_names(struct reader *r, const config_setting_t *group,
			const struct policy_exception *exception)
{
	bool inspected = false, names = config_setting_get_member(group, "names");

	for (size_t i = 0; i < exception->ports.count; i++)
		inspected |= exception->ports.at[i].app != APP_NONE;
	if (inspected && !names)
		read_error(r, group,
			   _("its ports are inspected, but \"names\" are missing: nobody could "
			     "pass"));
	if (names && !inspected && exception->ports.count)
		read_error(r, group,
			   _("host names are given, but no port is inspected; expected one like "
			     "\"tcp/443 tls\" or \"tcp/80 http\" in ports"));
}

/* Rules and records need something to call it by. */
static void give_name(struct reader *r, struct policy_exception *exception, uint32_t index)
{
	if (exception->name)
		return;
	if (asprintf(&exception->name, "exception-%u", index + 1) < 0) {
		exception->name = NULL;
		read_no_memory(r);
	}
}

void read_exceptions(struct reader *r, config_setting_t *s, void *into)
{
	int length = config_setting_length(s);

	(void)into;
	if (length > EXCEPTIONS_MAX) {
		read_error(r, s,
			   _("%d exceptions; expected at most %d: what is needed for longer "
			     "belongs to a "
			     "configuration or a service"),
			   length, EXCEPTIONS_MAX);
		return;
	}
	r->policy->exceptions = calloc((size_t)length, sizeof(*r->policy->exceptions));
	if (!r->policy->exceptions) {
		read_no_memory(r);
		return;
	}
	for (unsigned int i = 0; i < (unsigned int)length; i++) {
		config_setting_t *group = config_setting_get_elem(s, i);
		struct exception_reading reading = {
			.exception = &r->policy->exceptions[r->policy->exception_count],
			.index = (uint32_t)r->policy->exception_count,
		};

		if (!config_setting_is_group(group))
			continue;
		r->policy->exception_count++;
		reading.exception->line = read_line(group);
		read_group(r, group, exception_keys, ARRAY_SIZE(exception_keys), &reading);
		check_names(r, group, reading.exception);
		give_name(r, reading.exception, reading.index);
	}
}

/* ---- nothing can except a forbidden flow */

static void forbidden_error(struct reader *r, const struct policy_exception *exception,
			    const struct guideline_forbidden *forbidden, const char *what)
{
	const char *name = exception->name ? exception->name : "?";

	if (forbidden->text_ja)
		errors_add(r->errors, r->path, exception->line,
			   _("exceptions.%s: %s: that is the forbidden flow %s, and nothing can "
			     "except a forbidden flow. The guideline: %s (%s)"),
			   name, what, forbidden->id, forbidden->text_ja,
			   guideline_source_text(forbidden->source));
	else
		errors_add(r->errors, r->path, exception->line,
			   _("exceptions.%s: %s: that is the forbidden flow %s, and nothing can "
			     "except a forbidden flow (%s)"),
			   name, what, forbidden->id, guideline_source_text(forbidden->source));
}

/* The slug of the zone in which the range begins. */
static const char *zone_text(const struct reader *r, const struct addr_range *range)
{
	struct addr a = { .family = range->family };
	enum zone zone;

	memcpy(a.b, range->first, sizeof(a.b));
	zone = policy_zone_of(r->policy, &a);
	return zone == ZONE_NONE ? "-" : guideline_zone(zone)->slug;
}

static void check_forbidden(struct reader *r, const struct policy_exception *exception,
			    const struct guideline_forbidden *forbidden)
{
	char from[ADDR_RANGE_TEXT_MAX], to[ADDR_RANGE_TEXT_MAX];
	auto_(free_charp) char *what = NULL;
	struct forbidden_opening opening;
	int found = forbidden_would_open(r->policy, forbidden, exception, &opening);

	if (found > 0 &&
	    asprintf(&what, _("it would open the way from %s (zone %s) to %s (zone %s)"),
		     addr_range_text(&opening.from, from), zone_text(r, &opening.from),
		     addr_range_text(&opening.to, to), zone_text(r, &opening.to)) < 0) {
		what = NULL;
		found = -1;
	}
	if (found > 0)
		forbidden_error(r, exception, forbidden, what);
	else if (found < 0)
		read_no_memory(r);
}

/* ---- the tenants of others: told by name, not by address */

static bool is_proxied(const struct names_entry *entry, void *data)
{
	const struct policy *policy = data;

	return policy->services[entry->service].has_proxy;
}

/* A port by which a service at these addresses is guarded, and which the exception has not
 * inspected. */
static bool goes_around(const struct policy_exception *exception,
			const struct policy_service *service)
{
	if ((service->role == ROLE_SECURITY_UPDATE_SERVICE && !service->has_proxy) ||
	    !addr_list_overlap(&exception->to, &service->addresses, NULL))
		return false;
	for (size_t i = 0; i < exception->ports.count; i++)
		if (exception->ports.at[i].app == APP_NONE &&
		    read_guards(service, &exception->ports.at[i]))
			return true;
	return false;
}

static void check_tenants(struct reader *r, const struct policy_exception *exception)
{
	const struct guideline_forbidden *other = guideline_forbidden_of("other-tenant");
	struct policy *policy = r->policy;

	if (!other || !forbidden_holds(policy, other) ||
	    !addr_list_overlap(&exception->from, &policy->zone_addresses[ZONE_LGWAN], NULL))
		return;
	for (size_t i = 0; i < policy->service_count; i++)
		if (goes_around(exception, &policy->services[i])) {
			forbidden_error(r, exception, other,
					_("it would open an inspected port of a cloud service "
					  "uninspected, and with it every tenant"));
			return;
		}
	for (size_t i = 0; i < exception->names.count; i++) {
		const char *name = exception->names.at[i];

		if (names_is_sibling_of_tenant(policy->names, name))
			forbidden_error(r, exception, other,
					_("one of its names is that of another organisation's "
					  "tenant"));
		else if (names_match(policy->names, name, is_proxied, policy))
			forbidden_error(r, exception, other,
					_("one of its names is only for the proxy that restricts "
					  "the tenant"));
	}
}

void read_exceptions_check(struct reader *r)
{
	size_t count;
	const struct guideline_forbidden *all = guideline_forbiddens(&count);

	/* with zones or roles missing, who is who is not known */
	if (r->unsure & (READ_UNSURE_ZONES | READ_UNSURE_ENDPOINTS | READ_UNSURE_SERVICES |
			 READ_UNSURE_CONFIGURATIONS | READ_UNSURE_ADDRESSES))
		return;
	for (size_t i = 0; i < r->policy->exception_count; i++) {
		for (size_t j = 0; j < count; j++)
			check_forbidden(r, &r->policy->exceptions[i], &all[j]);
		check_tenants(r, &r->policy->exceptions[i]);
	}
	read_ways_check(r);
}
