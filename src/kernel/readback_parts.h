/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of reading a table back, for kernel/readback*.c alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/nlsock.h"
#include "kernel/readback.h"
#include "ruleset/ruleset.h"

struct nlattr;   /* <linux/netlink.h> */
struct nlmsghdr; /* <linux/netlink.h> */

/* A set as the kernel has it. */
struct readback_set {
	struct ruleset_set set;      /* under its plain name; elements belong to it */
	char name[RULESET_NAME_MAX]; /* in the kernel */
	bool nameless;               /* it belongs to one rule */
	bool used;                   /* a statement looks into it, and its key is from there */
	bool joined;                 /* its elements went over to the set that it is a part of */
};

/* A table being read. */
struct readback {
	struct nlsock *sock;
	struct readback_trouble *trouble;
	int64_t now_ms; /* since 1970 (UTC), for what expires */
	struct readback_set *sets;
	size_t set_count;
	struct ruleset_chain *chains;
	size_t chain_count;
	size_t compare_count; /* sets made of comparisons so far: they need names */
};

/* Notes what is not understood in chain (NULL: none) and gives -EBADMSG. */
int readback_refuse(struct readback *rb, const char *chain, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Asks for everything of one type (NFT_MSG_GET*) of the table, of set where that is not NULL. 0,
 * what the callback gave, or -errno. The callback's data is rb. */
int readback_dump(struct readback *rb, uint8_t type, const char *set, nlsock_callback *callback);

/* Sorts what is nested in attr into attrs[0..max]; false where it does not fit, or where there is
 * something whose bit is not in allowed. */
bool readback_attrs(const struct nlattr *attr, const struct nlattr **attrs, uint16_t max,
		    uint32_t allowed);

/* Room for one more in an array that had count of size bytes each: it grows by doubling. NULL:
 * -ENOMEM. The array stays the caller's. */
void *readback_grow(void *array, size_t count, size_t size);

/* Definitions and elements of all sets, into rb->sets. Keys are those that the sets' types and
 * users' notes tell; source and destination are the same there. */
int readback_read_sets(struct readback *rb);

/* The set of that name in the kernel, or NULL. */
struct readback_set *readback_find_set(struct readback *rb, const char *name);

/* A new set of one element over fields (with limits of each), for a comparison in a rule. Its name
 * goes to ret_name. 0 or -ENOMEM. */
struct readback_compare_set {
	enum ruleset_field fields[RULESET_KEY_FIELDS_MAX];
	size_t count;
	uint8_t first[RULESET_KEY_BYTES_MAX], last[RULESET_KEY_BYTES_MAX];
};
int readback_add_compare_set(struct readback *rb, const struct readback_compare_set *wanted,
			     char *ret_name, size_t cap);

/* True if the bytes are a name that ends with a NUL, and nothing but zeros behind it: what follows
 * a NUL is compared by the kernel and not shown by nft(8). */
bool readback_is_name(const uint8_t *bytes, size_t len);

/* One message of a dump of elements, into the set that has its name. The data is rb. */
int readback_take_elements(const struct nlmsghdr *message, void *data);

/* After the last element of set: sorts them, and makes ranges of starts and ends. */
int readback_finish_elements(struct readback *rb, struct readback_set *set);

/* A verdict of nf_tables; false if it is not one of ours. */
bool readback_verdict(const struct nlattr *attr, struct ruleset_verdict *ret);

/* The table's flags, and its chains, into rb->chains, without rules. -ENOENT: no such table. */
int readback_read_chains(struct readback *rb);

/* All rules of all chains. */
int readback_read_rules(struct readback *rb);

/* Makes one again of sets that kernel/lowered.c split, and of the rules that look into their parts.
 */
int readback_join_parts(struct readback *rb);

/* Puts chains that are jumped to before those that jump. */
int readback_order_chains(struct readback *rb);

/* --- one rule --- */

#define READBACK_REGISTER_BYTES 64U
#define READBACK_LOADS_MAX      16U

enum readback_source { SOURCE_META, SOURCE_CT, SOURCE_PAYLOAD, SOURCE_DATA };

/* What a stretch of the registers holds. */
struct readback_load {
	enum readback_source source;
	uint32_t key;         /* NFT_META_*, NFT_CT_*, or NFT_PAYLOAD_* for the base */
	uint32_t offset, len; /* in the header (SOURCE_PAYLOAD); bytes */
	uint32_t at;          /* in the registers */
	bool used;            /* something looked at it */
	bool masked;
	uint8_t bytes[READBACK_REGISTER_BYTES]; /* the mask (masked), or SOURCE_DATA */
	uint32_t shift;
};

struct readback_registers {
	struct readback_load loads[READBACK_LOADS_MAX];
	size_t count;
};

/* Where a register begins, as a byte of READBACK_REGISTER_BYTES, or UINT32_MAX. */
uint32_t readback_register_at(uint32_t number);

/* What begins at that byte, or NULL. */
struct readback_load *readback_load_at(struct readback_registers *registers, uint32_t at);

/* Loads, over what was there. False if it does not fit. */
bool readback_load_put(struct readback_registers *registers, const struct readback_load *load);

/* What has to hold for a field to be there at all; the writer of statements adds it by itself. */
enum readback_need_kind { NEED_NFPROTO, NEED_L4PROTO, NEED_ETHER };
struct readback_need {
	enum readback_need_kind kind;
	uint8_t value; /* NFPROTO_*, IPPROTO_* */
};
#define READBACK_NEEDS_MAX 8U

/* A rule being read. */
struct readback_rule {
	struct readback *rb;
	const char *chain;
	size_t number; /* in its chain, from 1 */
	struct ruleset_rule *rule;
	struct readback_registers registers;
	/* Matches of protocols that may belong to the statement that follows, or stand alone. */
	struct readback_need pending[READBACK_NEEDS_MAX];
	size_t pending_count;
	uint8_t nfproto, l4proto; /* known by now; 0: not */
};

/* Notes what is not understood in the rule; -EBADMSG. */
int readback_refuse_rule(struct readback_rule *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Takes over one match of a protocol. */
int readback_add_need(struct readback_rule *r, struct readback_need need);

/* The protocol above IP that is known by now, 0 if none. */
uint8_t readback_l4proto(const struct readback_rule *r);

/* Appends a statement that needs what is told, after those matches of protocols that are not part
 * of it. */
int readback_add_statement(struct readback_rule *r, const struct ruleset_statement *statement,
			   const struct readback_need *needs, size_t need_count);

/* The end of the rule: what is pending stands alone. */
int readback_finish_rule(struct readback_rule *r);

/* The fields that a load is, in order; *ret_count 0 if it is none of ours. The last one may be cut
 * short (a prefix); then *ret_cut is its length in bytes, else 0. */
void readback_load_fields(const struct readback_load *load, enum ruleset_field *fields,
			  size_t *ret_count, uint32_t *ret_cut);

/* The field that stands for it where source and destination are the same: in the type of a set. */
enum ruleset_field readback_neutral(enum ruleset_field field);

/* Adds what field needs to needs. */
void readback_field_needs(enum ruleset_field field, struct readback_need *needs, size_t *count);

/* Expressions of one kind each: what is nested in the expression's data. 0, -EBADMSG with trouble,
 * or -ENOMEM. */
int readback_cmp(struct readback_rule *r, const struct nlattr *data);
int readback_range(struct readback_rule *r, const struct nlattr *data);
int readback_lookup(struct readback_rule *r, const struct nlattr *data);

/* The same for loads (into r->registers) and actions: by the expression's name; -ENOENT if it is
 * none of them. */
int readback_load(struct readback_rule *r, const char *name, const struct nlattr *data);
int readback_act(struct readback_rule *r, const char *name, const struct nlattr *data);

/* What comparisons and look-ups share: a number in the host's order; the refusal of what is
 * compared otherwise than Sekisho does; whether a load is the first byte of what carries ICMP, and
 * the match of such types. */
uint32_t readback_number(const uint8_t *bytes);
int readback_refuse_comparison(struct readback_rule *r);
bool readback_is_icmp_type(const struct readback_rule *r, const struct readback_load *load);
int readback_add_types(struct readback_rule *r, const uint8_t *types, size_t count);
