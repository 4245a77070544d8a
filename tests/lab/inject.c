/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sends frames at the far ends of a firewall's cables and tells what became of each: which far end
 * it came out at, whether it reached the queue, and who was told that it was refused.
 *
 * usage: inject FIREWALL_NETNS FIRST_QUEUE QUEUES NETNS/INTERFACE...      (QUEUES 0: no queue is
 * read) On standard input, a line each: send ID PLACE MARK FRAME  keeps a frame (hexadecimal, from
 * its Ethernet header on) to be sent at the far end of that number; MARK: what a queue says,
 * "drop", or the packet mark to accept it with go                        sends what was kept, waits
 * until nothing more comes, and ends with "end" flush                     makes the firewall forget
 * its connections Each frame carries its number, ID << TOKEN_SHIFT, where the answers of the
 * firewall show it: TCP in the sequence number, UDP in the first bytes of the payload, everything
 * else in the second word behind the IP header. It has a hop limit of HOPS, so that copies of it
 * are told from answers. On standard output, in the order in which they are seen: out ID PLACE
 * PACKET       the packet left the firewall there (hexadecimal, from its IP header on) queue ID
 * NUMBER MARK      it reached that queue, with that packet mark reset ID PLACE            a TCP
 * reset answers it icmp ID PLACE TYPE CODE   an ICMP or ICMPv6 message answers it end LOST that was
 * all; LOST packets could not be looked at */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_queue.h>

#define TOKEN_SHIFT 12
#define HOPS        61 /* as sent; one less behind the firewall */
#define ANSWER_HOPS 64 /* of what the firewall's kernel says by itself */
#define PLACES_MAX  32
#define FRAME_MAX   2048
#define SHOWN_MAX   96 /* bytes of a packet that "out" shows */
#define WINDOW      32 /* frames sent before what came is looked at */
#define QUIET_MS    40
#define LINE_MAX_   (2 * FRAME_MAX + 128)

struct place {
	int fd;
};

struct kept {
	uint32_t id, mark;
	bool drop;
	size_t place, len;
	unsigned char frame[FRAME_MAX];
};

static struct place places[PLACES_MAX];
static size_t place_count;
static struct mnl_socket *queue_socket, *conntrack_socket;
static struct kept *kept;
static size_t kept_count, kept_room;
static unsigned long lost;

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

/* --- packets ---------------------------------------------------------------------------------- */

/* The upper header of an IP packet. */
struct upper {
	uint8_t protocol, hops;
	const unsigned char *at;
	size_t len;
};

static bool is_extension(uint8_t next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS;
}

static bool upper_of(const unsigned char *p, size_t len, struct upper *ret)
{
	size_t at;

	if (len >= 20 && p[0] >> 4 == 4) {
		at = (size_t)(p[0] & 15U) * 4;
		*ret = (struct upper){ .protocol = p[9], .hops = p[8] };
	} else if (len >= 40 && p[0] >> 4 == 6) {
		at = 40;
		*ret = (struct upper){ .protocol = p[6], .hops = p[7] };
		while (is_extension(ret->protocol) && at + 8 <= len) {
			ret->protocol = p[at];
			at += ((size_t)p[at + 1] + 1) * 8;
		}
	} else {
		return false;
	}
	if (at + 8 > len)
		return false;
	ret->at = p + at;
	ret->len = len - at;
	return true;
}

