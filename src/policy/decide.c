/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decision: what the guideline's flows and the site's services say about one flow. */
#include "policy/decide.h"

#include <netinet/in.h>

#include "common/mark.h"
#include "policy/blame.h"
#include "policy/names.h"

#define APP_BIT(app) (1U << (app))

/* Whether the flow's pair of zones is shut to it. */
static bool is_shut(const struct decide_result *who, const struct guideline_flow *flow)
{
	const struct guideline_forbidden *shut =
		guideline_forbidden_between(who->from_zone, who->to_zone);

	return shut && !guideline_excepts_flow(shut, flow);
}

static bool port_covers(const struct policy_port *port, const struct flow_key *key)
{
	return port->l4proto == key->l4proto && port->first <= key->dport &&
	       key->dport <= port->last;
}

static bool ports_cover(const struct policy_ports *ports, const struct flow_key *key)
{
	for (size_t i = 0; i < ports->count; i++) {
		if (port_covers(&ports->at[i], key))
			return true;
	}
	return false;
}

/* Where declarations for one address and port differ, the one that lets less pass counts. */
static unsigned int strictness(enum app app)
{
	switch (app) {
	case APP_COUNT:
		return 0; /* no declaration */
	case APP_NONE:
		return 1;
	case APP_QUIC_REFUSED:
		return 2;
	case APP_HTTP:
		return 3;
	case APP_TLS:
		return 4;
	case APP_QUIC:
		return 5;
	}
	return 0;
}

/* The apps that are declared for key's protocol and port, as APP_BIT()s. */
static unsigned int port_apps(const struct policy_ports *ports, const struct flow_key *key)
{
	unsigned int apps = 0;

	for (size_t i = 0; i < ports->count; i++) {
		if (port_covers(&ports->at[i], key))
			apps |= APP_BIT(ports->at[i].app);
	}
	return apps;
}

static unsigned int service_apps(const struct policy_service *service, const struct flow_key *key)
{
	return port_apps(&service->ports, key);
}

/* The same of an exception; none where it does not hold for the two ends. */
static unsigned int exception_apps(const struct policy_exception *exception,
				   const struct flow_key *key)
{
	if (exception->forbidden_by || !addr_list_has(&exception->from, &key->src) ||
	    !addr_list_has(&exception->to, &key->dst))
		return 0;
	return port_apps(&exception->ports, key);
}

static enum app strictest_app(unsigned int apps)
{
	enum app best = APP_COUNT;

	for (unsigned int app = APP_NONE; app < APP_COUNT; app++) {
		if ((apps & APP_BIT(app)) && strictness((enum app)app) > strictness(best))
			best = (enum app)app;
	}
	return best;
}

/* The apps of all services at key's destination, and of all exceptions for the flow. */
static unsigned int apps_at(const struct policy *policy, const struct flow_key *key)
{
	unsigned int apps = 0;

	for (size_t i = 0; i < policy->service_count; i++) {
		const struct policy_service *service = &policy->services[i];

		if (addr_list_has(&service->addresses, &key->dst))
			apps |= service_apps(service, key);
	}
	for (size_t i = 0; i < policy->exception_count; i++)
		apps |= exception_apps(&policy->exceptions[i], key);
	return apps;
}

/* The service that owns the destination: by address and port, else by address. */
static const struct policy_service *service_at(const struct policy *policy,
					       const struct flow_key *key)
{
	const struct policy_service *by_address = NULL;

	for (size_t i = 0; i < policy->service_count; i++) {
		const struct policy_service *service = &policy->services[i];

		if (!addr_list_has(&service->addresses, &key->dst))
			continue;
		if (service_apps(service, key))
			return service;
		if (!by_address)
			by_address = service;
	}
	return by_address;
}

static bool proxy_allows(const struct policy_service *service, const struct flow_key *key)
{
	return !service->has_proxy || addr_compare(&service->proxy, &key->src) == 0;
}

static bool zone_fits(enum role role, enum zone zone)
{
	enum zone wanted = guideline_role(role)->zone;

	return zone != ZONE_NONE && (wanted == ZONE_NONE || wanted == zone);
}

