/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading netlink messages without trust in them: lengths are checked before anything is looked at.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nlattr;   /* <linux/netlink.h> */
struct nlmsghdr; /* <linux/netlink.h> */

/* The next whole message of *data, *len bytes long; moves both on. NULL at the end, and where a
 * message does not fit: then *len is not 0. data must be aligned to 4 bytes. */
const struct nlmsghdr *attr_next_message(const void **data, size_t *len);

/* The same for attributes: the next one of *data, *len bytes long. */
const struct nlattr *attr_next(const void **data, size_t *len);

/* Sorts the attributes that follow header_len bytes of the message into attrs[0..max] (NULL where
 * absent; of several, the last). False if the message is too short or an attribute does not fit. */
bool attr_index(const struct nlmsghdr *message, size_t header_len, const struct nlattr **attrs,
		uint16_t max);

/* The same for what is nested in attr. */
bool attr_index_nested(const struct nlattr *attr, const struct nlattr **attrs, uint16_t max);

/* The payload if attr is there and holds at least size bytes, else NULL. */
const void *attr_bytes(const struct nlattr *attr, size_t size);

/* Values in network byte order, given in host order; absent where the attribute is missing or too
 * short. */
uint32_t attr_u32(const struct nlattr *attr, uint32_t absent);
uint16_t attr_u16(const struct nlattr *attr, uint16_t absent);
uint8_t attr_u8(const struct nlattr *attr, uint8_t absent);

/* The text if attr is there and NUL-terminated, else NULL. */
const char *attr_text(const struct nlattr *attr);

/* Of a message NLMSG_ERROR: 0 (it is a positive answer), the kernel's -errno, or -EBADMSG. */
int attr_message_error(const struct nlmsghdr *message);
