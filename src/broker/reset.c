/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds TCP reset segments from numbers and sends them on raw sockets. */
#include "broker/reset.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mark.h"

#define IP4_HEADER   20U
#define IP6_HEADER   40U
#define TCP_HEADER   20U
#define TCP_FLAG_RST 0x04U
#define HOPS         64U

struct reset {
	int fd4, fd6;
};

static int open_raw(int family)
{
	const int mark = MARK_OWN_RESET;
	const int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0) {
		const int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

int reset_open(struct reset **ret)
{
	struct reset *reset = calloc(1, sizeof(*reset));

	if (!reset)
		return -ENOMEM;
	reset->fd6 = -EAFNOSUPPORT;
	reset->fd4 = open_raw(AF_INET);
	if (reset->fd4 >= 0)
		reset->fd6 = open_raw(AF_INET6);
	if (reset->fd4 < 0 || (reset->fd6 < 0 && reset->fd6 != -EAFNOSUPPORT)) {
		const int error = reset->fd4 < 0 ? reset->fd4 : reset->fd6;

		reset_free(reset);
		return error;
	}
	*ret = reset;
	return 0;
}

void reset_free(struct reset *reset)
{
	if (!reset)
		return;
	if (reset->fd4 >= 0)
		close(reset->fd4);
	if (reset->fd6 >= 0)
		close(reset->fd6);
	free(reset);
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffffU);
}

static uint32_t sum16(const uint8_t *at, size_t len, uint32_t sum)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += ((uint32_t)at[i] << 8) | at[i + 1];
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffffU) + (sum >> 16);
	return (uint16_t)~sum;
}

static void build_ip4(const struct addr *from, const struct addr *to, uint8_t *out)
{
	out[0] = 0x45;
	put16(out + 2, IP4_HEADER + TCP_HEADER);
	out[6] = 0x40; /* don't fragment */
	out[8] = HOPS;
	out[9] = IPPROTO_TCP;
	memcpy(out + 12, from->b, 4);
	memcpy(out + 16, to->b, 4);
	put16(out + 10, fold(sum16(out, IP4_HEADER, 0)));
}

static void build_ip6(const struct addr *from, const struct addr *to, uint8_t *out)
{
	out[0] = 0x60;
	put16(out + 4, TCP_HEADER);
	out[6] = IPPROTO_TCP;
	out[7] = HOPS;
	memcpy(out + 8, from->b, 16);
	memcpy(out + 24, to->b, 16);
}

size_t reset_build(const struct flow_key *key, bool to_server, uint32_t sequence,
		   uint8_t out[RESET_SEGMENT_MAX])
{
	const struct addr *from = to_server ? &key->src : &key->dst;
	const struct addr *to = to_server ? &key->dst : &key->src;
	const size_t header = key->src.family == 4 ? IP4_HEADER : IP6_HEADER;
	const size_t address = addr_len(key->src.family);
	uint8_t *tcp = out + header;
	uint32_t sum;

	memset(out, 0, RESET_SEGMENT_MAX);
	if (key->src.family == 4)
		build_ip4(from, to, out);
	else
		build_ip6(from, to, out);
	put16(tcp, to_server ? key->sport : key->dport);
	put16(tcp + 2, to_server ? key->dport : key->sport);
	put32(tcp + 4, sequence);
	tcp[12] = (TCP_HEADER / 4) << 4;
	tcp[13] = TCP_FLAG_RST;
	sum = sum16(from->b, address, IPPROTO_TCP + TCP_HEADER);
	sum = sum16(to->b, address, sum);
	put16(tcp + 16, fold(sum16(tcp, TCP_HEADER, sum)));
	return header + TCP_HEADER;
}

int reset_send(const struct reset *reset, const struct flow_key *key, bool to_server,
	       uint32_t sequence)
{
	const struct addr *to = to_server ? &key->dst : &key->src;
	uint8_t segment[RESET_SEGMENT_MAX];
	const size_t len = reset_build(key, to_server, sequence, segment);
	const int fd = to->family == 4 ? reset->fd4 : reset->fd6;
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	struct msghdr message = { 0 };
	struct iovec part = { .iov_base = segment, .iov_len = len };

	if (fd < 0)
		return fd;
	memcpy(&to4.sin_addr, to->b, sizeof(to4.sin_addr));
	memcpy(&to6.sin6_addr, to->b, sizeof(to6.sin6_addr));
	message.msg_name = to->family == 4 ? (void *)&to4 : (void *)&to6;
	message.msg_namelen = to->family == 4 ? sizeof(to4) : sizeof(to6);
	message.msg_iov = &part;
	message.msg_iovlen = 1;
	return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}
