/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How policy_read() is divided. Private to src/policy/read*.c.
 *
 * read_text.c    files as bytes, and texts for people
 * read_scan.c    what libconfig would let pass, and the lines of strings
 * read_keys.c    key tables: every group of the policy is a table of the keys that it may have
 * read_list.c    lists, written in the policy or in list files
 * read_value.c   single values: addresses, ports, names, dates
 * read_site.c, read_endpoint.c, read_service.c, read_exception.c, read_daemon.c
 *                the groups of the policy
 * read_terms.c   what a service states about the guideline's terms
 * read_claims.c  what the policy declares openly
 * read_overlap.c who shares addresses with whom
 * read_beside.c  services on the same addresses, of which one is inspected and another is not
 * read_width.c   addresses so wide that they restrict nothing
 * read_rules.c   what the guideline asks of the policy as a whole
 * read_combine.c which configurations go together
 * read_ways.c    ways that exceptions make in several steps
 *
 * Every function adds its mistakes to reader->errors and goes on, so that one run tells all of
 * them. */
#pragma once

#include <libconfig.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/errors.h"
#include "policy/policy.h"

#define READ_POLICY_MAX  (16U << 20) /* bytes in the policy file */
#define READ_LIST_MAX    (64U << 20) /* bytes in one list file */
#define READ_ENTRIES_MAX 1000000U    /* entries in one list file */
#define READ_DEPTH_MAX   8           /* groups and lists within each other */
#define READ_TEXT_MAX    200         /* bytes in texts for people: organisation, ISMAP service */

/* Where something stands. file is borrowed from the reader. */
struct read_place {
	const char *file;
	int line;
};

/* Whose addresses a range of the policy is; the order is the order of read_overlap.c's table. */
enum read_owner {
	READ_NETWORK,   /* of a zone; index is the zone */
	READ_ENDPOINT,  /* of a role; index is the role */
	READ_SERVICE,   /* of a service; index into policy->services */
	READ_NAT,       /* source_nat of a zone; index is the zone */
	READ_PROXY,     /* via.proxy of a service; index into policy->services */
	READ_PEER,      /* of a management entry; index counts all entries */
	READ_EXCEPTION, /* of an exception; index is twice that into policy->exceptions, and one
			 * more for "to" */
	READ_OWNER_COUNT
};

struct read_range {
	struct addr_range range;
	enum read_owner owner;
	uint32_t index;
	struct read_place place;
};

/* An interface that a zone has claimed. */
struct read_interface {
	const char *name; /* borrowed from the policy */
	enum zone zone;
	struct read_place place;
};

/* Parts of the policy that could not be read well enough: what would follow from their lacking is
 * not told. */
enum read_unsure {
	READ_UNSURE_APPLIANCE = 1 << 0,      /* any mistake */
	READ_UNSURE_CONFIGURATIONS = 1 << 1, /* any mistake */
	READ_UNSURE_ZONES = 1 << 2,          /* any mistake */
	READ_UNSURE_ENDPOINTS = 1 << 3,      /* an unknown role */
	READ_UNSURE_PORTS = 1 << 4,          /* an unknown group */
	READ_UNSURE_SERVICES = 1 << 5,       /* an unknown role */
	READ_UNSURE_COMBINATION = 1 << 6,    /* configurations that contradict each other */
	READ_UNSURE_ADDRESSES = 1 << 7,      /* an address that cannot be read, anywhere */
};

struct reader {
	const char *path; /* of the policy file, as given */
	struct errors *errors;
	struct policy *policy; /* being built */
	EVP_MD_CTX *hash;
	int err;             /* first -errno that is no mistake in the text; 0 if none */
	unsigned int unsure; /* READ_UNSURE_ bits */
	size_t unknown_keys; /* told so far: what seems to lack may be one of them, misspelt */

	struct read_range *ranges; /* every address of the policy, in order of reading */
	size_t range_count, range_room;
	struct read_interface *interfaces;
	size_t interface_count;
	char **files; /* paths of list files */
	size_t file_count;

	bool declared_none[ROLE_COUNT]; /* role = "none" */
	bool declared_ports[PORT_GROUP_COUNT];
	struct read_place zone_place[ZONE_COUNT];
	struct read_place role_place[ROLE_COUNT];
	struct read_place configurations_place, endpoints_place, ports_place, services_place;
	struct read_place destination_place;                   /* of destination_restriction */
	struct read_place implied_places[GUIDELINE_FLOWS_MAX]; /* by index of the flow */
	const char **management_names; /* borrowed from the policy; by the index of READ_PEER */
	struct read_place *management_places;
	size_t management_count;
};

/* ---- read_text.c */

/* Reads a regular file of at most max bytes. 0 and *ret_text (a NUL follows; the caller frees) and
 * *ret_length, or -errno: -EFBIG over max, -ENOTSUP if it is not a regular file. */
int read_load(const char *path, size_t max, char **ret_text, size_t *ret_length);