/* Whether the flow is in use, its from-role holds the source, and its roles lie in the zones found.
 */
static bool flow_starts_at(const struct policy *policy, const struct guideline_flow *flow,
			   const struct flow_key *key, const struct decide_result *who)
{
	/* most flows of the catalogue are of configurations that are not in use: the cheapest
	 * question first */
	return (policy->configurations >> flow->configuration & 1) != 0 && !is_shut(who, flow) &&
	       zone_fits(flow->from, who->from_zone) && zone_fits(flow->to, who->to_zone) &&
	       addr_list_has(&policy->endpoints[flow->from].addresses, &key->src) &&
	       policy_uses_flow(policy, flow);
}

/* What a flow to a service role asks for: of the services of that role at the destination, the
 * strictest. A proxied service is open by address to its proxy alone; where a name decides, others
 * are let as far as the inspection, so that the record of their refusal has the name. */
static enum app service_treatment(const struct policy *policy, enum role role,
				  const struct flow_key *key,
				  const struct policy_service **ret_service, bool *ret_near)
{
	enum app best = APP_COUNT;

	for (size_t i = 0; i < policy->service_count; i++) {
		const struct policy_service *service = &policy->services[i];
		enum app app;

		if (service->role != role || !addr_list_has(&service->addresses, &key->dst))
			continue;
		*ret_near = true;
		app = strictest_app(service_apps(service, key));
		if (proxy_allows(service, key) && strictness(app) > strictness(best)) {
			best = app;
			*ret_service = service;
		}
	}
	return best;
}

/* Whether a flow to services has to do with key's port: "to the cloud service" means all ports of
 * the service, other groups of ports leave only those that they have too. */
static bool flow_opens_port(const struct policy *policy, const struct guideline_flow *flow,
			    const struct flow_key *key)
{
	return flow->ports == PORT_GROUP_CLOUD || ports_cover(&policy->ports[flow->ports], key);
}

/* *ret_near: the flow joins these two addresses, whatever the port. */
static enum app flow_treatment(const struct policy *policy, const struct guideline_flow *flow,
			       const struct flow_key *key,
			       const struct policy_service **ret_service, bool *ret_near)
{
	if (guideline_role(flow->to)->is_service) {
		enum app app = service_treatment(policy, flow->to, key, ret_service, ret_near);

		return flow_opens_port(policy, flow, key) ? app : APP_COUNT;
	}
	/* "internet" is every external address: the zone, already compared, says all. */
	if (flow->to != ROLE_INTERNET &&
	    !addr_list_has(&policy->endpoints[flow->to].addresses, &key->dst))
		return APP_COUNT;
	*ret_near = true;
	return ports_cover(&policy->ports[flow->ports], key) ? APP_NONE : APP_COUNT;
}

/* What the exceptions ask for: where they differ, the one that lets less pass counts, and of those
 * the one that holds longest. */
static enum app exception_treatment(const struct policy *policy, const struct flow_key *key,
				    struct decide_result *who)
{
	enum app best = APP_COUNT;

	for (size_t i = 0; i < policy->exception_count; i++) {
		const struct policy_exception *e = &policy->exceptions[i];
		enum app app = strictest_app(exception_apps(e, key));

		if (app == APP_COUNT || strictness(app) < strictness(best) ||
		    (app == best && e->expires_s <= who->exception->expires_s))
			continue;
		best = app;
		who->exception = e;
	}
	return best;
}

/* The treatment, with the flow and the service that ask for it in who; or the exception, where no
 * flow does; or APP_COUNT with the nearest flow. */
static enum app treatment(const struct policy *policy, const struct flow_key *key,
			  struct decide_result *who)
{
	const struct guideline_flow *flows;
	enum app best = APP_COUNT;
	size_t count;

