/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DNS answers: which addresses and services a name was said to have.
 *
 * Pure and bounded: no allocation, no recursion; compression pointers must lead back, and names,
 * records and aliases have their bounds. Nothing is reported of an answer that breaks any rule. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/rd.h"

#define DNS_NAME_MAX    255  /* bytes of a name as it goes over the wire */
#define DNS_TEXT_MAX    1017 /* its longest text (every byte escaped), with the NUL */
#define DNS_RECORDS_MAX 512  /* answers that are read in one message */
#define DNS_CHAIN_MAX   16   /* aliases that are followed, one after the other */

enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_AAAA = 28,
	DNS_SVCB = 64,
	DNS_HTTPS = 65,
	DNS_ANY = 255, /* in questions only */
};

enum dns_result {
	DNS_ANSWER,    /* *ret is written, and its records were handed out */
	DNS_TRUNCATED, /* *ret is written; the records are not to be used, ask again by TCP */
	DNS_NO_ANSWER, /* a query, or another operation than a query */
	DNS_BAD,       /* breaks the format, or one of the bounds above */
};

/* Labels, each behind its length; with the empty one at the end. */
struct dns_name {
	uint8_t len; /* at least 1 */
	uint8_t wire[DNS_NAME_MAX];
};

/* Borrowed bytes of the message. */
struct dns_bytes {
	const uint8_t *at;
	size_t len;
};

/* The data of a SVCB or HTTPS record. */
struct dns_service {
	uint16_t priority;      /* 0: an alias; then the rest is empty */
	struct dns_name target; /* lower case; of a service that names none, the record's owner */
	bool usable;            /* false: some parameter that is mandatory is not known here */
	bool no_default_alpn;
	bool has_port;
	uint16_t port;
	struct dns_bytes alpn; /* protocol names, each behind its length; well-formed */
	struct dns_bytes ipv4hint, ipv6hint; /* addresses one behind the other */
	struct dns_bytes ech;                /* len 0: none */
};

struct dns_record {
	enum dns_type type;           /* A, AAAA, SVCB, HTTPS */
	const struct dns_name *owner; /* where the aliases end; lower case */
	uint32_t ttl;                 /* seconds: the least of this record and the aliases to it */
	struct addr address;          /* A, AAAA */
	struct dns_service service;   /* SVCB, HTTPS */
};

struct dns_answer {
	uint16_t id;
	uint8_t rcode;         /* of the header: 0 to 15 */
	struct dns_name asked; /* as sent, upper and lower case */
	uint16_t type;         /* asked for */
	struct dns_name end;   /* of the aliases; lower case */
	uint8_t aliases;       /* how many */
	uint32_t ttl;          /* the least of the aliases'; UINT32_MAX without any */
};

/* Called for each record of the type asked for that lies at the end of the aliases, in order. The
 * record is borrowed until it returns. */
typedef void dns_found(const struct dns_record *record, void *data);

/* Reads one message. One question, of class IN, is wanted; records of other owners, types and
 * classes, and whatever lies behind the answers (EDNS), are left aside. ret is untouched for
 * DNS_NO_ANSWER and DNS_BAD, and found is never called for them. Source: RFC 1035 section 4, RFC
 * 2181 sections 8 to 10, RFC 3596, RFC 9460. */
enum dns_result dns_read(const uint8_t *message, size_t len, dns_found *found, void *data,
			 struct dns_answer *ret);

/* The next message of a TCP stream; false if it is not whole yet, and nothing is taken. Source: RFC
 * 1035 section 4.2.2. */
bool dns_next_of_stream(struct rd *stream, struct dns_bytes *ret);

/* Equal but for upper and lower case. Source: RFC 4343. */
bool dns_name_same(const struct dns_name *a, const struct dns_name *b);

/* As master files have it: without a dot at the end ("." for the root); a dot or backslash within a
 * label and what is not printable is escaped. Gives out. */
char *dns_name_text(const struct dns_name *name, char out[DNS_TEXT_MAX]);

/* Address number i (from 0) of the hints, those of IPv4 first; false behind the last. */
bool dns_service_hint(const struct dns_service *service, size_t i, struct addr *ret);

/* Cuts the next protocol name off *rest, which begins as service->alpn; false if there is none. */
bool dns_service_alpn(struct dns_bytes *rest, struct dns_bytes *ret);
