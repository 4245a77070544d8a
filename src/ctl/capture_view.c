/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The outcome of a flow of a capture, and its JSON. */
#include "ctl/capture_view.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "ctl/capture_flows.h"
#include "policy/decide.h"

#define TEXT_MAX 4096

struct outcome {
	const char *outcome, *reason;
	struct decide_result decided; /* with a policy */
};

static const char allow[] = "allow", deny[] = "deny", undecided[] = "undecided";

static void refuse(struct outcome *o, enum reason reason)
{
	o->outcome = deny;
	o->reason = reason_info(reason)->slug;
}

/* Not refused, and no name was read. */
static void judge_unread(const struct capture_flow *flow, struct outcome *o)
{
	o->outcome = undecided;
	if (!flow->looked_at)
		o->reason = "not-inspected";
	else if (flow->unplaced)
		o->reason = "midstream";
	else if (flow->bad)
		refuse(o, REASON_BAD_PACKET);
	else
		o->reason = "incomplete";
}

static void judge_alone(const struct capture_flow *flow, struct outcome *o)
{
	if (flow->refused) {
		refuse(o, flow->reason);
	} else if (!flow->named) {
		judge_unread(flow, o);
	} else if (flow->midstream) {
		o->outcome = undecided;
		o->reason = "midstream";
	} else {
		o->outcome = allow;
		o->reason = "name-read";
	}
}

static void settle(struct outcome *o, const struct capture_flow *flow)
{
	decide_expire(&o->decided, (int64_t)(flow->begin_us / 1000000));
	o->outcome = o->decided.permitted ? allow : deny;
	o->reason = reason_info(o->decided.reason)->slug;
}

static void judge_inspected(const struct capture_flow *flow, const struct policy *policy,
			    struct outcome *o)
{
	if (flow->refused) {
		decide_refuse(policy, &flow->key, flow->reason, &o->decided);
		settle(o, flow);
	} else if (flow->named) {
		decide_name(policy, &flow->key, flow->app, flow->name, &o->decided);
		decide_ech(flow->has_ech, &o->decided);
		settle(o, flow);
	} else {
		decide_refuse(policy, &flow->key, REASON_NONE, &o->decided);
		judge_unread(flow, o);
	}
}

static void judge(const struct capture_flow *flow, const struct policy *policy, struct outcome *o)
{
	switch (decide_treatment(policy, &flow->key)) {
	case APP_NONE:
		decide_address(policy, &flow->key, &o->decided);
		settle(o, flow);
		break;
	case APP_TLS:
	case APP_HTTP:
	case APP_QUIC:
		judge_inspected(flow, policy, o);
		break;
	case APP_QUIC_REFUSED:
		decide_refuse(policy, &flow->key, REASON_QUIC_REFUSED, &o->decided);
		settle(o, flow);
		break;
	case APP_COUNT:
		decide_refuse(policy, &flow->key, REASON_NOT_PERMITTED, &o->decided);
		settle(o, flow);
		break;
	}
}

/* Any bytes as printable ASCII: others are written \xHH, and a backslash \\. */
static json_t *text(const char *bytes, size_t len)
{
	char out[TEXT_MAX * 4 + 1], *at = out;

	if (len > TEXT_MAX)
		len = TEXT_MAX;
	for (size_t i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)bytes[i];

		if (c == '\\')
			at += snprintf(at, 5, "\\\\");
		else if (c < 0x20 || c > 0x7e)
			at += snprintf(at, 5, "\\x%02x", c);
		else
			*at++ = (char)c;
	}
	return json_stringn(out, (size_t)(at - out));
}

