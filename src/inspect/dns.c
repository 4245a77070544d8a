/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the question and the answers of a message, and follows aliases from one to the others. */
#include "inspect/dns.h"

#include <stdio.h>
#include <string.h>

#include "inspect/dns_service.h"

#define CLASS_IN       1
#define FLAG_RESPONSE  0x8000U
#define FLAG_TRUNCATED 0x0200U
#define OPCODE_MASK    0x7800U
#define RCODE_MASK     0x000fU
#define LABEL_MAX      63
#define POINTER        0xc0U
#define TTL_MAX        0x7fffffffU

/* One answer, found but not yet read. */
struct place {
	size_t owner; /* offsets into the message */
	uint16_t type, class;
	uint32_t ttl;
	size_t data;
	uint16_t len;
};

struct reader {
	struct dns_bytes message;
	struct dns_answer answer;
	size_t count;
	struct place at[DNS_RECORDS_MAX];
};

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static void make_lower(struct dns_name *name)
{
	/* lengths of labels are below 'A' */
	for (size_t i = 0; i < name->len; i++)
		name->wire[i] = lower(name->wire[i]);
}

bool dns_name_same(const struct dns_name *a, const struct dns_name *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (lower(a->wire[i]) != lower(b->wire[i]))
			return false;
	return true;
}

static bool add_label(struct dns_name *name, const uint8_t *label, size_t len)
{
	if ((size_t)name->len + 1 + len > DNS_NAME_MAX)
		return false;
	name->wire[name->len] = (uint8_t)len;
	if (len != 0)
		memcpy(name->wire + name->len + 1, label, len);
	name->len = (uint8_t)(name->len + 1 + len);
	return true;
}

/* Reads the name at offset at; *ret_end: where the message goes on behind it. A pointer leads
 * before the run of labels that it ends, so that every step is bounded. */
static bool read_name(const struct dns_bytes *message, size_t at, struct dns_name *ret,
		      size_t *ret_end)
{
	size_t start = at;
	bool jumped = false;

	ret->len = 0;
	for (;;) {
		size_t len;

		if (at >= message->len)
			return false;
		len = message->at[at];
		if ((len & POINTER) == POINTER) {
			if (at + 1 >= message->len)
				return false;
			if (!jumped)
				*ret_end = at + 2;
			jumped = true;
			at = (len & ~(size_t)POINTER) << 8 | message->at[at + 1];
			if (at >= start)
				return false;
			start = at;
			continue;
		}
		if (len > LABEL_MAX || len > message->len - at - 1 ||
		    !add_label(ret, message->at + at + 1, len))
			return false;
		at += 1 + len;
		if (len != 0)
			continue;
		if (!jumped)
			*ret_end = at;
		return true;
	}
}

static bool read_record(const struct dns_bytes *message, size_t at, struct place *ret,
			size_t *ret_end)
{
	struct dns_name owner;
	struct rd r;
	size_t end;

	if (!read_name(message, at, &owner, &end))
		return false;
	r = rd_of(message->at + end, message->len - end);
	ret->owner = at;
	ret->type = rd_u16(&r);
	ret->class = rd_u16(&r);
	ret->ttl = rd_u32(&r);
	ret->len = rd_u16(&r);
	if (ret->ttl > TTL_MAX)
		ret->ttl = 0;
	ret->data = end + 10;
	rd_skip(&r, ret->len);
	*ret_end = ret->data + ret->len;
	return !r.bad;
}

/* Finds question and answers. */
static enum dns_result index_message(struct reader *r)
{
	const struct dns_bytes *message = &r->message;
	struct rd rd = rd_of(message->at, message->len);
	uint16_t flags, questions, answers, class;
	struct dns_answer *answer = &r->answer;
	size_t at;

	answer->id = rd_u16(&rd);
	flags = rd_u16(&rd);
	questions = rd_u16(&rd);
	answers = rd_u16(&rd);
	rd_skip(&rd, 4);
	if (rd.bad)
		return DNS_BAD;
	if ((flags & FLAG_RESPONSE) == 0 || (flags & OPCODE_MASK) != 0)
		return DNS_NO_ANSWER;
	answer->rcode = flags & RCODE_MASK;
	if (questions != 1 || answers > DNS_RECORDS_MAX ||
	    !read_name(message, 12, &answer->asked, &at))
		return DNS_BAD;
	rd = rd_of(message->at + at, message->len - at);
	answer->type = rd_u16(&rd);
	class = rd_u16(&rd);
	if (rd.bad || class != CLASS_IN)
		return DNS_BAD;
	if ((flags & FLAG_TRUNCATED) != 0)
		return DNS_TRUNCATED;
	at += 4;
	for (; r->count < answers; r->count++)
		if (!read_record(message, at, &r->at[r->count], &at))
			return DNS_BAD;
	return DNS_ANSWER;
}

static bool is_owned(const struct reader *r, const struct place *place,
		     const struct dns_name *owner)
{
	struct dns_name name;
	size_t end;

	return place->class == CLASS_IN && read_name(&r->message, place->owner, &name, &end) &&
	       dns_name_same(&name, owner);
}

/* The name that stands as the whole data of a record. */
static bool read_target(const struct reader *r, const struct place *place, struct dns_name *ret)
{
	size_t end;

	return read_name(&r->message, place->data, ret, &end) && end == place->data + place->len;
}

/* The alias of that owner. *ret_found: there is one. False if it is broken, or there are two that
 * differ. */
