/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections through a firewall: client, server, and the minimal queue echo that Sekisho is
 * measured against. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>

#define REPLY_BYTES 100
#define SLOTS       128
#define SAMPLES_MAX 4000000

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in address_of(const char *text, const char *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET };

	in.sin_port = htons((uint16_t)atoi(port));
	if (inet_pton(AF_INET, text, &in.sin_addr) != 1)
		die(text);
	return in;
}

/* --- server ------------------------------------------------------------------------------------
 */

static _Noreturn void server(const char *address, const char *port)
{
	struct sockaddr_in in = address_of(address, port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
	int ep = epoll_create1(0);
	struct epoll_event ev = { .events = EPOLLIN }, got[256];
	static char buffer[4096];
	static const char reply[REPLY_BYTES] = "\x16\x03\x03";

	ev.data.fd = fd;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || ep < 0 || bind(fd, (struct sockaddr *)&in, sizeof(in)) || listen(fd, 4096) ||
	    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev))
		die("server");
	puts("ready");
	fflush(stdout);
	for (;;) {
		int n = epoll_wait(ep, got, 256, -1);

		for (int i = 0; i < n; i++) {
			if (got[i].data.fd == fd) {
				int peer;

				while ((peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
					ev.data.fd = peer;
					epoll_ctl(ep, EPOLL_CTL_ADD, peer, &ev);
				}
				continue;
			}
			if (read(got[i].data.fd, buffer, sizeof(buffer)) <= 0) {
				close(got[i].data.fd);
				continue;
			}
			if (write(got[i].data.fd, reply, sizeof(reply)) < 0)
				close(got[i].data.fd);
		}
	}
}

/* --- client ------------------------------------------------------------------------------------
 */

struct slot {
	int fd;
	uint64_t began_ns;
};

struct client {
	struct sockaddr_in to;
	uint32_t from_first, from_count, from_next;
	int ep;
	struct slot slots[SLOTS];
	unsigned char hello[600];
	size_t hello_len;
	uint32_t *samples_us10; /* tenths of a microsecond */
	size_t samples;
	uint64_t failed;
};

/* A ClientHello of 517 bytes for name: what browsers sent before post-quantum key shares. */
static size_t hello_make(unsigned char *out, const char *name)
{
	size_t n = strlen(name), at = 0;
	static const unsigned char start[] = { 0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3 };

	memcpy(out, start, sizeof(start));
	at = sizeof(start);
	memset(out + at, 0x5a, 32);
	at += 32;
	out[at++] = 0; /* no session id */
	memcpy(out + at, "\x00\x02\x13\x01\x01\x00", 6);
	at += 6;
	size_t extensions = 517 - at - 2;
	out[at++] = (unsigned char)(extensions >> 8);
	out[at++] = (unsigned char)extensions;
	out[at++] = 0;
	out[at++] = 0; /* server_name */
	out[at++] = 0;
	out[at++] = (unsigned char)(n + 5);
	out[at++] = 0;
	out[at++] = (unsigned char)(n + 3);
	out[at++] = 0;
	out[at++] = 0;
	out[at++] = (unsigned char)n;
	memcpy(out + at, name, n);
	at += n;
	size_t padding = 517 - at - 4;
	out[at++] = 0;
	out[at++] = 21; /* padding */
	out[at++] = (unsigned char)(padding >> 8);
	out[at++] = (unsigned char)padding;
	memset(out + at, 0, padding);
	return 517;
}

