/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host names: syntax, patterns, and the index from a name to its entries. */
#include "policy/names.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "common/mark.h"
#include "common/pages.h"

#define LABEL_MAX  63
#define LABELS_MAX ((NAMES_MAX + 1) / 2)

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex_digit(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c;
}

/* Decimal or 0x and hexadecimal: resolvers read a name that ends so as an IPv4 address. */
static bool is_number(const char *label, size_t len)
{
	bool hexadecimal = len >= 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X');

	for (size_t i = hexadecimal ? 2 : 0; i < len; i++) {
		if (hexadecimal ? !is_hex_digit(label[i]) : !is_digit(label[i]))
			return false;
	}
	return len > 0;
}

static bool is_ipv6(const char *text, size_t len)
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr a;

	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= sizeof(copy) || memchr(text, '\0', len))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return inet_pton(AF_INET6, copy, &a) == 1;
}

static enum names_fault check_label(const char *label, size_t len)
{
	if (len == 0 || len > LABEL_MAX)
		return NAMES_LABEL_LENGTH;
	for (size_t i = 0; i < len; i++) {
		bool inside = i > 0 && i < len - 1;

		if (!is_letter(label[i]) && !is_digit(label[i]) && label[i] != '-' &&
		    !(label[i] == '_' && inside))
			return NAMES_CHARACTER;
	}
	if (label[0] == '-' || label[len - 1] == '-')
		return NAMES_HYPHEN;
	return NAMES_OK;
}

/* Checks labels between dots; gives how many there are, and whether the last is a number. */
static enum names_fault check_labels(const char *text, size_t len, size_t *ret_labels,
				     bool *ret_number_last)
{
	size_t start = 0, labels = 0;
	bool number = false;

	for (size_t i = 0; i <= len; i++) {
		enum names_fault fault;

		if (i < len && text[i] != '.')
			continue;
		fault = check_label(text + start, i - start);
		if (fault)
			return fault;
		number = is_number(text + start, i - start);
		start = i + 1;
		labels++;
	}
	*ret_labels = labels;
	*ret_number_last = number;
	return NAMES_OK;
}

static bool is_word(const char *label, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(label, word, len) == 0;
}

/* True if the two labels of text are where a country's registry lets anybody register: its second
 * level for companies, schools and so on, or a prefecture of Japan. Not the whole list that
 * browsers carry, but what an operator here might mistake for one organisation. */
