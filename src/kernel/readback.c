/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dumps the table and hands over what was read as a ruleset. */
#include "kernel/readback.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "kernel/attr.h"
#include "kernel/generation.h"
#include "kernel/readback_others.h"
#include "kernel/readback_parts.h"

/* How often a dump is begun anew because somebody changed the rules meanwhile. */
#define ATTEMPTS_MAX 5

int readback_refuse(struct readback *rb, const char *chain, const char *format, ...)
{
	va_list args;

	(void)snprintf(rb->trouble->chain, sizeof(rb->trouble->chain), "%s", chain ? chain : "");
	va_start(args, format);
	(void)vsnprintf(rb->trouble->what, sizeof(rb->trouble->what), format, args);
	va_end(args);
	return -EBADMSG;
}

bool readback_attrs(const struct nlattr *attr, const struct nlattr **attrs, uint16_t max,
		    uint32_t allowed)
{
	const struct nlattr *one;
	const void *at;
	size_t left;

	if (!attr_index_nested(attr, attrs, max))
		return false;
	at = mnl_attr_get_payload(attr);
	left = mnl_attr_get_payload_len(attr);
	while ((one = attr_next(&at, &left)) != NULL) {
		unsigned int type = one->nla_type & (unsigned int)NLA_TYPE_MASK;

		if (type > max || type > 31 || !(allowed & 1U << type))
			return false;
	}
	return true;
}

void *readback_grow(void *array, size_t count, size_t size)
{
	/* Full where count is a power of two. */
	if (array && (count == 0 || (count & (count - 1)) != 0))
		return array;
	return reallocarray(array, count ? count * 2 : 1, size);
}

int readback_dump(struct readback *rb, uint8_t type, const char *set, nlsock_callback *callback)
{
	_Alignas(struct nlmsghdr) char buffer[1024] = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *family;

	message->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	family = mnl_nlmsg_put_extra_header(message, sizeof(*family));
	family->nfgen_family = NFPROTO_INET;
	family->version = NFNETLINK_V0;
	/* In every kind of message the table's name is the first attribute. */
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, RULESET_TABLE);
	if (set)
		mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set);
	return nlsock_request(rb->sock, message, callback, rb);
}

static void clear(struct readback *rb)
{
	size_t i;

	for (i = 0; i < rb->set_count; i++)
		free(rb->sets[i].set.elements);
	for (i = 0; i < rb->chain_count; i++)
		free(rb->chains[i].rules);
	free(rb->sets);
	free(rb->chains);
}

/* Sets that a failed load left behind do nothing; those of rules that became statements whole are
 * not needed. */
static bool is_of_no_use(const struct readback *rb, const struct readback_set *set)
{
	size_t i;

	if (set->joined)
		return true;
	if (set->used)
		return false;
	if (set->nameless)
		return true;
	for (i = 0; i < rb->set_count; i++)
		if (&rb->sets[i] != set && strcmp(rb->sets[i].set.name, set->set.name) == 0)
			return true;
	return false;
}

static int take_sets(struct readback *rb, struct ruleset *ruleset)
{
	size_t i;

	ruleset->sets = calloc(rb->set_count ? rb->set_count : 1, sizeof(*ruleset->sets));
	if (!ruleset->sets)
		return -ENOMEM;
	for (i = 0; i < rb->set_count; i++) {
		struct readback_set *set = &rb->sets[i];

		if (is_of_no_use(rb, set))
			continue;
		if (ruleset_set(ruleset, set->set.name))
			return readback_refuse(rb, NULL, _("set %s is in use under two names"),
					       set->set.name);
		ruleset->sets[ruleset->set_count++] = set->set;
		set->set.elements = NULL;
	}
	return 0;
}

static int hand_over(struct readback *rb, struct ruleset **ret)
{
	auto_(ruleset_freep) struct ruleset *ruleset = calloc(1, sizeof(*ruleset));
	int r;

	if (!ruleset)
		return -ENOMEM;
	r = take_sets(rb, ruleset);
	if (r < 0)
		return r;
	ruleset->chains = steal(rb->chains);
	ruleset->chain_count = rb->chain_count;
	rb->chain_count = 0;
	*ret = steal(ruleset);
	return 0;
}

static int read_table(struct nlsock *sock, struct ruleset **ret, struct readback_trouble *trouble)
{
	auto_(clear) struct readback rb = { .sock = sock, .trouble = trouble };
	struct timespec now;
	int r;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	rb.now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	r = readback_read_chains(&rb);
	if (r == 0)
		r = readback_read_sets(&rb);
	if (r == 0)
		r = readback_read_rules(&rb);
	if (r == 0)
		r = readback_join_parts(&rb);
	if (r == 0)
		r = readback_order_chains(&rb);
	if (r == 0)
		r = readback_others(sock, trouble);
	return r < 0 ? r : hand_over(&rb, ret);
}

int readback_ruleset(struct nlsock *sock, struct ruleset **ret, struct readback_trouble *trouble)
{
	struct readback_trouble found = { 0 };
	int attempt;

	for (attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
		auto_(ruleset_freep) struct ruleset *ruleset = NULL;
		uint32_t before = 0, after = 0;
		int r = generation_read(sock, &before), s;

		if (r < 0)
			return r;
		r = read_table(sock, &ruleset, &found);
		s = generation_read(sock, &after);
		/* Half of one ruleset and half of another would be neither. */
		if (r == -EINTR || (s == 0 && before != after))
			continue;
		if (r == -EBADMSG && !found.what[0])
			(void)snprintf(found.what, sizeof(found.what), "%s",
				       _("a message of the kernel could not be read"));
		if (r == -EBADMSG)
			*trouble = found;
		if (r < 0 || s < 0)
			return r < 0 ? r : s;
		*ret = steal(ruleset);
		return 0;
	}
	return -EAGAIN;
}
