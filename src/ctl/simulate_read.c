/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions from words, and what is usual in a packet of which nobody said otherwise. */
#include "ctl/simulate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/ether.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "common/mark.h"
#include "ctl/when.h"

#define FLAG_SYN 0x02U
#define FLAG_PSH 0x08U
#define FLAG_ACK 0x10U

#define USUAL_PORT    40000 /* of the client */
#define USUAL_PAYLOAD 100   /* bytes, of a packet that has any */
#define USUAL_FIRST   0x40  /* of UDP payload: a short header of QUIC */
#define HEADER_IP     20
#define HEADER_TCP    20
#define HEADER_UDP    8

__attribute__((format(printf, 2, 3))) static int fail(char *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(error, SIMULATE_ERROR_MAX, format, args);
	va_end(args);
	return -EINVAL;
}

void simulate_question_begin(struct simulate_question *question)
{
	*question = (struct simulate_question){ .hook = HOOK_FORWARD };
	question->packet.ct_state = STATE_NEW;
	question->packet.sport = USUAL_PORT;
	question->packet.has_ether = true;
	question->packet.now_s = (int64_t)time(NULL);
}

/* Also an address that maps an IPv4 one into IPv6: none that a policy could name, but packets may
 * bear it. */
static int read_address(const char *text, struct addr *ret, char *error)
{
	struct addr mapped = { .family = 6 };

	if (!addr_parse(text, ret))
		return 0;
	if (inet_pton(AF_INET6, text, mapped.b) != 1)
		return fail(error, _("\"%s\" is not an address"), text);
	*ret = mapped;
	return 0;
}

int simulate_read_from(struct simulate_question *question, const char *text, char *error)
{
	struct walk_packet *packet = &question->packet;
	int err = read_address(text, &packet->src, error);

	if (!err)
		packet->family = packet->src.family;
	return err;
}

int simulate_read_to(struct simulate_question *question, const char *text, char *error)
{
	return read_address(text, &question->packet.dst, error);
}

/* The number that the whole text is, 0..most, or -EINVAL. */
static long number_of(const char *text, long most)
{
	char *end;
	long number;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	number = strtol(text, &end, 10);
	return errno || *end || number > most ? -EINVAL : number;
}

int simulate_read_protocol(struct simulate_question *question, const char *text, char *error)
{
	static const struct {
		const char *name;
		uint8_t l4proto;
	} names[] = {
		{ "tcp", IPPROTO_TCP },         { "udp", IPPROTO_UDP },   { "icmp", IPPROTO_ICMP },
		{ "icmpv6", IPPROTO_ICMPV6 },   { "sctp", IPPROTO_SCTP }, { "dccp", IPPROTO_DCCP },
		{ "udplite", IPPROTO_UDPLITE },
	};
	long number = number_of(text, UINT8_MAX);

	for (size_t i = 0; i < ARRAY_SIZE(names) && number < 0; i++)
		if (strcmp(names[i].name, text) == 0)
			number = names[i].l4proto;
	if (number < 0)
		return fail(error, _("\"%s\" is not a protocol"), text);
	question->packet.l4proto = (uint8_t)number;
	question->says_icmp = strcmp(text, "icmp") == 0;
	question->has_protocol = true;
	return 0;
}

static bool has_ports(uint8_t l4proto)
{
	return l4proto == IPPROTO_TCP || l4proto == IPPROTO_UDP || l4proto == IPPROTO_SCTP ||
	       l4proto == IPPROTO_DCCP || l4proto == IPPROTO_UDPLITE;
}

/* Cuts ":PORT" off the address; *ret_port is NULL where there is none. */
static void cut_port(char *address, char **ret_port)
{
	char *colon = strrchr(address, ':'), *bracket = strrchr(address, ']');

	*ret_port = NULL;
	if (address[0] == '[' && bracket) {
		memmove(address, address + 1, strlen(address));
		bracket--;
		if (bracket[1] == ':')
			*ret_port = bracket + 2;
		if (bracket[1] == ':' || bracket[1] == '\0')
			*bracket = '\0';
	} else if (colon && strchr(address, ':') == colon) {
		*colon = '\0';
		*ret_port = colon + 1;
	}
}

int simulate_read_target(struct simulate_question *question, const char *text, char *error)
{
	char address[2 * ADDR_TEXT_MAX], *slash, *port = NULL;
	long number = 0;
	int err;

	(void)snprintf(address, sizeof(address), "%s", text);
	slash = strrchr(address, '/');
	if (!slash || strlen(text) >= sizeof(address))
		return fail(error, _("\"%s\" is not ADDRESS:PORT/PROTOCOL"), text);
	*slash = '\0';
	err = simulate_read_protocol(question, slash + 1, error);
	if (err)
		return err;
	cut_port(address, &port);
	if ((port != NULL) != has_ports(question->packet.l4proto))
		return fail(error,
			    port ? _("\"%s\": that protocol has no ports")
				 : _("\"%s\": a port is needed, as in ADDRESS:PORT/PROTOCOL"),
			    text);
	if (port)
		number = number_of(port, UINT16_MAX);
	if (number < 0)
		return fail(error, _("\"%s\" is not a port"), port);
	question->packet.dport = (uint16_t)number;
	return simulate_read_to(question, address, error);
}

