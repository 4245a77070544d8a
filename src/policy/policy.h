/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site policy: who and where. Built whole by policy_read(), immutable afterwards. What may flow
 * is derived from it and the guideline's tables by ruleset/compile.c (for the kernel) and
 * policy/decide.c (for the broker). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/errors.h"
#include "common/flow_key.h"
#include "policy/guideline.h"

#define POLICY_NAME_MAX      63 /* bytes in names of services, management entries, the appliance */
#define POLICY_HASH_TEXT_MAX 65 /* SHA-256 as hexadecimal, with NUL */
#define POLICY_INTERFACE_MAX 16 /* IFNAMSIZ, with NUL */

/* One l4proto, ports first..last, and what is spoken there. */
struct policy_port {
	uint8_t l4proto; /* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t first, last;
	enum app app; /* APP_NONE: decided by address and port alone */
};

struct policy_ports {
	struct policy_port *at;
	size_t count;
};

struct policy_strings {
	char **at;
	size_t count;
};

/* Hardware addresses, six bytes each. */
struct policy_macs {
	uint8_t (*at)[6];
	size_t count;
};

struct policy_zone {
	bool declared;
	int line;
	struct policy_strings interfaces;
	struct addr_list networks; /* normal; empty for external: everything in no other zone */
	bool reaches_internet; /* external addresses are reached through this zone's interfaces too
				* (the internet zone's line to the security cloud) */
	bool has_source_nat4, has_source_nat6;
	struct addr source_nat4,
		source_nat6; /* flows leaving by these interfaces get this source */
};

/* An entry of the ISMAP cloud service list, as the policy states it. */
struct policy_ismap {
	int line;                             /* 0: not stated */
	char *service, *number, *valid_until; /* valid_until: YYYY-MM-DD; each may be NULL */
	char *list;     /* "ISMAP" (so does NULL), or another list, which does not count */
	char *built_on; /* the registered platform under a service that is not registered itself */
};

/* What a service is used for, where that matters to the guideline. */
enum policy_use {
	POLICY_USE_UNSAID,
	POLICY_USE_LICENCE, /* authentication and licences */
	POLICY_USE_FILES,
	POLICY_USE_MEETING,
	POLICY_USE_MAIL,
	POLICY_USE_MAIL_IN_DISASTER, /* while the internet zone's mail is down */
	POLICY_USE_COUNT
};

/* The addresses that play a guideline role. */
struct policy_endpoint {
	bool declared;
	int line;
	struct addr_list addresses;
	struct policy_macs macs; /* if any: only frames from these count as from this role */
	struct policy_strings interfaces; /* where they live, if not behind the interfaces of the
					   * zone whose networks hold them (for example a tunnel) */
	struct policy_ismap ismap;        /* of the DaaS that they are on */
};

struct policy_service {
	char *name;
	int line;
	enum role role; /* one with is_service */
	struct policy_ismap ismap;
	bool exempt, exempt_no_documents, exempt_certificate_checked;
	char *exempt_issuer; /* who issued the certificate that shows the provider; may be NULL */
	enum policy_use use;
	char *reviewed_by, *reviewed_on; /* the organisation's own examination of the service and
					  * its settings; NULL if not stated; YYYY-MM-DD */
	char *tenant_measure; /* what else keeps to the own tenant, where names cannot tell; may be
			       * NULL */
	struct addr_list addresses;
	struct policy_ports ports;
	/* Host names and patterns ("*.example"), lower case, no trailing dot. A name is one of
	 * tenant_names (tells the own tenant), shared_names or names. Indexed by policy->names. */
	struct policy_strings tenant_names, shared_names, names;
	bool inspects_quic; /* else ports that are declared for QUIC are APP_QUIC_REFUSED */
	bool refuses_ech;   /* a ClientHello with Encrypted Client Hello; else its outer name
			     * decides */
	bool has_proxy;
	struct addr proxy; /* only this LGWAN address may use the service */
	char *proxy_inserts;
};

/* Access to the appliance itself, or from it. */
struct policy_management {
	char *name;
	int line;
	struct addr_list peers;    /* in: who may come; out: where the appliance may go */
	struct policy_ports ports; /* app is APP_NONE */
};

struct policy_managements {
	struct policy_management *at;
	size_t count;
};

/* Leave beyond the catalogue, for a while. Nothing can except a forbidden flow. */
struct policy_exception {
	char *name;
	int line;
	struct addr_list from, to; /* normal */
	struct policy_ports ports;
	struct policy_strings names; /* for ports with an app: as in policy_service */
	char *reason, *approved_by;
	int64_t expires_s; /* seconds since 1970, UTC; from this second on it does not hold */
	const struct guideline_forbidden *forbidden_by; /* derived: it touches this forbidden flow,
							 * and therefore opens nothing at all;
							 * policy_read() refuses it. Else NULL */
};

/* What only the organisation can say of itself. */
struct policy_attestation {
	char *control; /* key of a control of a configuration ("own/daas-mfa"), or id of a condition
			*/
	int line;
	char *by, *on; /* on: YYYY-MM-DD */
	char *statement;
};