	flows = guideline_flows(&count);
	for (size_t i = 0; i < count; i++) {
		const struct policy_service *service = NULL;
		bool near = false;
		enum app app;

		if (!flow_starts_at(policy, &flows[i], key, who))
			continue;
		app = flow_treatment(policy, &flows[i], key, &service, &near);
		if (near && !who->flow)
			who->flow = &flows[i];
		if (strictness(app) > strictness(best)) {
			best = app;
			who->flow = &flows[i];
			who->service = service;
			who->from_role = flows[i].from;
			who->to_role = flows[i].to;
		}
	}
	return best == APP_COUNT ? exception_treatment(policy, key, who) : best;
}

static enum role role_at(const struct policy *policy, const struct addr *a, enum zone zone)
{
	enum role role = policy_role_of(policy, a);

	if (role == ROLE_COUNT && zone == ZONE_EXTERNAL)
		return ROLE_INTERNET;
	return role;
}

/* Who and where, as a refusal for reason. */
static void describe(const struct policy *policy, const struct flow_key *key, enum reason reason,
		     struct decide_result *ret)
{
	*ret = (struct decide_result){ .reason = reason, .mark = MARK_REFUSED };
	ret->from_zone = policy_zone_of(policy, &key->src);
	ret->to_zone = policy_zone_of(policy, &key->dst);
	ret->from_role = role_at(policy, &key->src, ret->from_zone);
	ret->to_role = role_at(policy, &key->dst, ret->to_zone);
	if (ret->to_zone == ZONE_EXTERNAL)
		ret->service = service_at(policy, key);
	if (ret->service)
		ret->to_role = ret->service->role;
}

/* Says of what is not permitted whether the guideline even forbids it. */
static void blame(const struct policy *policy, const struct flow_key *key,
		  struct decide_result *ret)
{
	if (ret->reason != REASON_NOT_PERMITTED && ret->reason != REASON_FORBIDDEN)
		return;
	ret->forbidden = blame_flow(policy, key);
	if (ret->forbidden)
		ret->reason = REASON_FORBIDDEN;
}

static void permit(struct decide_result *ret, enum reason reason, uint32_t mark)
{
	ret->permitted = true;
	ret->reason = reason;
	ret->mark = mark;
	if (!ret->exception)
		return;
	/* no flow of the guideline does it */
	ret->reason = REASON_PERMITTED_EXCEPTION;
	ret->mark |= MARK_EXCEPTION;
	ret->flow = NULL;
}

void decide_address(const struct policy *policy, const struct flow_key *key,
		    struct decide_result *ret)
{
	describe(policy, key, REASON_NOT_PERMITTED, ret);
	if (treatment(policy, key, ret) == APP_NONE)
		permit(ret, REASON_PERMITTED_ADDRESS, MARK_OPEN);
	else
		blame(policy, key, ret);
}

void decide_expire(struct decide_result *result, int64_t now_s)
{
	if (!result->permitted || !result->exception || result->exception->expires_s > now_s)
		return;
	result->permitted = false;
	result->reason = REASON_EXCEPTION_EXPIRED;
	result->mark = MARK_REFUSED;
}

/* A search among the entries of the name index. */
struct search {
	const struct policy *policy;
	const struct flow_key *key;
	enum app app;
	struct decide_result *ret;
	bool elsewhere;    /* owned by a service, but not at this address and port */
	bool wrong_source; /* owned by a service here that this source may not use */
	const struct policy_exception *excepted; /* the exception found, with its pattern */
	const char *excepting_pattern;
};

/* The flow in use by which the source may reach the service, or NULL. */
static const struct guideline_flow *flow_to_service(const struct search *search,
						    const struct policy_service *service)
{
	const struct guideline_flow *flows;
	size_t count;

	if (!proxy_allows(service, search->key))
		return NULL;
	flows = guideline_flows(&count);
	for (size_t i = 0; i < count; i++) {
		if (flows[i].to == service->role &&
		    flow_opens_port(search->policy, &flows[i], search->key) &&
		    flow_starts_at(search->policy, &flows[i], search->key, search->ret))
			return &flows[i];
	}
	return NULL;
}