static int read_interface(const char *text, char out[16], char *error)
{
	size_t len = strlen(text);

	if (len == 0 || len >= 16)
		return fail(error, _("\"%s\" is not the name of an interface"), text);
	memset(out, 0, 16);
	(void)snprintf(out, 16, "%s", text);
	return 0;
}

int simulate_read_in(struct simulate_question *question, const char *text, char *error)
{
	return read_interface(text, question->packet.iif, error);
}

int simulate_read_out(struct simulate_question *question, const char *text, char *error)
{
	return read_interface(text, question->packet.oif, error);
}

int simulate_read_name(struct simulate_question *question, const char *text, char *error)
{
	enum names_fault fault = names_normalise(text, strlen(text), false, question->name);

	if (fault != NAMES_OK)
		return fail(error, "\"%s\": %s", text, _(names_fault_text(fault)));
	question->has_name = true;
	return 0;
}

int simulate_read_state(struct simulate_question *question, const char *text, char *error)
{
	static const struct {
		const char *name;
		uint32_t bit, mark;
	} states[] = {
		{ "new", STATE_NEW, MARK_NONE },
		{ "open", STATE_ESTABLISHED, MARK_OPEN },
		{ "established", STATE_ESTABLISHED, MARK_NONE },
		{ "related", STATE_RELATED, MARK_NONE },
		{ "invalid", STATE_INVALID, MARK_NONE },
		{ "untracked", STATE_UNTRACKED, MARK_NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		if (strcmp(states[i].name, text) != 0)
			continue;
		question->packet.ct_state = states[i].bit;
		question->is_open = states[i].mark == MARK_OPEN;
		if (!question->has_mark)
			question->packet.ct_mark = states[i].mark;
		return 0;
	}
	return fail(error,
		    _("\"%s\" is not a state: new, open, established, related, invalid or "
		      "untracked"),
		    text);
}

int simulate_read_mac(struct simulate_question *question, const char *text, char *error)
{
	struct ether_addr mac;

	question->packet.has_ether = strcmp(text, "none") != 0;
	if (!question->packet.has_ether)
		return 0;
	if (!ether_aton_r(text, &mac) || strlen(text) > 17)
		return fail(error, _("\"%s\" is not a hardware address"), text);
	memcpy(question->packet.ether_saddr, mac.ether_addr_octet, ETHER_ADDR_LEN);
	return 0;
}

int simulate_read_at(struct simulate_question *question, const char *text, char *error)
{
	time_t at;

	if (when_parse(text, time(NULL), &at))
		return fail(error, _("\"%s\" is not a time"), text);
	question->packet.now_s = (int64_t)at;
	return 0;
}

int simulate_read_hook(struct simulate_question *question, const char *text, char *error)
{
	if (strcmp(text, "forward") == 0)
		question->hook = HOOK_FORWARD;
	else if (strcmp(text, "input") == 0)
		question->hook = HOOK_INPUT;
	else if (strcmp(text, "output") == 0)
		question->hook = HOOK_OUTPUT;
	else
		return fail(error, _("\"%s\" is not a hook: forward, input or output"), text);
	return 0;
}

static void usual_tcp(struct simulate_question *question)
{
	struct walk_packet *packet = &question->packet;
	bool is_first = packet->ct_state == STATE_NEW && !packet->ct_reply;

	if (!question->has_flags)
		packet->tcp_flags = is_first ? FLAG_SYN : FLAG_ACK | FLAG_PSH;
	if (!question->has_doff)
		packet->tcp_doff = HEADER_TCP / 4;
	if (!question->has_length)
		packet->length = (uint16_t)(4 * packet->tcp_doff +
					    (packet->tcp_flags & FLAG_SYN ? 0 : USUAL_PAYLOAD));
}

/* An echo request; among packets related to a flow, the news that it cannot be delivered. */
static void usual_icmp(struct simulate_question *question)
{
	struct walk_packet *packet = &question->packet;
	bool is_error = packet->ct_state == STATE_RELATED;

	if (packet->l4proto == IPPROTO_ICMP)
		packet->icmp_type = is_error ? 3 : 8;
	else
		packet->icmp_type = is_error ? 1 : 128;
}

void simulate_question_finish(struct simulate_question *question)
{
	struct walk_packet *packet = &question->packet;

	if (question->says_icmp && packet->dst.family == 6)
		packet->l4proto = IPPROTO_ICMPV6;
	if (!question->has_length)
		packet->length = HEADER_UDP + USUAL_PAYLOAD;
	if (packet->l4proto == IPPROTO_TCP)
		usual_tcp(question);
	if (!question->has_udp_length)
		packet->udp_length = HEADER_UDP + USUAL_PAYLOAD;
	if (!question->has_udp_first)
		packet->udp_first = USUAL_FIRST;
	if (!question->has_type &&
	    (packet->l4proto == IPPROTO_ICMP || packet->l4proto == IPPROTO_ICMPV6))
		usual_icmp(question);
	if (!question->has_length && packet->dst.family == 4)
		packet->length = (uint16_t)(packet->length + HEADER_IP);
	if (!question->has_from_port && !has_ports(packet->l4proto))
		packet->sport = (uint16_t)(packet->icmp_type << 8);
}