static json_t *time_of(uint64_t us)
{
	const time_t seconds = (time_t)(us / 1000000);
	char out[64];
	struct tm tm;
	size_t len;

	if (gmtime_r(&seconds, &tm) == NULL)
		return json_null();
	len = strftime(out, sizeof(out), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(out + len, sizeof(out) - len, ".%06uZ", (unsigned int)(us % 1000000));
	return json_string(out);
}

static json_t *transport(uint8_t l4proto)
{
	char number[8];

	switch (l4proto) {
	case IPPROTO_TCP:
		return json_string("tcp");
	case IPPROTO_UDP:
		return json_string("udp");
	case IPPROTO_ICMP:
		return json_string("icmp");
	case IPPROTO_ICMPV6:
		return json_string("ipv6-icmp");
	default:
		(void)snprintf(number, sizeof(number), "%u", l4proto);
		return json_string(number);
	}
}

static json_t *address(const struct addr *a)
{
	char out[ADDR_TEXT_MAX];

	return json_string(addr_text(a, out));
}

static json_t *port(const struct flow_key *key, uint16_t number)
{
	if (key->l4proto != IPPROTO_TCP && key->l4proto != IPPROTO_UDP)
		return json_null();
	return json_integer(number);
}

static int put_flow(json_t *o, const struct capture_flow *flow)
{
	const struct flow_key *key = &flow->key;
	int bad = 0;

	bad |= json_object_set_new(o, "@timestamp", time_of(flow->begin_us));
	bad |= json_object_set_new(o, "source.ip", address(&key->src));
	bad |= json_object_set_new(o, "source.port", port(key, key->sport));
	bad |= json_object_set_new(o, "destination.ip", address(&key->dst));
	bad |= json_object_set_new(o, "destination.port", port(key, key->dport));
	bad |= json_object_set_new(o, "network.transport", transport(key->l4proto));
	bad |= json_object_set_new(
		o, "network.protocol",
		json_string(flow->app == APP_NONE ? "unknown" : app_slug(flow->app)));
	bad |= json_object_set_new(
		o, "name", flow->name_len == 0 ? json_null() : text(flow->name, flow->name_len));
	bad |= json_object_set_new(o, "packets", json_integer((json_int_t)flow->packets));
	return bad;
}

static int put_tls(json_t *o, const struct capture_flow *flow)
{
	int bad = 0;

	if (flow->alpn[0] != '\0')
		bad |= json_object_set_new(o, "sekisho.tls.alpn",
					   text(flow->alpn, strlen(flow->alpn)));
	if (flow->has_ech)
		bad |= json_object_set_new(o, "sekisho.tls.ech", json_true());
	return bad;
}

/* What of the policy stands behind the outcome. */
static int put_decided(json_t *o, const struct decide_result *decided)
{
	int bad = 0;

	if (decided->service != NULL)
		bad |= json_object_set_new(o, "sekisho.service",
					   json_string(decided->service->name));
	if (decided->pattern != NULL)
		bad |= json_object_set_new(o, "sekisho.pattern", json_string(decided->pattern));
	if (decided->exception != NULL)
		bad |= json_object_set_new(o, "sekisho.exception",
					   json_string(decided->exception->name));
	if (decided->forbidden != NULL)
		bad |= json_object_set_new(o, "rule.id", json_string(decided->forbidden->id));
	else if (decided->flow != NULL && decided->permitted)
		bad |= json_object_set_new(o, "rule.id", json_string(decided->flow->id));
	return bad;
}

json_t *capture_view_json(const struct capture_flow *flow, const struct policy *policy,
			  const char *file)
{
	struct outcome outcome = { .outcome = undecided, .reason = "incomplete" };
	json_t *o = json_object();
	int bad;

	if (policy == NULL)
		judge_alone(flow, &outcome);
	else
		judge(flow, policy, &outcome);
	bad = put_flow(o, flow);
	bad |= json_object_set_new(o, "outcome", json_string(outcome.outcome));
	bad |= json_object_set_new(o, "reason", json_string(outcome.reason));
	bad |= put_tls(o, flow);
	if (policy != NULL)
		bad |= put_decided(o, &outcome.decided);
	bad |= json_object_set_new(o, "sekisho.capture", text(file, strlen(file)));
	if (bad == 0)
		return o;
	json_decref(o);
	return NULL;
}