static bool find_alias(const struct reader *r, const struct dns_name *owner, struct dns_name *ret,
		       uint32_t *ret_ttl, bool *ret_found)
{
	*ret_found = false;
	for (size_t i = 0; i < r->count; i++) {
		struct dns_name target;

		if (r->at[i].type != DNS_CNAME || !is_owned(r, &r->at[i], owner))
			continue;
		if (!read_target(r, &r->at[i], &target) ||
		    (*ret_found && !dns_name_same(&target, ret)))
			return false;
		if (!*ret_found || r->at[i].ttl < *ret_ttl)
			*ret_ttl = r->at[i].ttl;
		*ret = target;
		*ret_found = true;
	}
	return true;
}

/* From the question to the name that is no alias. Who asks for the alias itself gets no further. */
static bool follow(struct reader *r)
{
	struct dns_answer *answer = &r->answer;
	bool found;

	answer->end = answer->asked;
	answer->ttl = UINT32_MAX;
	for (answer->aliases = 0;; answer->aliases++) {
		struct dns_name next = { .len = 0 };
		uint32_t ttl = TTL_MAX;

		make_lower(&answer->end);
		if (answer->type == DNS_CNAME || answer->type == DNS_ANY)
			return true;
		if (!find_alias(r, &answer->end, &next, &ttl, &found))
			return false;
		if (!found)
			return true;
		if (answer->aliases == DNS_CHAIN_MAX)
			return false;
		answer->end = next;
		if (ttl < answer->ttl)
			answer->ttl = ttl;
	}
}

static bool read_address(const uint8_t *data, size_t len, uint8_t family, struct addr *ret)
{
	if (len != addr_len(family))
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->family = family;
	memcpy(ret->b, data, len);
	return true;
}

static bool read_service(const struct reader *r, const struct place *place,
			 struct dns_record *record)
{
	const struct dns_bytes data = { r->message.at + place->data, place->len };
	struct dns_service *service = &record->service;
	struct dns_bytes target = { data.at, data.len < 2 ? 0 : data.len };
	size_t end;

	/* The target may not be compressed: it is read as if nothing were before it. */
	if (target.len == 0)
		return false;
	target.at += 2;
	target.len -= 2;
	if (!read_name(&target, 0, &service->target, &end))
		return false;
	service->priority = (uint16_t)(data.at[0] << 8 | data.at[1]);
	make_lower(&service->target);
	if (service->priority != 0 && service->target.len == 1)
		service->target = *record->owner;
	return dns_service_read((struct dns_bytes){ target.at + end, target.len - end }, service);
}

/* False if the record's data is broken. *ret_wanted: it is one to hand out. */
static bool read_data(const struct reader *r, const struct place *place, struct dns_record *ret,
		      bool *ret_wanted)
{
	const struct dns_answer *answer = &r->answer;
	const uint8_t *data = r->message.at + place->data;

	*ret_wanted = false;
	if ((answer->type != place->type && answer->type != DNS_ANY) ||
	    !is_owned(r, place, &answer->end))
		return true;
	memset(ret, 0, sizeof(*ret));
	ret->owner = &answer->end;
	ret->ttl = place->ttl < answer->ttl ? place->ttl : answer->ttl;
	ret->type = (enum dns_type)place->type;
	*ret_wanted = true;
	switch (place->type) {
	case DNS_A:
		return read_address(data, place->len, 4, &ret->address);
	case DNS_AAAA:
		return read_address(data, place->len, 6, &ret->address);
	case DNS_SVCB:
	case DNS_HTTPS:
		return read_service(r, place, ret);
	default:
		*ret_wanted = false;
		return true;
	}
}

enum dns_result dns_read(const uint8_t *message, size_t len, dns_found *found, void *data,
			 struct dns_answer *ret)
{
	struct reader r = { .message = { message, len } };
	enum dns_result result = index_message(&r);
	struct dns_record record;
	bool wanted;

	if (result == DNS_TRUNCATED) {
		r.answer.end = r.answer.asked;
		make_lower(&r.answer.end);
		r.answer.ttl = UINT32_MAX;
		*ret = r.answer;
	}
	if (result != DNS_ANSWER)
		return result;
	if (!follow(&r))
		return DNS_BAD;
	for (size_t i = 0; i < r.count; i++)
		if (!read_data(&r, &r.at[i], &record, &wanted))
			return DNS_BAD;
	for (size_t i = 0; i < r.count; i++)
		if (read_data(&r, &r.at[i], &record, &wanted) && wanted)
			found(&record, data);
	*ret = r.answer;
	return DNS_ANSWER;
}

bool dns_next_of_stream(struct rd *stream, struct dns_bytes *ret)
{
	struct rd r = *stream;
	size_t len = rd_u16(&r);
	const uint8_t *at = rd_bytes(&r, len);

	if (r.bad)
		return false;
	*ret = (struct dns_bytes){ at, len };
	*stream = r;
	return true;
}

static char *put_byte(char *at, uint8_t c)
{
	if (c == '.' || c == '\\') {
		*at++ = '\\';
	} else if (c <= 0x20 || c >= 0x7f) {
		return at + snprintf(at, 5, "\\%03u", c);
	}
	*at++ = (char)c;
	return at;
}

char *dns_name_text(const struct dns_name *name, char out[DNS_TEXT_MAX])
{
	struct rd r = rd_of(name->wire, name->len);
	char *at = out;

	for (;;) {
		size_t len = rd_u8(&r);
		const uint8_t *label = rd_bytes(&r, len);

		if (r.bad || len == 0)
			break;
		if (at != out)
			*at++ = '.';
		for (size_t i = 0; i < len; i++)
			at = put_byte(at, label[i]);
	}
	if (at == out)
		*at++ = '.';
	*at = '\0';
	return out;
}
