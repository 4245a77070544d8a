/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Measures how long a decision's line takes, against snprintf() of the same line, and what chaining
 * it adds. In processor time: the machine may be shared. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "audit/chain.h"
#include "audit/line.h"
#include "audit/record.h"
#include "common/mark.h"
#include "common/mono.h"

#define ROUNDS 500000

static size_t by_printf(const struct record *record, char *out)
{
	const struct decide_result *result = record->result;
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN], second[32];
	struct tm tm;

	(void)gmtime_r(&record->time.tv_sec, &tm);
	(void)strftime(second, sizeof(second), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)inet_ntop(AF_INET, record->key->src.b, src, sizeof(src));
	(void)inet_ntop(AF_INET, record->key->dst.b, dst, sizeof(dst));
	int len = snprintf(
		out, RECORD_MAX,
		"{\"@timestamp\":\"%s.%06ldZ\",\"sekisho.sequence\":%llu,\"ecs.version\":\"8.11."
		"0\","
		"\"event.kind\":\"event\",\"event.category\":\"network\","
		"\"event.action\":\"tenant-access\",\"event.type\":\"%s\","
		"\"event.outcome\":\"%s\",\"event.reason\":\"%s\",\"source.ip\":\"%s\","
		"\"source.port\":%u,\"destination.ip\":\"%s\",\"destination.port\":%u,"
		"\"network.transport\":\"tcp\",\"network.type\":\"ipv4\","
		"\"destination.domain\":\"%s\",\"network.protocol\":\"%s\","
		"\"observer.ingress.interface.name\":\"%s\","
		"\"observer.egress.interface.name\":\"%s\",\"observer.ingress.zone\":\"%s\","
		"\"observer.egress.zone\":\"%s\",\"sekisho.from_role\":\"%s\","
		"\"sekisho.to_role\":\"%s\",\"sekisho.service\":\"%s\",\"sekisho.pattern\":\"%s\","
		"\"rule.id\":\"%s\",\"rule.ruleset\":\"%s\",\"rule.reference\":\"%s\","
		"\"observer.name\":\"%s\",\"organization.name\":\"%s\",\"sekisho.policy\":\"%s\"}"
		"\n",
		second, record->time.tv_nsec / 1000, (unsigned long long)record->sequence,
		result->permitted ? "allowed" : "denied", result->permitted ? "success" : "failure",
		reason_info(result->reason)->slug, src, record->key->sport, dst, record->key->dport,
		record->name, app_slug(record->app), record->in_interface, record->out_interface,
		guideline_zone(result->from_zone)->slug, guideline_zone(result->to_zone)->slug,
		guideline_role(result->from_role)->slug, guideline_role(result->to_role)->slug,
		result->service->name, result->pattern, result->flow->id,
		guideline_configuration_slug(result->flow->configuration), result->flow->source,
		record->appliance, record->organisation, record->policy_hash);
	return (size_t)len;
}

static struct chain *chain;
static struct chain_point point = { .key = { 1 } };

/* As the writer does it: the line, its tag, and the key moved on. */
static size_t chained(const struct record *record, char *out)
{
	size_t len = record_format(record, out);

	if (chain_tag(chain, point.key, point.tag, out, len - 2, point.tag) < 0 ||
	    chain_pass(chain, &point, point.number + 1) < 0)
		abort();
	return line_put_tag(out, len, point.tag);
}

/* What no chain can do without: SHA-256 over the line. */
static size_t hashed(const struct record *record, char *out)
{
	static uint8_t digest[32];
	static EVP_MD *sha256;
	static EVP_MD_CTX *context;
	size_t len = record_format(record, out);

	if (!context) {
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
		context = EVP_MD_CTX_new();
		if (!sha256 || !context || EVP_DigestInit_ex2(context, sha256, NULL) != 1)
			abort();
	}
	if (EVP_DigestInit_ex2(context, NULL, NULL) != 1 ||
	    EVP_DigestUpdate(context, out, len) != 1 ||
	    EVP_DigestFinal_ex(context, digest, NULL) != 1)
		abort();
	return len;
}

static struct timespec processor_time(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return time;
}

static double measure(size_t (*format)(const struct record *record, char *out),
		      struct record *record, char *out)
{
	struct timespec begin = processor_time(), end;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		record->sequence = i;
		record->time.tv_sec = 1795318500 + i / 10000;
		record->time.tv_nsec = (long)(i % 1000000) * 1000;
		(void)format(record, out);
	}
	end = processor_time();
	return (double)mono_between_ns(&begin, &end) / ROUNDS;
}

int main(void)
{
	struct policy_service service = { .name = (char[]){ "m365-files" } };
	struct flow_key key = { .src = { .family = 4, .b = { 192, 168, 10, 11 } },
				.dst = { .family = 4, .b = { 198, 51, 100, 130 } },
				.sport = 51234,
				.dport = 443,
				.l4proto = IPPROTO_TCP };
	size_t flows;
	struct decide_result result = {
		.permitted = true,
		.reason = REASON_PERMITTED_NAME,
		.mark = MARK_OPEN | MARK_INSPECTED,
		.from_zone = ZONE_LGWAN,
		.to_zone = ZONE_EXTERNAL,
		.from_role = (enum role)0,
		.to_role = (enum role)1,
		.flow = guideline_flows(&flows),
		.service = &service,
		.pattern = "reiji-city.sharepoint.com",
	};
	struct record record = {
		.kind = RECORD_DECISION,
		.policy_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		.appliance = "lbo-fw-1",
		.organisation = "例示市",
		.key = &key,
		.result = &result,
		.app = APP_TLS,
		.name = "reiji-city.sharepoint.com",
		.in_interface = "lgwan0",
		.out_interface = "wan0",
	};
	static char ours[RECORD_MAX], theirs[RECORD_MAX];

	/* Both must make the same line, or the comparison means nothing. */
	size_t len = record_format(&record, ours);
	if (len != by_printf(&record, theirs) || memcmp(ours, theirs, len) != 0) {
		(void)fprintf(stderr, "the lines differ:\n%.*s%s", (int)len, ours, theirs);
		return EXIT_FAILURE;
	}
	double fast = measure(record_format, &record, ours);
	double slow = measure(by_printf, &record, theirs);
	chain = chain_new();
	if (!chain)
		return EXIT_FAILURE;
	double both = measure(chained, &record, ours);
	double least = measure(hashed, &record, ours);
	(void)printf(
		"record_format %.0f ns, snprintf %.0f ns, line of %zu bytes; chained %.0f ns, "
		"so that the chain costs %.0f ns, of which SHA-256 of the line alone %.0f ns\n",
		fast, slow, len, both, both - fast, least - fast);
	/* a refusal by a kernel rule: no name, no reference */
	record.name = NULL;
	record.app = APP_NONE;
	record.in_kernel = true;
	result.permitted = false;
	result.reason = REASON_NOT_PERMITTED;
	result.service = NULL;
	result.pattern = NULL;
	record.rule = "not-permitted";
	len = record_format(&record, ours);
	fast = measure(record_format, &record, ours);
	both = measure(chained, &record, ours);
	(void)printf(
		"a refusal: record_format %.0f ns, line of %zu bytes; chained %.0f ns, so that "
		"the chain costs %.0f ns\n",
		fast, len, both, both - fast);
	chain_free(chain);
	return EXIT_SUCCESS;
}
