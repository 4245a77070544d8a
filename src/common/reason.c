/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words for each reason: the slug for records, the sentence for people. */
#include "common/reason.h"

#include <assert.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"

static const struct reason_info infos[] = {
	[REASON_NONE] = { "none", N_("No reason was given.") },
	[REASON_PERMITTED_ADDRESS] = { "permitted-address", N_("Address and port are permitted by "
							       "a flow of the guideline.") },
	[REASON_PERMITTED_NAME] = { "permitted-name", N_("The name belongs to the permitted "
							 "service at this address.") },
	[REASON_PERMITTED_EXCEPTION] = { "permitted-exception",
					 N_("An exception of the policy permits it, for a "
					    "while.") },
	[REASON_PERMITTED_MANAGEMENT] = { "permitted-management",
					  N_("It is the appliance's own traffic, permitted by the "
					     "policy's management group.") },
	[REASON_FORBIDDEN] = { "forbidden",
			       N_("The guideline forbids this flow, whatever else is allowed.") },
	[REASON_NOT_PERMITTED] = { "not-permitted", N_("No permitted flow covers it.") },
	[REASON_SPOOFED] = { "spoofed-source", N_("The source address does not live behind the "
						  "interface it came in by.") },
	[REASON_MISROUTED] = { "misrouted",
			       N_("The destination does not live behind the interface it "
				  "would leave by.") },
	[REASON_INVALID_STATE] = { "invalid-state",
				   N_("Connection tracking cannot place the packet.") },
	[REASON_QUIC_REFUSED] = { "quic-refused", N_("QUIC is refused towards this service; "
						     "clients fall back to TCP.") },
	[REASON_EXCEPTION_EXPIRED] = { "exception-expired",
				       N_("The exception of the policy that permitted it has "
					  "expired.") },
	[REASON_INPUT_REFUSED] = { "input-refused", N_("The appliance itself takes no such packet "
						       "from this address.") },
	[REASON_OUTPUT_REFUSED] = { "output-refused",
				    N_("The appliance itself may not send this; it is no declared "
				       "service.") },
	[REASON_BAD_PACKET] = { "bad-packet", N_("The packet's headers do not hold together.") },
	[REASON_NOT_TLS] = { "not-tls",
			     N_("The port is for TLS, but the bytes are something else.") },
	[REASON_TLS_MALFORMED] = { "tls-malformed",
				   N_("The bytes begin as TLS, then break its syntax.") },
	[REASON_HELLO_TOO_LONG] = { "hello-too-long",
				    N_("The TLS ClientHello is longer than the bound.") },
	[REASON_NO_SNI] = { "no-sni", N_("The TLS ClientHello names no server.") },
	[REASON_TLS_TOO_OLD] = { "tls-too-old", N_("The client speaks an SSL or TLS that is too "
						   "old to name a server.") },
	[REASON_NAME_INVALID] = { "name-invalid",
				  N_("What stands for the server's name is no host name.") },
	[REASON_NAME_IS_ADDRESS] = { "name-is-address",
				     N_("An address stands where a host name belongs.") },
	[REASON_NAME_AMBIGUOUS] = { "name-ambiguous",
				    N_("The client names several hosts at once; which of them the "
				       "server takes cannot be told.") },
	[REASON_NOT_HTTP] = { "not-http",
			      N_("The port is for HTTP, but the bytes are something else.") },
	[REASON_HTTP_VERSION] = { "http-version",
				  N_("The HTTP request is of neither version 1.1 nor 1.0.") },
	[REASON_HTTP_2] = { "http-binary", N_("HTTP/2 without TLS is not read.") },
	[REASON_HTTP_MALFORMED] = { "http-malformed",
				    N_("The head of the HTTP request is broken or ambiguous.") },
	[REASON_HTTP_FRAMING] = { "http-framing", N_("Where the body of the HTTP request ends "
						     "could be understood in two ways.") },
	[REASON_HEAD_TOO_LONG] = { "head-too-long",
				   N_("The head of the HTTP request is longer than the bound.") },
	[REASON_NO_HOST] = { "no-host", N_("The HTTP request names no host.") },
	[REASON_HTTP_TUNNEL] = { "http-tunnel", N_("The HTTP request asks for a tunnel, in which "
						   "nothing could be read.") },
	[REASON_HTTP_UPGRADE] = { "http-upgrade",
				  N_("After an HTTP request to change the protocol came something "
				     "that is no HTTP request, so it cannot be read.") },
	[REASON_SERVER_FIRST] = { "server-first",
				  N_("The server spoke before the client had said a name.") },
	[REASON_OVERLAP_CONFLICT] = { "overlap-conflict",
				      N_("Two copies of the same bytes of the stream differ.") },
	[REASON_OUT_OF_WINDOW] = { "out-of-window", N_("Bytes lie too far ahead in the stream, or "
						       "before its beginning.") },
	[REASON_MIDSTREAM] = { "midstream", N_("The beginning of the flow was not seen.") },
	[REASON_NAME_CHANGED] = { "name-changed", N_("The second TLS ClientHello of the "
						     "connection has another name than the "
						     "first.") },
	[REASON_EARLY_DATA] = { "early-data", N_("Early data goes on beyond the bound before the "
						 "server has answered.") },
	[REASON_NOT_QUIC] = { "not-quic",
			      N_("The port is for QUIC, but the bytes are something else.") },
	[REASON_QUIC_VERSION] = { "quic-version", N_("The QUIC version is none that can be read; "
						     "clients fall back to TCP.") },
	[REASON_QUIC_MALFORMED] = { "quic-malformed",
				    N_("The bytes begin as QUIC, then break its syntax or cannot "
				       "be decrypted.") },
	[REASON_TIMEOUT] = { "timeout", N_("No name came within the time allowed.") },
	[REASON_RESOURCE_LIMIT] = { "resource-limit", N_("The bound on undecided flows or held "
							 "packets was reached.") },
	[REASON_NAME_UNKNOWN] = { "name-unknown",
				  N_("The name belongs to no service of the policy.") },
	[REASON_FOREIGN_TENANT] = { "foreign-tenant",
				    N_("The name is that of another organisation's tenant.") },
	[REASON_NAME_ELSEWHERE] = { "name-elsewhere", N_("The name is permitted, but for a service "
							 "at another address.") },
	[REASON_SOURCE_NOT_PERMITTED] = { "source-not-permitted", N_("Name and address are right, "
								     "but this source may not use "
								     "the service.") },
	[REASON_ECH_REFUSED] = { "ech-refused",
				 N_("The TLS ClientHello uses Encrypted Client Hello, which the "
				    "policy refuses for this service.") },
	[REASON_LOG_UNAVAILABLE] = { "log-unavailable", N_("The record could not be written, so "
							   "nothing new may pass.") },
	[REASON_ENGINE_DIED] = { "engine-died", N_("The engine that held the flow ended.") },
	[REASON_POLICY_CHANGED] = { "policy-changed", N_("The flow was open, but the new policy no "
							 "longer permits it.") },
};
_Static_assert(ARRAY_SIZE(infos) == REASON_COUNT, "each reason has its words");

const struct reason_info *reason_info(enum reason reason)
{
	assert(reason < REASON_COUNT);
	return &infos[reason < REASON_COUNT ? reason : REASON_NONE];
}

enum reason reason_of_slug(const char *slug)
{
	for (size_t i = 0; i < ARRAY_SIZE(infos); i++) {
		if (strcmp(infos[i].slug, slug) == 0)
			return (enum reason)i;
	}
	return REASON_COUNT;
}
