/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares a line with the fixed parts that record_format() writes. */
#include "audit/line.h"

#include <errno.h>
#include <string.h>

#include "audit/put.h"
#include "audit/record.h"

static const char head[] = "{\"@timestamp\":\"";
static const char sequence[] = "\",\"sekisho.sequence\":";
static const char process[] = ",\"ecs.version\":\"" RECORD_ECS_VERSION
			      "\",\"event.kind\":\"event\",\"event.category\":\"process\","
			      "\"event.action\":\"";
static const char tag_member[] = ",\"sekisho.chain\":\"";

#define LENGTH(text) (sizeof(text) - 1)

_Static_assert(LENGTH(tag_member) + (size_t)2 * CHAIN_TAG_BYTES + 1 == LINE_TAG_BYTES,
	       "the tag takes as much as is said");

/* A decimal number without leading zeros that something follows; gives where it ends, or NULL. */
static const char *read_number(const char *at, const char *end, uint64_t *ret)
{
	uint64_t number = 0;
	const char *begin = at;

	while (at < end && *at >= '0' && *at <= '9') {
		if (number > (UINT64_MAX - 9) / 10)
			return NULL;
		number = number * 10 + (uint64_t)(*at++ - '0');
	}
	if (at == begin || at == end || (*begin == '0' && at - begin > 1))
		return NULL;
	*ret = number;
	return at;
}

static bool begins(const char *at, const char *end, const char *with, size_t len)
{
	return (size_t)(end - at) > len && memcmp(at, with, len) == 0;
}

static void read_tag(const char *text, size_t len, struct line *line)
{
	const char *at;

	line->chained = false;
	line->body = len - 1;
	if (len < LINE_TAG_BYTES + 1)
		return;
	at = text + len - 1 - LINE_TAG_BYTES;
	if (memcmp(at, tag_member, LENGTH(tag_member)) != 0 || text[len - 2] != '"' ||
	    chain_read_hex(at + LENGTH(tag_member), line->tag, CHAIN_TAG_BYTES) < 0)
		return;
	line->chained = true;
	line->body = (size_t)(at - text);
}

static void read_action(const char *at, const char *end, struct line *line)
{
	const char *quote;

	line->action = NULL;
	line->action_len = 0;
	if (!begins(at, end, process, LENGTH(process)))
		return;
	at += LENGTH(process);
	quote = memchr(at, '"', (size_t)(end - at));
	if (!quote)
		return;
	line->action = at;
	line->action_len = (size_t)(quote - at);
}

int line_parse(const char *text, size_t len, struct line *ret)
{
	const char *end = text + len, *at = text;
	struct line line = { 0 };

	if (len < 2 || text[len - 1] != '}' || !begins(at, end, head, LENGTH(head)))
		return -EBADMSG;
	at += LENGTH(head);
	if ((size_t)(end - at) < PUT_TIME_MAX)
		return -EBADMSG;
	at += PUT_TIME_MAX;
	if (!begins(at, end, sequence, LENGTH(sequence)))
		return -EBADMSG;
	at = read_number(at + LENGTH(sequence), end, &line.number);
	if (!at || line.number == 0)
		return -EBADMSG;
	read_tag(text, len, &line);
	read_action(at, end, &line);
	*ret = line;
	return 0;
}

bool line_is(const struct line *line, const char *action)
{
	return line->action && strlen(action) == line->action_len &&
	       memcmp(line->action, action, line->action_len) == 0;
}

static const char *find_member(const char *text, size_t len, const char *name)
{
	const char *at = memmem(text, len, name, strlen(name));

	return at ? at + strlen(name) : NULL;
}

int line_number_member(const char *text, size_t len, const char *name, uint64_t *ret)
{
	const char *at = find_member(text, len, name);

	return at && read_number(at, text + len, ret) ? 0 : -ENOENT;
}

int line_text_member(const char *text, size_t len, const char *name, const char **ret,
		     size_t *ret_len)
{
	const char *at = find_member(text, len, name), *end = text + len;

	if (!at || at == end || *at != '"')
		return -ENOENT;
	const char *quote = memchr(at + 1, '"', (size_t)(end - at - 1));
	if (!quote)
		return -ENOENT;
	*ret = at + 1;
	*ret_len = (size_t)(quote - at - 1);
	return 0;
}

size_t line_put_tag(char *line, size_t len, const uint8_t tag[CHAIN_TAG_BYTES])
{
	char *at = line + len - 2; /* over "}\n" */

	at = PUT_LITERAL(at, ",\"sekisho.chain\":\"");
	at = chain_put_hex(at, tag, CHAIN_TAG_BYTES);
	at = PUT_LITERAL(at, "\"}\n");
	return (size_t)(at - line);
}