static uint32_t word_at(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The ID that a frame was given. */
static bool id_of(const struct upper *u, uint32_t *ret_id)
{
	size_t at = u->protocol == IPPROTO_UDP ? 8 : 4;

	if (u->len < at + 4)
		return false;
	*ret_id = word_at(u->at + at) >> TOKEN_SHIFT;
	return true;
}

static bool is_icmp(uint8_t protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

/* ICMP messages that quote the packet they are about. */
static bool quotes(const struct upper *u)
{
	return u->protocol == IPPROTO_ICMP ? u->at[0] == 3 || u->at[0] == 11 || u->at[0] == 12
					   : u->at[0] < 128;
}

/* What the firewall says of a packet. A reset acknowledges what it answers, or continues what that
 * acknowledged: the same number, or it and a few bytes. */
static void show_answer(size_t place, const struct upper *u)
{
	struct upper inner;
	uint32_t id;

	if (u->protocol == IPPROTO_TCP && u->len >= 20 && (u->at[13] & 4U)) {
		id = word_at(u->at + (u->at[13] & 16U ? 8 : 4)) >> TOKEN_SHIFT;
		printf("reset %u %zu\n", id, place);
	} else if (is_icmp(u->protocol)) {
		if (!quotes(u) ? !id_of(u, &id)
			       : !upper_of(u->at + 8, u->len - 8, &inner) || !id_of(&inner, &id))
			return;
		printf("icmp %u %zu %u %u\n", id, place, u->at[0], u->at[1]);
	}
}

static void show_packet(size_t place, const unsigned char *p, size_t len)
{
	struct upper u;
	uint32_t id;

	if (!upper_of(p, len, &u))
		return;
	if (u.hops == ANSWER_HOPS)
		show_answer(place, &u);
	if (u.hops != HOPS - 1 || !id_of(&u, &id))
		return;
	printf("out %u %zu ", id, place);
	for (size_t i = 0; i < len && i < SHOWN_MAX; i++)
		printf("%02x", p[i]);
	putchar('\n');
}

/* True if there was a frame. */
static bool place_read(size_t place)
{
	static unsigned char frame[65536];
	struct sockaddr_ll from;
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(places[place].fd, frame, sizeof(frame), MSG_DONTWAIT,
			       (struct sockaddr *)&from, &from_len);

	if (len < 0)
		return false;
	if (from.sll_pkttype != PACKET_OUTGOING && (size_t)len > ETH_HLEN)
		show_packet(place, frame + ETH_HLEN, (size_t)len - ETH_HLEN);
	return true;
}

/* --- the queue -------------------------------------------------------------------------------- */

/* Numbers go up one by one from the first that is kept. */
static const struct kept *kept_of(uint32_t id)
{
	if (!kept_count || id < kept[0].id || id - kept[0].id >= kept_count)
		return NULL;
	return &kept[id - kept[0].id];
}

static void queue_verdict(uint16_t queue, uint32_t packet_id, const struct kept *k)
{
	char out[256];
	struct nlmsghdr *nlh = nfq_nlmsg_put(out, NFQNL_MSG_VERDICT, queue);

	nfq_nlmsg_verdict_put(nlh, (int)packet_id, !k || k->drop ? NF_DROP : NF_ACCEPT);
	if (k && !k->drop)
		nfq_nlmsg_verdict_put_mark(nlh, k->mark);
	if (mnl_socket_sendto(queue_socket, nlh, nlh->nlmsg_len) < 0)
		die("verdict");
}

static int queue_message(const struct nlmsghdr *nlh, void *data)
{
	struct nlattr *attr[NFQA_MAX + 1] = { NULL };
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	const struct nfqnl_msg_packet_hdr *ph;
	uint16_t queue = ntohs(nfg->res_id);
	struct upper u;
	uint32_t id = 0;
	const struct kept *k = NULL;

	(void)data;
	if (nfq_nlmsg_parse(nlh, attr) < 0 || !attr[NFQA_PACKET_HDR])
		return MNL_CB_OK;
	ph = mnl_attr_get_payload(attr[NFQA_PACKET_HDR]);
	if (attr[NFQA_PAYLOAD] &&
	    upper_of(mnl_attr_get_payload(attr[NFQA_PAYLOAD]),
		     mnl_attr_get_payload_len(attr[NFQA_PAYLOAD]), &u) &&
	    id_of(&u, &id)) {
		k = kept_of(id);
		printf("queue %u %u %u\n", id, queue,
		       attr[NFQA_MARK] ? ntohl(mnl_attr_get_u32(attr[NFQA_MARK])) : 0);
	}
	queue_verdict(queue, ntohl(ph->packet_id), k);
	return MNL_CB_OK;
}

static bool queue_read(void)
{
	static char in[0x10000 + 4096];
	ssize_t len = recv(mnl_socket_get_fd(queue_socket), in, sizeof(in), MSG_DONTWAIT);

	if (len < 0 && errno == ENOBUFS)
		lost++;
	if (len <= 0)
		return false;
	(void)mnl_cb_run(in, (size_t)len, 0, 0, queue_message, NULL);
	return true;
}

static void queue_open(uint16_t first, uint16_t count)
{
	char out[256];
	int room = 32 << 20;

	queue_socket = mnl_socket_open(NETLINK_NETFILTER);
	if (!queue_socket || mnl_socket_bind(queue_socket, 0, MNL_SOCKET_AUTOPID) < 0)
		die("queue");
	(void)setsockopt(mnl_socket_get_fd(queue_socket), SOL_SOCKET, SO_RCVBUFFORCE, &room,
			 sizeof(room));
	for (uint32_t queue = first; queue < (uint32_t)first + count; queue++) {
		struct nlmsghdr *nlh = nfq_nlmsg_put(out, NFQNL_MSG_CONFIG, queue);

		nfq_nlmsg_cfg_put_cmd(nlh, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
		if (mnl_socket_sendto(queue_socket, nlh, nlh->nlmsg_len) < 0)
			die("queue");
		nlh = nfq_nlmsg_put(out, NFQNL_MSG_CONFIG, queue);
		nfq_nlmsg_cfg_put_params(nlh, NFQNL_COPY_PACKET, 0xffff);
		nfq_nlmsg_cfg_put_qmaxlen(nlh, 4096);
		if (mnl_socket_sendto(queue_socket, nlh, nlh->nlmsg_len) < 0)
			die("queue");
	}
}

/* --- connections ------------------------------------------------------------------------------ */

static void conntrack_flush(void)
{
	char buffer[4096];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	*nfg = (struct nfgenmsg){ .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0 };
	if (mnl_socket_sendto(conntrack_socket, nlh, nlh->nlmsg_len) < 0)
		die("flush");
	ssize_t len = mnl_socket_recvfrom(conntrack_socket, buffer, sizeof(buffer));
	if (len < 0 || mnl_cb_run(buffer, (size_t)len, 0, 0, NULL, NULL) < 0)
		die("flush");
}

/* --- a run ------------------------------------------------------------------------------------ */

/* True if anything came. */
static bool look(void)
{
	bool came = false;

	for (size_t i = 0; i < place_count; i++)
		while (place_read(i))
			came = true;
	while (queue_socket && queue_read())
		came = true;
	return came;
}

static void look_until_quiet(void)
{
	struct pollfd fds[PLACES_MAX + 1];
	nfds_t n = 0;

	for (size_t i = 0; i < place_count; i++)
		fds[n++] = (struct pollfd){ .fd = places[i].fd, .events = POLLIN };
	if (queue_socket)
		fds[n++] =
			(struct pollfd){ .fd = mnl_socket_get_fd(queue_socket), .events = POLLIN };
	do
		look();
	while (poll(fds, n, QUIET_MS) > 0);
}

static void count_lost(void)
{
	for (size_t i = 0; i < place_count; i++) {
		struct tpacket_stats stats;
		socklen_t len = sizeof(stats);

		if (!getsockopt(places[i].fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
			lost += stats.tp_drops;
	}
}

static void go(void)
{
	for (size_t i = 0; i < kept_count; i++) {
		const struct kept *k = &kept[i];

		if (send(places[k->place].fd, k->frame, k->len, 0) != (ssize_t)k->len)
			die("send");
		if (i % WINDOW == WINDOW - 1)
			look();
	}
	look_until_quiet();
	kept_count = 0;
	count_lost();
	printf("end %lu\n", lost);
	(void)fflush(stdout);
	lost = 0;
}

/* -1 behind the last digit. */
static int nibble(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static void keep(const char *line)
{
	struct kept *k;
	char mark[32];
	int at = 0;

	if (kept_count == kept_room) {
		kept_room = kept_room ? 2 * kept_room : 1024;
		kept = reallocarray(kept, kept_room, sizeof(*kept));
		if (!kept)
			die("memory");
	}
	k = &kept[kept_count];
	if (sscanf(line, "send %u %zu %31s %n", &k->id, &k->place, mark, &at) != 3 || !at ||
	    k->place >= place_count) {
		(void)fprintf(stderr, "inject: not understood: %.60s\n", line);
		exit(2);
	}
	k->drop = !strcmp(mark, "drop");
	k->mark = (uint32_t)strtoul(mark, NULL, 0);
	k->len = 0;
	for (const char *hex = line + at; k->len < FRAME_MAX && nibble(hex[0]) >= 0; hex += 2)
		k->frame[k->len++] = (unsigned char)(nibble(hex[0]) << 4 | nibble(hex[1]));
	if (k->id != kept[0].id + kept_count) {
		(void)fprintf(stderr, "inject: the numbers have a hole before %u\n", k->id);
		exit(2);
	}
	kept_count++;
}

static void enter(const char *netns)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(netns);
	close(fd);
}

/* where: NETNS/INTERFACE */
static void place_open(char *where)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	char *interface = strchr(where, '/');
	int room = 32 << 20, fd;

	if (!interface || place_count == PLACES_MAX)
		die(where);
	*interface++ = '\0';
	enter(where);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	at.sll_ifindex = (int)if_nametoindex(interface);
	if (fd < 0 || !at.sll_ifindex)
		die(interface);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)))
		die(interface);
	places[place_count++].fd = fd;
}

int main(int argc, char **argv)
{
	static char line[LINE_MAX_];

	if (argc < 5) {
		(void)fprintf(stderr, "usage: inject FIREWALL_NETNS FIRST_QUEUE QUEUES "
				      "NETNS/INTERFACE...\n");
		return 2;
	}
	enter(argv[1]);
	conntrack_socket = mnl_socket_open(NETLINK_NETFILTER);
	if (!conntrack_socket || mnl_socket_bind(conntrack_socket, 0, MNL_SOCKET_AUTOPID) < 0)
		die("netlink");
	if (atoi(argv[3]) > 0)
		queue_open((uint16_t)atoi(argv[2]), (uint16_t)atoi(argv[3]));
	for (int i = 4; i < argc; i++)
		place_open(argv[i]);
	puts("ready");
	(void)fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (!strncmp(line, "send ", 5))
			keep(line);
		else if (!strcmp(line, "go\n"))
			go();
		else if (!strcmp(line, "flush\n"))
			conntrack_flush();
	}
	return 0;
}
