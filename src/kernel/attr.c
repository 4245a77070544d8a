/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading netlink messages without trust in them: lengths are checked before anything is looked at.
 */
#include "kernel/attr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <string.h>

const struct nlmsghdr *attr_next_message(const void **data, size_t *len)
{
	const struct nlmsghdr *message = *data;
	size_t step;

	if (*len < sizeof(*message) || message->nlmsg_len < sizeof(*message) ||
	    message->nlmsg_len > *len)
		return NULL;
	step = ((size_t)message->nlmsg_len + 3) & ~(size_t)3;
	if (step > *len) /* the last one may lack its padding */
		step = *len;
	*data = (const char *)*data + step;
	*len -= step;
	return message;
}

const struct nlattr *attr_next(const void **data, size_t *len)
{
	const struct nlattr *attr = *data;
	size_t step;

	if (*len < sizeof(*attr) || attr->nla_len < sizeof(*attr) || attr->nla_len > *len)
		return NULL;
	step = ((size_t)attr->nla_len + 3) & ~(size_t)3;
	if (step > *len)
		step = *len;
	*data = (const char *)*data + step;
	*len -= step;
	return attr;
}

static bool index_bytes(const void *at, size_t len, const struct nlattr **attrs, uint16_t max)
{
	const struct nlattr *attr;

	memset(attrs, 0, (max + 1U) * sizeof(struct nlattr *));
	while ((attr = attr_next(&at, &len)) != NULL) {
		unsigned int type = attr->nla_type & (unsigned int)NLA_TYPE_MASK;

		if (type <= max)
			attrs[type] = attr;
	}
	return len == 0;
}

bool attr_index(const struct nlmsghdr *message, size_t header_len, const struct nlattr **attrs,
		uint16_t max)
{
	size_t skip = sizeof(*message) + ((header_len + 3) & ~(size_t)3);

	if (message->nlmsg_len < skip)
		return false;
	return index_bytes((const char *)message + skip, message->nlmsg_len - skip, attrs, max);
}

bool attr_index_nested(const struct nlattr *attr, const struct nlattr **attrs, uint16_t max)
{
	if (!attr)
		return false;
	return index_bytes(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr), attrs, max);
}

const void *attr_bytes(const struct nlattr *attr, size_t size)
{
	return attr && mnl_attr_get_payload_len(attr) >= size ? mnl_attr_get_payload(attr) : NULL;
}

uint32_t attr_u32(const struct nlattr *attr, uint32_t absent)
{
	const void *bytes = attr_bytes(attr, sizeof(uint32_t));
	uint32_t value;

	if (!bytes)
		return absent;
	memcpy(&value, bytes, sizeof(value));
	return ntohl(value);
}

uint16_t attr_u16(const struct nlattr *attr, uint16_t absent)
{
	const void *bytes = attr_bytes(attr, sizeof(uint16_t));
	uint16_t value;

	if (!bytes)
		return absent;
	memcpy(&value, bytes, sizeof(value));
	return ntohs(value);
}

uint8_t attr_u8(const struct nlattr *attr, uint8_t absent)
{
	const uint8_t *bytes = attr_bytes(attr, sizeof(uint8_t));

	return bytes ? *bytes : absent;
}

const char *attr_text(const struct nlattr *attr)
{
	const char *text = attr_bytes(attr, 1);

	return text && memchr(text, '\0', mnl_attr_get_payload_len(attr)) ? text : NULL;
}

int attr_message_error(const struct nlmsghdr *message)
{
	int error;

	if (message->nlmsg_len < sizeof(*message) + sizeof(error))
		return -EBADMSG;
	memcpy(&error, (const char *)message + sizeof(*message), sizeof(error));
	return error > 0 ? -EBADMSG : error;
}
