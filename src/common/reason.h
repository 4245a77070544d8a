/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a flow passed or was refused: one taxonomy for kernel rules, engine, broker, log and manual.
 */
#pragma once

#include <stdint.h>

enum reason {
	REASON_NONE = 0,

	/* passed */
	REASON_PERMITTED_ADDRESS,    /* address and port are permitted by a flow of the guideline */
	REASON_PERMITTED_NAME,       /* and the name belongs to the service at that address */
	REASON_PERMITTED_EXCEPTION,  /* an exception of the policy permits it, for a while */
	REASON_PERMITTED_MANAGEMENT, /* of the appliance itself: management access, or a declared
					service of its own */

	/* refused in the kernel, told through NFLOG */
	REASON_FORBIDDEN,     /* a flow that the guideline forbids, whatever else is allowed */
	REASON_NOT_PERMITTED, /* no permitted flow covers it (default) */
	REASON_SPOOFED,   /* the source address does not live behind the interface it came in by */
	REASON_MISROUTED, /* the destination does not live behind the interface it would leave by */
	REASON_INVALID_STATE, /* conntrack cannot place the packet */
	REASON_QUIC_REFUSED,  /* QUIC towards a service whose policy is TCP only; clients fall back
			       */
	REASON_EXCEPTION_EXPIRED, /* it was open by an exception whose time is over */
	REASON_INPUT_REFUSED,     /* towards the appliance itself, not from a management address */
	REASON_OUTPUT_REFUSED,    /* from the appliance itself, not a declared service */

	/* refused by the engine's reading of the bytes; of TLS: NOT_TLS to TLS_TOO_OLD, of HTTP:
	 * NOT_HTTP to HTTP_UPGRADE */
	REASON_BAD_PACKET,       /* headers that do not hold together */
	REASON_NOT_TLS,          /* a TLS port, other bytes */
	REASON_TLS_MALFORMED,    /* begins as TLS, then breaks its syntax */
	REASON_HELLO_TOO_LONG,   /* ClientHello beyond the bound */
	REASON_NO_SNI,           /* ClientHello without server_name */
	REASON_TLS_TOO_OLD,      /* a hello of an SSL or TLS that has no names: SSLv2, SSLv3, or no
				    extensions */
	REASON_NAME_INVALID,     /* not a host name: characters, lengths, NUL */
	REASON_NAME_IS_ADDRESS,  /* an IP literal where a name belongs */
	REASON_NAME_AMBIGUOUS,   /* several names in one hello or request, not all the same */
	REASON_NOT_HTTP,         /* an HTTP port, other bytes */
	REASON_HTTP_VERSION,     /* a request of HTTP/0.9, or neither 1.0 nor 1.1 */
	REASON_HTTP_2,           /* HTTP/2 without TLS, from its preface on */
	REASON_HTTP_MALFORMED,   /* a request whose head breaks the grammar */
	REASON_HTTP_FRAMING,     /* a request whose body could end at two places */
	REASON_HEAD_TOO_LONG,    /* HTTP request head beyond the bound */
	REASON_NO_HOST,          /* HTTP request without Host */
	REASON_HTTP_TUNNEL,      /* CONNECT: what follows could not be read */
	REASON_HTTP_UPGRADE,     /* after an Upgrade: the client went on in another protocol */
	REASON_SERVER_FIRST,     /* the server spoke before the client said a name */
	REASON_OVERLAP_CONFLICT, /* two copies of the same stream bytes differ */
	REASON_OUT_OF_WINDOW,    /* stream bytes too far ahead, or before the beginning */
	REASON_MIDSTREAM,        /* a flow whose beginning was not seen */
	REASON_NAME_CHANGED,     /* the ClientHello after a HelloRetryRequest has another name */
	REASON_EARLY_DATA,       /* more early data than is passed over before the server answers */
	REASON_NOT_QUIC,         /* a QUIC port, other bytes */
	REASON_QUIC_VERSION,     /* a version of QUIC whose hello cannot be read */
	REASON_QUIC_MALFORMED,   /* begins as QUIC, then breaks its syntax or cannot be opened */
	REASON_TIMEOUT,          /* no name within the time allowed */
	REASON_RESOURCE_LIMIT,   /* the bound on undecided flows or held packets was reached */

	/* refused by the broker's decision */
	REASON_NAME_UNKNOWN,         /* the name belongs to no service of the policy */
	REASON_FOREIGN_TENANT,       /* a sibling of a tenant name: another organisation's tenant */
	REASON_NAME_ELSEWHERE,       /* a permitted name, but of a service at another address */
	REASON_SOURCE_NOT_PERMITTED, /* right name and address, but this source may not use it */
	REASON_ECH_REFUSED,          /* the service's policy refuses Encrypted Client Hello */
	REASON_LOG_UNAVAILABLE,      /* the record could not be written */
	REASON_ENGINE_DIED,          /* the engine that held the flow ended */
	REASON_POLICY_CHANGED,       /* an open flow that the new policy no longer permits */

	REASON_COUNT
};

struct reason_info {
	const char *slug; /* in records: lower case with hyphens; never changes once released */
	const char *text; /* a sentence for people (gettext msgid) */
};

/* reason must be below REASON_COUNT. Never NULL. */
const struct reason_info *reason_info(enum reason reason);

/* The reason of that slug, or REASON_COUNT. */
enum reason reason_of_slug(const char *slug);