struct policy_daemon {
	uint16_t queue_first, queue_count; /* 1..16 queues from queue_first */
	uint32_t queue_length;             /* packets; default 4096 */
	uint16_t log_group_first;          /* NFLOG group; default 7 */
	char *user;                        /* default "sekisho" */
	uint32_t undecided_max;            /* flows an engine keeps undecided; default 16384 */
	uint32_t undecided_per_source;     /* of one source; default 1024 */
	uint32_t undecided_buffers;        /* of which bytes are kept; default 1024 */
	uint32_t undecided_timeout_ms;     /* default 10000 */
	char *log_directory;               /* default /var/log/sekisho */
	char *log_key;                     /* the chain's key; NULL: the log is not chained */
	char *checkpoint_file;             /* checkpoints are appended to it; NULL: none */
	bool checkpoint_syslog;            /* and told to syslog; default true */
	uint32_t checkpoint_records;       /* one after so many records; default 10000 */
	uint32_t checkpoint_seconds;       /* and after so long; default 60 */
	char *control_socket;              /* default /run/sekisho/control.sock */
	char *control_group;               /* may be NULL: only root and user */
};

struct policy_source {
	char *path;                      /* the policy file, as given */
	char hash[POLICY_HASH_TEXT_MAX]; /* SHA-256 over the policy file and every list file it
					    names */
};

struct names; /* policy/names.h */

struct policy {
	struct policy_source source;
	char *appliance_name, *organisation;
	uint32_t firewalls;      /* FIREWALL_BIT()s this appliance plays */
	uint32_t configurations; /* bit set of enum configuration */
	int configurations_line, appliance_line;
	struct policy_zone zones[ZONE_COUNT];
	struct policy_endpoint endpoints[ROLE_COUNT];
	struct policy_ports ports[PORT_GROUP_COUNT];
	int ports_line[PORT_GROUP_COUNT]; /* 0: not declared */
	struct policy_service *services;
	size_t service_count;
	struct policy_managements management_in, management_out;
	struct policy_exception *exceptions;
	size_t exception_count;
	struct policy_attestation *attestations;
	size_t attestation_count;
	bool destination_union; /* destination_restriction = "union": LGWAN may go to the DaaS of
				   the routes and to the services of the α' case */
	bool implied_flows[GUIDELINE_FLOWS_MAX]; /* by index in guideline_flows(): implied flows
						    that the policy takes up; those it does not name
						    are not permitted */
	struct policy_daemon daemon;

	/* Derived when built. */
	struct addr_list
		zone_addresses[ZONE_COUNT]; /* logical: networks and endpoints by role; disjoint;
					     * external is the rest without martians */
	struct names *names;                /* every name pattern of every service */
	struct names *exception_names;      /* of every exception; an entry's service is the index
					     * in exceptions */
};

/* Reads and checks the policy file and the list files that it names (relative to its folder).
 * 0 and *ret_policy (caller frees with policy_free), or -errno with at least one entry in errors:
 * -EINVAL for mistakes in the text, else the reason that a file could not be read. All mistakes
 * that can be found are listed, not only the first. */
int policy_read(const char *path, struct policy **ret_policy, struct errors *errors);

/* Makes the address lists normal and derives zone_addresses, names and what forbids the exceptions
 * (again) from the rest;
 * policy_read() has done it. For policies put together by hand, in tests. 0 or -ENOMEM. */
int policy_derive(struct policy *policy);

/* NULL is allowed. Usable with auto_() through policy_freep(). */
void policy_free(struct policy *policy);
void policy_freep(struct policy **policy);

/* The logical zone of an address, ZONE_NONE for a martian. */
enum zone policy_zone_of(const struct policy *policy, const struct addr *a);

/* True if name is that of a VLAN on the line of that name: "inet0.20", or of two tags
 * "inet0.20.30", on "inet0" (and that on "inet0.20"). Whatever follows the dot: who makes a VLAN
 * may call it anything. */
bool policy_is_vlan_of(const char *name, const char *line);

/* The zone whose interface that is, or else of the longest line that it is a VLAN on; ZONE_NONE for
 * one of no zone, as that of a tunnel. */
enum zone policy_zone_of_line(const struct policy *policy, const char *name);

/* Addresses that no forwarded flow may have: ret is a new normal list; the caller frees it. 0 or
 * -ENOMEM. */
int policy_martians(struct addr_list *ret);

/* The role whose endpoint addresses hold a, or ROLE_COUNT. (Services' addresses are not endpoints.)
 * policy_read() accepts no address that plays two roles. */
enum role policy_role_of(const struct policy *policy, const struct addr *a);

/* The interfaces behind which zone addresses live are a matter of place, not of logic: this gives,
 * for each interface of the policy, the addresses that may come in by it or leave by it, as used
 * against spoofing and misrouting. Returns 0 or -ENOMEM; the caller frees with
 * policy_places_clear(). */
struct policy_place {
	char interface[POLICY_INTERFACE_MAX];
	struct addr_list addresses; /* normal */
};
struct policy_places {
	struct policy_place *at;
	size_t count;
};
int policy_places(const struct policy *policy, struct policy_places *ret);
void policy_places_clear(struct policy_places *places);

/* True if the site has somebody in that role: an endpoint with addresses, or a service of a service
 * role. Always for ROLE_INTERNET. */
bool policy_plays_role(const struct policy *policy, enum role role);

/* True if flow's configuration is in use and this appliance plays its firewall or one it traverses.
 * What leads to managed-target counts as decided at every firewall: it is "whichever boundary the
 * maintenance terminal sits behind". */
bool policy_covers_flow(const struct policy *policy, const struct guideline_flow *flow);

/* True if flow is to be realised here: policy_covers_flow(), the site has somebody at both ends,
 * and the policy takes it up where it is only implied. (policy_read() sees to it that a role lacks
 * only where the flow is optional or implied, or the policy says "none".) */
bool policy_uses_flow(const struct policy *policy, const struct guideline_flow *flow);