/* True if text (the whole of the file at path) is UTF-8. Else tells the first byte that is not,
 * once: whoever saved the file in another encoding has one thing to mend. */
bool read_is_utf8(struct reader *r, const char *path, const char *text);

/* True if text is UTF-8 without control characters and the letters of read_hidden_letter(). */
bool read_is_text(const char *text);

/* The character (code point) with which text begins if it is one that is not shown, or by which
 * what follows is shown otherwise than it is read: controls but for tab, the ends of lines and of
 * pages, those that turn the direction of writing, separators of lines, letters of no width, tags.
 * Else 0. Source: UAX #9 section 2, UTR #36. */
uint32_t read_hidden_letter(const char *text);

/* Writes "text" in quotes into out (READ_QUOTE_MAX), shortened and escaped for terminals; returns
 * out. */
#define READ_QUOTE_MAX 320
char *read_quote(const char *text, char *out);

/* ---- read_scan.c */

/* What read_scan() found. Released by read_scan_clear(). */
struct read_scan {
	int *lines; /* of each string, in order of the text */
	size_t count;
	struct errors doubts; /* mistakes, if the text is no nonsense to libconfig, which would take
				 them in silence */
};

/* Looks for what libconfig would take in silence: NUL bytes, @include, strings joined because a
 * comma is missing, numbers cut, comments that never end; and for text that shows otherwise. Gives
 * the line of each string (libconfig's own is that of the token after it). False (told) if there is
 * something that must not be parsed. *ret is zeroed by the caller. */
bool read_scan(struct reader *r, const char *text, size_t length, struct read_scan *ret);
void read_scan_clear(struct read_scan *scan);

/* Lets read_line() know the lines that read_scan() found. False (told) if the policy nests too
 * deep. */
bool read_number_strings(struct reader *r, config_setting_t *root, const struct read_scan *scan);

/* ---- read_keys.c */

enum read_type {
	READ_TEXT,        /* a string */
	READ_NUMBER,      /* an integer */
	READ_BOOL,        /* true or false */
	READ_STRINGS,     /* [ "a", "b" ] or ( "a", "b" ); at least one */
	READ_GROUP,       /* { ... } */
	READ_GROUPS,      /* ( { ... }, { ... } ); at least one */
	READ_ANY,         /* the handler looks itself */
	READ_UNSUPPORTED, /* known, but refused by this version */
};

struct read_key {
	const char *name;
	enum read_type type;
	bool required;
	/* into is what read_group() was given. May be NULL for READ_UNSUPPORTED only. */
	void (*handle)(struct reader *r, config_setting_t *s, void *into);
};

/* Reads each member of the group s by the handler of its key, in the order of the file. Unknown
 * keys, wrong types and missing keys are mistakes. */
void read_group(struct reader *r, config_setting_t *s, const struct read_key *keys, size_t count,
		void *into);

/* True if s has that type; else adds the mistake. Of lists it is true with wrong elements too (they
 * are told): users skip those. */
bool read_has_type(struct reader *r, const config_setting_t *s, enum read_type type);

int read_line(const config_setting_t *s);
struct read_place read_place_of(const struct reader *r, const config_setting_t *s);