/* Takes an entry whose pattern fits; stops at the first that permits. */
static bool weigh_entry(const struct names_entry *entry, void *data)
{
	struct search *search = data;
	const struct policy_service *service = &search->policy->services[entry->service];
	const struct guideline_flow *flow;

	if (!addr_list_has(&service->addresses, &search->key->dst) ||
	    !(service_apps(service, search->key) & APP_BIT(search->app))) {
		search->elsewhere = true;
		return false;
	}
	search->ret->service = service;
	search->ret->to_role = service->role;
	search->ret->pattern = entry->pattern;
	flow = flow_to_service(search, service);
	if (!flow) {
		search->wrong_source = true;
		return false;
	}
	search->ret->flow = flow;
	search->ret->from_role = flow->from;
	return true;
}

/* The same among the entries of exceptions; goes on to the one that holds longest. */
static bool weigh_exception(const struct names_entry *entry, void *data)
{
	struct search *search = data;
	const struct policy_exception *exception = &search->policy->exceptions[entry->service];

	if (!(exception_apps(exception, search->key) & APP_BIT(search->app)))
		return false;
	if (search->excepted && exception->expires_s <= search->excepted->expires_s)
		return false;
	search->excepted = exception;
	search->excepting_pattern = entry->pattern;
	return false;
}

static void permit_by_name(struct decide_result *ret, enum app app)
{
	permit(ret, REASON_PERMITTED_NAME,
	       (app == APP_TLS ? MARK_GUARDED : MARK_WATCHED) | MARK_INSPECTED |
		       names_pattern_mark(ret->pattern));
}

static void permit_by_exception(const struct search *search)
{
	search->ret->service = NULL;
	search->ret->pattern = search->excepting_pattern;
	search->ret->exception = search->excepted;
	permit_by_name(search->ret, search->app);
}

/* Why not, where apps are declared for the port but not the one that was spoken. */
static enum reason reason_of_misfit(unsigned int apps)
{
	if (apps & APP_BIT(APP_TLS))
		return REASON_NOT_TLS;
	if (apps & APP_BIT(APP_HTTP))
		return REASON_NOT_HTTP;
	if (apps & APP_BIT(APP_QUIC))
		return REASON_NOT_QUIC;
	return (apps & APP_BIT(APP_QUIC_REFUSED)) ? REASON_QUIC_REFUSED : REASON_NOT_PERMITTED;
}

static enum reason reason_of_name(const struct search *search, const char *name, unsigned int apps)
{
	if (search->wrong_source)
		return REASON_SOURCE_NOT_PERMITTED;
	if (search->elsewhere)
		return REASON_NAME_ELSEWHERE;
	if (!apps)
		return REASON_NOT_PERMITTED; /* the name is not to blame: nothing is permitted there
					      */
	if (names_is_sibling_of_tenant(search->policy->names, name))
		return REASON_FOREIGN_TENANT;
	return REASON_NAME_UNKNOWN;
}

void decide_name(const struct policy *policy, const struct flow_key *key, enum app app,
		 const char *name, struct decide_result *ret)
{
	struct search search = { .policy = policy, .key = key, .app = app, .ret = ret };
	unsigned int apps = apps_at(policy, key);

	describe(policy, key, REASON_NOT_PERMITTED, ret);
	/* The port is permitted by address alone, since the policy changed under the flow. */
	if (apps == APP_BIT(APP_NONE)) {
		decide_address(policy, key, ret);
		return;
	}
	treatment(policy, key, ret); /* for the nearest flow */
	ret->exception = NULL;
	if (app >= APP_SPOKEN_COUNT || (apps && !(apps & APP_BIT(app))))
		ret->reason = reason_of_misfit(apps);
	else if (names_match(policy->names, name, weigh_entry, &search))
		permit_by_name(ret, app);
	else if (names_match(policy->exception_names, name, weigh_exception, &search) ||
		 search.excepted)
		permit_by_exception(&search);
	else
		ret->reason = reason_of_name(&search, name, apps);
	if (!ret->permitted && guideline_forbidden_between(ret->from_zone, ret->to_zone))
		ret->reason = REASON_FORBIDDEN;
	blame(policy, key, ret);
}

