/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One DNS message: whatever is handed out is of the type asked for and lies at the end of the
 * aliases, and what is refused hands out nothing. */
#include <stdlib.h>
#include <string.h>

#include "inspect/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t found_count;
static struct dns_name owner;
static uint32_t owner_ttl;

/* Well-formed labels up to the empty one. */
static void check_name(const struct dns_name *name)
{
	struct rd r = rd_of(name->wire, name->len);
	char text[DNS_TEXT_MAX];
	uint8_t len;

	while ((len = rd_u8(&r)) != 0)
		rd_skip(&r, len);
	if (r.bad || r.left != 0 || !dns_name_same(name, name) ||
	    strlen(dns_name_text(name, text)) >= DNS_TEXT_MAX)
		abort();
}

static void found(const struct dns_record *record, void *data)
{
	struct dns_bytes alpn = record->service.alpn, one;
	struct addr hint;
	size_t hints = 0;

	(void)data;
	check_name(record->owner);
	if (found_count++ != 0 && !dns_name_same(&owner, record->owner))
		abort();
	owner = *record->owner;
	if (record->ttl > owner_ttl)
		owner_ttl = record->ttl;
	if (record->type == DNS_A || record->type == DNS_AAAA)
		return;
	check_name(&record->service.target);
	while (dns_service_alpn(&alpn, &one))
		;
	while (dns_service_hint(&record->service, hints, &hint))
		hints++;
	if (alpn.len != 0 ||
	    hints * 4 < record->service.ipv4hint.len / 4 + record->service.ipv6hint.len / 16)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_answer answer;
	struct rd stream = rd_of(data, size);
	struct dns_bytes message;
	enum dns_result result;

	found_count = 0;
	owner_ttl = 0;
	result = dns_read(data, size, found, NULL, &answer);
	if (result != DNS_ANSWER && found_count != 0)
		abort();
	if (result == DNS_ANSWER || result == DNS_TRUNCATED) {
		check_name(&answer.asked);
		check_name(&answer.end);
		if (answer.aliases > DNS_CHAIN_MAX || owner_ttl > answer.ttl)
			abort();
	}
	if (found_count != 0 && !dns_name_same(&owner, &answer.end))
		abort();
	while (dns_next_of_stream(&stream, &message))
		if (message.len > size)
			abort();
	return 0;
}