static void client_open(struct client *c, size_t i)
{
	struct linger hard = { .l_onoff = 1 };
	struct sockaddr_in from = { .sin_family = AF_INET };
	struct epoll_event ev = { .events = EPOLLOUT };
	int one = 1;

	ev.data.u64 = i;
	c->slots[i].began_ns = now_ns();
	c->slots[i].fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (c->slots[i].fd < 0)
		die("socket");
	setsockopt(c->slots[i].fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	setsockopt(c->slots[i].fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(c->slots[i].fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	from.sin_addr.s_addr = htonl(c->from_first + c->from_next++ % c->from_count);
	if (bind(c->slots[i].fd, (struct sockaddr *)&from, sizeof(from)))
		die("bind");
	if (connect(c->slots[i].fd, (struct sockaddr *)&c->to, sizeof(c->to)) &&
	    errno != EINPROGRESS)
		die("connect");
	epoll_ctl(c->ep, EPOLL_CTL_ADD, c->slots[i].fd, &ev);
}

/* True when the slot's connection is over. */
static bool client_event(struct client *c, const struct epoll_event *got)
{
	struct slot *s = &c->slots[got->data.u64];
	char buffer[REPLY_BYTES];

	if (got->events & EPOLLOUT) {
		struct epoll_event ev = { .events = EPOLLIN, .data = got->data };

		if (send(s->fd, c->hello, c->hello_len, MSG_NOSIGNAL) < 0)
			c->failed++;
		else if (!epoll_ctl(c->ep, EPOLL_CTL_MOD, s->fd, &ev))
			return false;
	} else if (read(s->fd, buffer, sizeof(buffer)) > 0) {
		if (c->samples < SAMPLES_MAX)
			c->samples_us10[c->samples++] = (uint32_t)((now_ns() - s->began_ns) / 100);
	} else {
		c->failed++;
	}
	close(s->fd);
	s->fd = -1;
	return true;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* rate 0: as fast as SLOTS connections at once go; else that many opened a second, evenly. */
static void client_run(struct client *c, unsigned int rate, double seconds)
{
	uint64_t begin = now_ns(), end = begin + (uint64_t)(seconds * 1e9), opened = 0;
	struct epoll_event got[SLOTS];

	for (uint64_t t = begin; t < end; t = now_ns()) {
		uint64_t due = rate ? (t - begin) * rate / 1000000000U : UINT64_MAX;

		for (size_t i = 0; i < SLOTS && opened < due; i++) {
			if (c->slots[i].fd >= 0)
				continue;
			client_open(c, i);
			opened++;
		}
		int n = epoll_wait(c->ep, got, SLOTS, rate ? 0 : 100);
		for (int i = 0; i < n; i++)
			client_event(c, &got[i]);
		if (rate && n == 0) {
			struct timespec pause = { .tv_nsec = 20000 };

			nanosleep(&pause, NULL);
		}
	}
}

static int client(char **argv)
{
	static struct client c;
	unsigned int rate = (unsigned int)atoi(argv[4]);
	double seconds = atof(argv[5]);
	struct sockaddr_in from = address_of(argv[2], "0");

	c.to = address_of(argv[0], argv[1]);
	c.from_first = ntohl(from.sin_addr.s_addr);
	c.from_count = (uint32_t)atoi(argv[3]);
	c.hello_len = hello_make(c.hello, argv[6]);
	c.samples_us10 = calloc(SAMPLES_MAX, sizeof(*c.samples_us10));
	c.ep = epoll_create1(0);
	for (size_t i = 0; i < SLOTS; i++)
		c.slots[i].fd = -1;
	if (!c.samples_us10 || c.ep < 0)
		die("client");
	client_run(&c, rate, seconds);
	qsort(c.samples_us10, c.samples, sizeof(*c.samples_us10), by_value);
	if (c.samples == 0) {
		printf("0 0 0 %llu\n", (unsigned long long)c.failed);
		return 1;
	}
	printf("%.0f %.1f %.1f %llu\n", (double)c.samples / seconds,
	       c.samples_us10[c.samples / 2] / 10.0, c.samples_us10[c.samples * 99 / 100] / 10.0,
	       (unsigned long long)c.failed);
	free(c.samples_us10);
	return 0;
}

/* --- the echo: every queued packet is accepted, with a mark that takes its flow out of the queue
 * ---- */

static _Noreturn void echo(const char *number, const char *mark)
{
	static char in[0xffff + 4096], out[4096];
	uint16_t queue = (uint16_t)atoi(number);
	struct mnl_socket *nl = mnl_socket_open(NETLINK_NETFILTER);
	struct nlmsghdr *nlh;
	int room = 8 << 20;

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		die("netlink");
	setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	nlh = nfq_nlmsg_put(out, NFQNL_MSG_CONFIG, queue);
	nfq_nlmsg_cfg_put_cmd(nlh, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
	mnl_socket_sendto(nl, nlh, nlh->nlmsg_len);
	nlh = nfq_nlmsg_put(out, NFQNL_MSG_CONFIG, queue);
	nfq_nlmsg_cfg_put_params(nlh, NFQNL_COPY_PACKET, 0xffff);
	mnl_attr_put_u32(nlh, NFQA_CFG_FLAGS, htonl(NFQA_CFG_F_GSO));
	mnl_attr_put_u32(nlh, NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO));
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		die("bind");
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct nlattr *attr[NFQA_MAX + 1] = { NULL };
		ssize_t len = mnl_socket_recvfrom(nl, in, sizeof(in));

		if (len < 0) {
			if (errno == ENOBUFS)
				continue;
			die("recv");
		}
		nlh = (struct nlmsghdr *)in;
		if (nlh->nlmsg_type == NLMSG_ERROR || nfq_nlmsg_parse(nlh, attr) < 0 ||
		    !attr[NFQA_PACKET_HDR])
			continue;
		struct nfqnl_msg_packet_hdr *ph = mnl_attr_get_payload(attr[NFQA_PACKET_HDR]);
		nlh = nfq_nlmsg_put(out, NFQNL_MSG_VERDICT, queue);
		nfq_nlmsg_verdict_put(nlh, (int)ntohl(ph->packet_id), NF_ACCEPT);
		nfq_nlmsg_verdict_put_mark(nlh, (uint32_t)strtoul(mark, NULL, 0));
		mnl_socket_sendto(nl, nlh, nlh->nlmsg_len);
	}
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "server"))
		server(argv[2], argv[3]);
	if (argc == 9 && !strcmp(argv[1], "client"))
		return client(argv + 2);
	if (argc == 4 && !strcmp(argv[1], "echo"))
		echo(argv[2], argv[3]);
	fprintf(stderr, "usage: conn server ADDRESS PORT\n"
			"       conn client ADDRESS PORT FROM COUNT RATE SECONDS NAME\n"
			"           prints: connections/s, p50 and p99 in microseconds, failures\n"
			"       conn echo QUEUE MARK\n");
	return 2;
}