static bool is_registry(const char *text, size_t len)
{
	static const char *const second[] = { "ac", "ad", "co",  "com", "ed",  "edu", "go", "gov",
					      "gr", "lg", "mil", "ne",  "net", "or",  "org" };
	static const char *const prefectures[] = {
		"aichi",    "akita",     "aomori",   "chiba",     "ehime",     "fukui",
		"fukuoka",  "fukushima", "gifu",     "gunma",     "hiroshima", "hokkaido",
		"hyogo",    "ibaraki",   "ishikawa", "iwate",     "kagawa",    "kagoshima",
		"kanagawa", "kochi",     "kumamoto", "kyoto",     "mie",       "miyagi",
		"miyazaki", "nagano",    "nagasaki", "nara",      "niigata",   "oita",
		"okayama",  "okinawa",   "osaka",    "saga",      "saitama",   "shiga",
		"shimane",  "shizuoka",  "tochigi",  "tokushima", "tokyo",     "tottori",
		"toyama",   "wakayama",  "yamagata", "yamaguchi", "yamanashi",
	};
	const char *dot = memchr(text, '.', len);
	size_t first = dot ? (size_t)(dot - text) : len;

	if (!dot || len - first != sizeof(".jp") - 1)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(second); i++)
		if (is_word(text, first, second[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(prefectures); i++)
		if (is_word(dot + 1, 2, "jp") && is_word(text, first, prefectures[i]))
			return true;
	return false;
}

enum names_fault names_normalise(const char *text, size_t len, bool pattern, char *out)
{
	size_t skip = 0, labels = 0;
	bool number_last = false;
	enum names_fault fault;

	if (len > 0 && text[len - 1] == '.')
		len--;
	if (len == 0)
		return NAMES_EMPTY;
	if (len > NAMES_MAX)
		return NAMES_TOO_LONG;
	if (memchr(text, ':', len))
		return is_ipv6(text, len) ? NAMES_ADDRESS : NAMES_CHARACTER;
	if (pattern && memchr(text, '*', len)) {
		if (len < 3 || text[0] != '*' || text[1] != '.' || memchr(text + 1, '*', len - 1))
			return NAMES_WILDCARD;
		skip = 2;
	}
	fault = check_labels(text + skip, len - skip, &labels, &number_last);
	if (fault)
		return fault;
	if (number_last)
		return NAMES_ADDRESS;
	if (labels < 2)
		return skip ? NAMES_WILDCARD : NAMES_SINGLE_LABEL;
	if (skip && labels == 2 && is_registry(text + skip, len - skip))
		return NAMES_REGISTRY;
	for (size_t i = 0; i < len; i++)
		out[i] = lower(text[i]);
	out[len] = '\0';
	return NAMES_OK;
}

const char *names_fault_text(enum names_fault fault)
{
	static const char *const texts[] = {
		[NAMES_OK] = N_("It is a host name."),
		[NAMES_EMPTY] = N_("It is empty."),
		[NAMES_TOO_LONG] = N_("It is longer than 253 characters."),
		[NAMES_LABEL_LENGTH] =
			N_("A part between dots is empty or longer than 63 characters."),
		[NAMES_CHARACTER] =
			N_("It has a character other than letters, digits and hyphens; write "
			   "international names in their ASCII form (xn--…)."),
		[NAMES_HYPHEN] = N_("A part between dots begins or ends with a hyphen."),
		[NAMES_ADDRESS] = N_("It is an address, not a name."),
		[NAMES_SINGLE_LABEL] = N_("It has no dot; a full host name is wanted."),
		[NAMES_WILDCARD] =
			N_("An asterisk may only stand as the whole first part, with two parts "
			   "at least after it (*.service.example)."),
		[NAMES_REGISTRY] =
			N_("Anybody may register a name there; an asterisk is for the names of one "
			   "service (*.service.co.jp)."),
	};

	assert(fault < ARRAY_SIZE(texts));
	return texts[fault];
}

/* FNV-1a, 64 bits. Source: the FNV hash's published constants. */
#define HASH_START 0xcbf29ce484222325ULL
#define HASH_PRIME 0x100000001b3ULL

static uint64_t hash_step(uint64_t hash, char c)
{
	return (hash ^ (unsigned char)c) * HASH_PRIME;
}

/* From the last byte to the first, so that one pass over a name hashes all its suffixes. */
static uint64_t hash_backwards(const char *text)
{
	uint64_t hash = HASH_START;

	for (size_t i = strlen(text); i > 0; i--)
		hash = hash_step(hash, text[i - 1]);
	return hash;
}

uint32_t names_pattern_mark(const char *pattern)
{
	uint64_t hash = HASH_START;
	uint32_t folded;

	for (const char *p = pattern; *p; p++)
		hash = hash_step(hash, *p);
	folded = (uint32_t)(hash ^ (hash >> 24) ^ (hash >> 48)) &
		 (MARK_NAME_MASK >> MARK_NAME_SHIFT);
	return (folded ? folded : 1) << MARK_NAME_SHIFT;
}

/* One entry under one key. Numbers of slots are 1-based, 0 ends a chain. */
struct slot {
	uint64_t hash;
	const char *key; /* inside the entry's pattern */
	uint32_t entry;
	uint32_t next;
};

struct table {
	uint32_t *heads; /* mask + 1 of them */
	struct slot *slots;
	size_t count; /* of slots */
	uint32_t mask, used;
};

struct names {
	struct names_entry *entries;
	size_t entry_count;
	char *patterns; /* of the entries, one behind the other */
	size_t patterns_size;
	struct table exact;   /* by the whole name */
	struct table suffix;  /* wildcards, by what follows "*." */
	struct table parents; /* of tenant names, each parent once */
	struct table marks;   /* by names_pattern_mark() */
	size_t suffix_labels_max;
};

static uint32_t *table_head(const struct table *t, uint64_t hash)
{
	return &t->heads[(uint32_t)(hash ^ (hash >> 32)) & t->mask];
}

static bool table_make(struct table *t, size_t count)
{
	size_t heads = 1;

	while (heads < count)
		heads *= 2;
	t->count = count;
	t->heads = pages_new(heads, sizeof(*t->heads));
	t->slots = pages_new(count, sizeof(*t->slots));
	t->mask = (uint32_t)(heads - 1);
	return t->heads && t->slots;
}

static void table_clear(struct table *t)
{
	pages_free(t->heads, (size_t)t->mask + 1, sizeof(*t->heads));
	pages_free(t->slots, t->count, sizeof(*t->slots));
}

static void table_put(struct table *t, uint64_t hash, const char *key, uint32_t entry)
{
	uint32_t *head = table_head(t, hash);
	struct slot *slot = &t->slots[t->used++];

	*slot = (struct slot){ .hash = hash, .key = key, .entry = entry, .next = *head };
	*head = t->used;
}

/* The first slot of this key from number on, or 0. */
static uint32_t table_seek(const struct table *t, uint32_t number, uint64_t hash, const char *key)
{
	for (; number; number = t->slots[number - 1].next) {
		const struct slot *slot = &t->slots[number - 1];

		if (slot->hash == hash && strcmp(slot->key, key) == 0)
			break;
	}
	return number;
}

static uint32_t table_find(const struct table *t, uint64_t hash, const char *key)
{
	return table_seek(t, *table_head(t, hash), hash, key);
}

static bool is_wildcard(const char *pattern)
{
	return pattern[0] == '*' && pattern[1] == '.';
}

static size_t count_labels(const char *name)
{
	size_t labels = 1;

	for (; *name; name++)
		labels += *name == '.';
	return labels;
}

/* What follows the first dot, if it has two labels at least; else NULL. */
static const char *parent_of(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot && strchr(dot + 1, '.') ? dot + 1 : NULL;
}

static void add_parent(struct names *names, const char *pattern, uint32_t entry)
{
	const char *parent = parent_of(pattern);
	uint64_t hash;

	if (!parent)
		return;
	hash = hash_backwards(parent);
	/* A cloud's tenants share one parent: without this its chain would be as long as the list.
	 */
	if (!table_find(&names->parents, hash, parent))
		table_put(&names->parents, hash, parent, entry);
}

static void add_entry(struct names *names, uint32_t i)
{
	const struct names_entry *entry = &names->entries[i];
	const char *pattern = entry->pattern;
	uint32_t mark = names_pattern_mark(pattern);

	table_put(&names->marks, mark >> MARK_NAME_SHIFT, pattern, i);
	if (is_wildcard(pattern)) {
		const char *suffix = pattern + 2;
		size_t labels = count_labels(suffix);

		table_put(&names->suffix, hash_backwards(suffix), suffix, i);
		if (labels > names->suffix_labels_max)
			names->suffix_labels_max = labels;
		return;
	}
	table_put(&names->exact, hash_backwards(pattern), pattern, i);
	if (entry->kind == NAMES_TENANT)
		add_parent(names, pattern, i);
}

/* The patterns of a policy lie scattered; together they are found faster. */
static bool copy_entries(struct names *names, const struct names_entry *entries, size_t count)
{
	char *to;

	names->entry_count = count;
	names->entries = pages_new(count, sizeof(*entries));
	for (size_t i = 0; i < count; i++)
		names->patterns_size += strlen(entries[i].pattern) + 1;
	names->patterns = pages_new(names->patterns_size, 1);
	if (!names->entries || !names->patterns)
		return false;
	to = names->patterns;
	for (size_t i = 0; i < count; i++) {
		const size_t size = strlen(entries[i].pattern) + 1;

		names->entries[i] = entries[i];
		names->entries[i].pattern = memcpy(to, entries[i].pattern, size);
		to += size;
	}
	return true;
}

struct names *names_new(const struct names_entry *entries, size_t count)
{
	struct names *names;
	size_t exact = 0, suffix = 0, tenants = 0;

	if (count >= UINT32_MAX / 2)
		return NULL;
	names = calloc(1, sizeof(*names));
	if (!names)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		bool wildcard = is_wildcard(entries[i].pattern);

		suffix += wildcard;
		exact += !wildcard;
		tenants += !wildcard && entries[i].kind == NAMES_TENANT;
	}
	if (!copy_entries(names, entries, count) || !table_make(&names->exact, exact) ||
	    !table_make(&names->suffix, suffix) || !table_make(&names->parents, tenants) ||
	    !table_make(&names->marks, count)) {
		names_free(names);
		return NULL;
	}
	/* Chains grow at their head: backwards, so that they are walked in the order of entries. */
	for (size_t i = count; i > 0; i--)
		add_entry(names, (uint32_t)(i - 1));
	return names;
}