/* What is wrong with bytes of one protocol does not matter at a port of the other alone. */
static enum reason reason_at_port(enum reason reason, unsigned int apps)
{
	const unsigned int both = apps & (APP_BIT(APP_TLS) | APP_BIT(APP_HTTP));

	if (both == APP_BIT(APP_HTTP) && reason >= REASON_NOT_TLS && reason <= REASON_TLS_TOO_OLD)
		return REASON_NOT_HTTP;
	if (both == APP_BIT(APP_TLS) && reason >= REASON_NOT_HTTP && reason <= REASON_HTTP_UPGRADE)
		return REASON_NOT_TLS;
	return reason;
}

void decide_refuse(const struct policy *policy, const struct flow_key *key, enum reason reason,
		   struct decide_result *ret)
{
	describe(policy, key, reason_at_port(reason, apps_at(policy, key)), ret);
	treatment(policy, key, ret); /* for the nearest flow */
	blame(policy, key, ret);
}

void decide_ech(bool has_ech, struct decide_result *result)
{
	if (!has_ech || !result->permitted || !result->service || !result->service->refuses_ech)
		return;
	result->permitted = false;
	result->reason = REASON_ECH_REFUSED;
	result->mark = MARK_REFUSED;
}

static bool is_named_tls(uint32_t state)
{
	return state == MARK_OPEN || state == MARK_GUARDED || state == MARK_PROVING;
}

/* A flow of which no name is known yet stands as long as it would be inspected anew. */
static void judge_undecided(const struct policy *policy, const struct flow_key *key, uint32_t mark,
			    struct decide_result *ret)
{
	enum app app;

	describe(policy, key, REASON_POLICY_CHANGED, ret);
	app = treatment(policy, key, ret);
	if (app == APP_TLS || app == APP_HTTP || app == APP_QUIC) {
		ret->permitted = true;
		ret->reason = REASON_NONE;
		ret->mark = mark;
	}
}

static void judge_named(const struct policy *policy, const struct flow_key *key, enum app app,
			uint32_t mark, struct decide_result *ret)
{
	struct search search = { .policy = policy, .key = key, .app = app, .ret = ret };

	describe(policy, key, REASON_POLICY_CHANGED, ret);
	if (names_match_mark(policy->names, mark, weigh_entry, &search))
		permit_by_name(ret, app);
	else if (names_match_mark(policy->exception_names, mark, weigh_exception, &search) ||
		 search.excepted)
		permit_by_exception(&search);
}

/* What a flow that was named speaks. */
static enum app app_in_state(const struct flow_key *key, uint32_t state)
{
	if (key->l4proto == IPPROTO_UDP)
		return APP_QUIC;
	return state == MARK_WATCHED ? APP_HTTP : APP_TLS;
}

void decide_again(const struct policy *policy, const struct flow_key *key, uint32_t mark,
		  struct decide_result *ret)
{
	uint32_t state = mark & MARK_STATE_MASK;

	if (state == MARK_UNDECIDED) {
		judge_undecided(policy, key, mark, ret);
		return;
	}
	if (!is_named_tls(state) && state != MARK_WATCHED) {
		describe(policy, key, REASON_POLICY_CHANGED, ret);
		return;
	}
	if (mark & MARK_INSPECTED) {
		judge_named(policy, key, app_in_state(key, state), mark, ret);
		if (ret->permitted) {
			/* as far as it is */
			ret->mark = (ret->mark & ~MARK_STATE_MASK) | state;
			return;
		}
	}
	/* Also for a named flow: what the new policy permits by address needs no name. */
	decide_address(policy, key, ret);
	if (!ret->permitted)
		ret->reason = REASON_POLICY_CHANGED;
}

enum app decide_treatment(const struct policy *policy, const struct flow_key *key)
{
	struct decide_result who;

	describe(policy, key, REASON_NONE, &who);
	return treatment(policy, key, &who);
}