/* Adds a mistake at the line of s, with the path of keys ("services.m365-files.ports") in front. */
void read_error(struct reader *r, const config_setting_t *s, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The path of keys of s, newly allocated; NULL if memory ran out. */
char *read_path(const config_setting_t *s);

/* Memory ran out: remembered, told once at the end. */
void read_no_memory(struct reader *r);

/* The one of count words (name_at(i), NULL entries are skipped) most like text, or NULL if none is
 * near. */
const char *read_nearest(const char *text, const char *(*name_at)(size_t i), size_t count);

/* The words joined by ", ", newly allocated; NULL if memory ran out. */
char *read_words(const char *(*name_at)(size_t i), size_t count);

/* ---- read_list.c */

/* One entry of a list, in the policy or in a list file. */
struct read_item {
	const char *text; /* without blanks around; NUL-terminated */
	struct read_place place;
	const config_setting_t *key; /* the key that holds or names the list */
};

typedef void read_item_fn(struct reader *r, const struct read_item *item, void *into);

/* Calls each for every string of s (READ_STRINGS). */
void read_strings(struct reader *r, const config_setting_t *s, read_item_fn *each, void *into);

/* Calls each for every entry of the list file that s (READ_TEXT) names; it becomes part of the
 * hash. */
void read_list_file(struct reader *r, const config_setting_t *s, read_item_fn *each, void *into);

void read_item_error(struct reader *r, const struct read_item *item, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The string that is the value of s, as an item. */
struct read_item read_item_of(const struct reader *r, const config_setting_t *s);

/* Adds "<text> is not <what>; did you mean ...? Expected one of ...". */
void read_word_error(struct reader *r, const struct read_item *item, const char *what,
		     const char *(*name_at)(size_t i), size_t count);

/* Appends a copy. False if memory ran out (remembered). */
bool read_append(struct reader *r, struct policy_strings *strings, const char *text);

/* True if item's text is not among strings yet; else adds the mistake that it is there twice. */
bool read_is_new(struct reader *r, const struct read_item *item,
		 const struct policy_strings *strings);

/* ---- read_value.c */

/* into of read_range_item(). */
struct read_target {
	enum read_owner owner;
	uint32_t index;
	struct addr_list *list;
};

/* read_item_fn: an address, prefix or range; into is a struct read_target. */
void read_range_item(struct reader *r, const struct read_item *item, void *into);

/* read_item_fn: into is a struct policy_ports; plain: address and port alone. */
void read_port_item(struct reader *r, const struct read_item *item, void *into);
void read_service_port_item(struct reader *r, const struct read_item *item, void *into);

/* Adds the mistake that s opens more ports than a list of them may. */
#define READ_PORT_SPAN_MAX 20000 /* of one protocol: more than any dynamic range (RFC 6335) */
void read_port_span(struct reader *r, const config_setting_t *s, const struct policy_ports *ports);

/* read_item_fn: a name of a network interface; into is a struct policy_strings. */
void read_interface_item(struct reader *r, const struct read_item *item, void *into);

/* Each copies the value of s to *ret if it is good, else adds the mistake and leaves *ret alone. */
void read_copy(struct reader *r, const config_setting_t *s, char **ret);
void read_slug(struct reader *r, const config_setting_t *s, char **ret); /* short ASCII name */
void read_people_text(struct reader *r, const config_setting_t *s, char **ret); /* UTF-8 */
void read_absolute_path(struct reader *r, const config_setting_t *s, size_t max, char **ret);
void read_date(struct reader *r, const config_setting_t *s, char **ret); /* YYYY-MM-DD */
bool read_number(struct reader *r, const config_setting_t *s, long long min, long long max,
		 long long *ret);

/* Remembers range for read_overlap_check(). */
void read_note_range(struct reader *r, const struct addr_range *range, enum read_owner owner,
		     uint32_t index, struct read_place place);

/* ---- read_terms.c: groups and keys of services (and DaaS endpoints) about the guideline's terms
 */
void read_ismap(struct reader *r, config_setting_t *s, struct policy_ismap *into);
void read_exempt(struct reader *r, config_setting_t *s, struct policy_service *into);
void read_use(struct reader *r, config_setting_t *s, struct policy_service *into);
void read_review(struct reader *r, config_setting_t *s, struct policy_service *into);

/* ---- the groups: handlers of the top-level keys */
void read_appliance(struct reader *r, config_setting_t *s, void *into);
void read_configurations(struct reader *r, config_setting_t *s, void *into);
void read_zones(struct reader *r, config_setting_t *s, void *into);
void read_endpoints(struct reader *r, config_setting_t *s, void *into);
void read_port_groups(struct reader *r, config_setting_t *s, void *into);
void read_services(struct reader *r, config_setting_t *s, void *into);
void read_exceptions(struct reader *r, config_setting_t *s, void *into);
void read_attestations(struct reader *r, config_setting_t *s, void *into);
void read_implied_flows(struct reader *r, config_setting_t *s, void *into);
void read_destination_restriction(struct reader *r, config_setting_t *s, void *into);
void read_management(struct reader *r, config_setting_t *s, void *into);
void read_log(struct reader *r, config_setting_t *s, void *into);
void read_control(struct reader *r, config_setting_t *s, void *into);
void read_queues(struct reader *r, config_setting_t *s, void *into);
void read_daemon(struct reader *r, config_setting_t *s, void *into);

/* ---- after the last group; the policy's lists are normal and its zones derived */

/* Addresses that two owners may not share, and martians. */
void read_overlap_check(struct reader *r);

/* Part of the former: a and b share addresses. Two services, of which one opens uninspected what
 * the other guards, are a mistake. */
void read_beside_judge(struct reader *r, const struct read_range *a, const struct read_range *b);

/* True if port, left uninspected, leads past what the service has inspected or reached through its
 * proxy alone: its own ports, and those of the web by TCP or UDP. */
bool read_guards(const struct policy_service *service, const struct policy_port *port);

/* Configurations that contradict each other, and the union of destinations. */
void read_combine_check(struct reader *r);

/* Roles and services so wide that they are the internet. */
void read_width_check(struct reader *r);

/* True if list has addresses that nobody on the internet has: for private use or set aside; *ret is
 * the first such part of it. */
bool read_has_private(const struct addr_list *list, struct addr_range *ret);

/* Exceptions from what is forbidden, in one step or in several. */
void read_exceptions_check(struct reader *r);

/* Part of the latter: with zones, roles, services and configurations that were read well. */
void read_ways_check(struct reader *r);

/* ---- read_places.c: adds the mistakes in where a role lives, once the zones are read */
void read_places_check(struct reader *r, enum role role);

/* Where endpoints and proxies lie; roles and port groups that a configuration needs; services that
 * nobody may use. */
void read_rules_check(struct reader *r);