void names_free(struct names *names)
{
	if (!names)
		return;
	table_clear(&names->exact);
	table_clear(&names->suffix);
	table_clear(&names->parents);
	table_clear(&names->marks);
	pages_free(names->entries, names->entry_count, sizeof(*names->entries));
	pages_free(names->patterns, names->patterns_size, 1);
	free(names);
}

static bool tell_all(const struct names *names, const struct table *t, uint64_t hash,
		     const char *key, bool (*found)(const struct names_entry *entry, void *data),
		     void *data)
{
	uint32_t number = table_find(t, hash, key);

	while (number) {
		const struct slot *slot = &t->slots[number - 1];

		if (found(&names->entries[slot->entry], data))
			return true;
		number = table_seek(t, slot->next, hash, key);
	}
	return false;
}

bool names_match(const struct names *names, const char *name,
		 bool (*found)(const struct names_entry *entry, void *data), void *data)
{
	struct {
		const char *at;
		uint64_t hash;
	} suffixes[LABELS_MAX];
	size_t len = strlen(name), count = 0;
	uint64_t hash = HASH_START;

	if (len > NAMES_MAX)
		return false;
	for (size_t i = len; i > 0; i--) {
		if (name[i - 1] == '.' && count < names->suffix_labels_max && count < LABELS_MAX) {
			suffixes[count].at = name + i;
			suffixes[count++].hash = hash;
		}
		hash = hash_step(hash, name[i - 1]);
	}
	if (tell_all(names, &names->exact, hash, name, found, data))
		return true;
	/* The longest suffix, which says most, first. */
	while (count > 0) {
		count--;
		if (tell_all(names, &names->suffix, suffixes[count].hash, suffixes[count].at, found,
			     data))
			return true;
	}
	return false;
}

bool names_match_mark(const struct names *names, uint32_t mark,
		      bool (*found)(const struct names_entry *entry, void *data), void *data)
{
	uint64_t hash = (mark & MARK_NAME_MASK) >> MARK_NAME_SHIFT;
	uint32_t number = *table_head(&names->marks, hash);

	for (; number; number = names->marks.slots[number - 1].next) {
		const struct slot *slot = &names->marks.slots[number - 1];

		if (slot->hash == hash && found(&names->entries[slot->entry], data))
			return true;
	}
	return false;
}

static bool stop_at_first(const struct names_entry *entry, void *data)
{
	(void)entry;
	(void)data;
	return true;
}

bool names_is_sibling_of_tenant(const struct names *names, const char *name)
{
	const char *parent = parent_of(name);

	return parent && table_find(&names->parents, hash_backwards(parent), parent) &&
	       !names_match(names, name, stop_at_first, NULL);
}
