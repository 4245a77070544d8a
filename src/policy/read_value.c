/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single values of a policy: addresses, ports, interfaces, texts, numbers, dates. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/read.h"

#define PORTS_MAX 1000 /* entries in one list of ports; each is compared with all others */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

void read_note_range(struct reader *r, const struct addr_range *range, enum read_owner owner,
		     uint32_t index, struct read_place place)
{
	if (r->range_count == r->range_room) {
		size_t room = r->range_room ? r->range_room * 2 : 256;
		struct read_range *grown = realloc(r->ranges, room * sizeof(*grown));

		if (!grown) {
			read_no_memory(r);
			return;
		}
		r->ranges = grown;
		r->range_room = room;
	}
	r->ranges[r->range_count++] = (struct read_range){
		.range = *range, .owner = owner, .index = index, .place = place
	};
}

/* What "A/N" with host bits set was probably meant to be. */
static char *network_text(const char *text, char *out)
{
	const char *slash = strchr(text, '/');
	char address[ADDR_TEXT_MAX] = "";
	unsigned int bits = 0;
	struct addr a;

	if (!slash || (size_t)(slash - text) >= sizeof(address))
		return NULL;
	memcpy(address, text, (size_t)(slash - text));
	if (addr_parse(address, &a))
		return NULL;
	for (const char *p = slash + 1; is_digit(*p) && bits < 1000; p++)
		bits = bits * 10 + (unsigned int)(*p - '0');
	for (unsigned int i = bits; i < 8 * addr_len(a.family); i++)
		a.b[i / 8] &= (uint8_t) ~(0x80U >> (i % 8));
	addr_text(&a, address);
	(void)snprintf(out, ADDR_RANGE_TEXT_MAX, "%s/%u", address, bits);
	return out;
}

/* True if the text begins with an IPv4 address written as an IPv6 one, "::ffff:192.0.2.1". */
static bool is_mapped(const char *text)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	size_t length = strcspn(text, "/-");
	char address[ADDR_TEXT_MAX];
	struct in6_addr in6;

	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	return inet_pton(AF_INET6, address, &in6) == 1 &&
	       !memcmp(in6.s6_addr, mapped, sizeof(mapped));
}

void read_range_item(struct reader *r, const struct read_item *item, void *into)
{
	const struct read_target *target = into;
	char quoted[READ_QUOTE_MAX], network[ADDR_RANGE_TEXT_MAX];
	struct addr_range range;
	int err = addr_range_parse(item->text, &range);

	if (!err) {
		read_note_range(r, &range, target->owner, target->index, item->place);
		if (addr_list_add(target->list, &range))
			read_no_memory(r);
		return;
	}
	read_quote(item->text, quoted);
	if (err == -EDOM && network_text(item->text, network))
		read_item_error(r, item,
				_("%s has bits set behind its prefix; the network is \"%s\", one "
				  "host is written without a prefix"),
				quoted, network);
	else if (is_mapped(item->text))
		read_item_error(r, item,
				_("%s is IPv4 written as IPv6, which no packet on the wire "
				  "carries; write the IPv4 address itself"),
				quoted);
	else
		read_item_error(r, item,
				_("%s is not an address; expected \"192.0.2.1\", \"192.0.2.0/24\", "
				  "\"192.0.2.1-192.0.2.9\", or the like in IPv6"),
				quoted);
}

/* A decimal number of 1 to 5 digits; NULL, or what follows it. */
static const char *port_number(const char *p, unsigned int *ret)
{
	unsigned int n = 0, digits = 0;

	while (is_digit(*p) && digits++ < 5)
		n = n * 10 + (unsigned int)(*p++ - '0');
	if (!digits || is_digit(*p))
		return NULL;
	*ret = n;
	return p;
}

static const char *app_name(size_t i)
{
	return i == APP_NONE ? NULL : app_slug((enum app)i);
}

/* The application behind the port, if there is one. False: told. */
static bool parse_app(struct reader *r, const struct read_item *item, const char *text,
		      struct policy_port *port)
{
	auto_(free_charp) char *words = NULL;
	char quoted[READ_QUOTE_MAX];

	if (!*text)
		return true;
	for (size_t i = APP_NONE + 1; i < APP_SPOKEN_COUNT; i++)
		if (!strcmp(app_name(i), text))
			port->app = (enum app)i;
	if (port->app == APP_NONE) {
		words = read_words(app_name, APP_SPOKEN_COUNT);
		read_item_error(r, item,
				_("%s is not an application; expected one of %s, or nothing where "
				  "address and port alone decide"),
				read_quote(text, quoted), words ? words : "");
		return false;
	}
	if ((port->app == APP_QUIC) != (port->l4proto == IPPROTO_UDP)) {
		read_item_error(r, item, _("%s runs over %s, not over %s"), text,
				port->app == APP_QUIC ? "udp" : "tcp",
				port->app == APP_QUIC ? "tcp" : "udp");
		return false;
	}
	return true;
}

/* "tcp/443", "udp/3478-3481", and with a space behind it the application. */
static bool parse_port(struct reader *r, const struct read_item *item, struct policy_port *ret)
{
	struct policy_port port = { .app = APP_NONE };
	unsigned int first = 0, last = 0;
	const char *p = item->text;
	char quoted[READ_QUOTE_MAX];

	if (!strncmp(p, "tcp/", 4))
		port.l4proto = IPPROTO_TCP;
	else if (!strncmp(p, "udp/", 4))
		port.l4proto = IPPROTO_UDP;
	p = port.l4proto ? port_number(p + 4, &first) : NULL;
	last = first;
	if (p && *p == '-')
		p = port_number(p + 1, &last);
	if (!p || (*p && *p != ' ')) {
		read_item_error(
			r, item,
			_("%s is not a port; expected \"tcp/443\", \"udp/3478-3481\" or the "
			  "like (protocols: tcp, udp)"),
			read_quote(item->text, quoted));
		return false;
	}
	if (first < 1 || last > 65535 || last < first) {
		read_item_error(r, item,
				last < first ? _("%s ends before it begins")
					     : _("%s is out of range; ports are 1 to 65535"),
				read_quote(item->text, quoted));
		return false;
	}
	port.first = (uint16_t)first;
	port.last = (uint16_t)last;
	while (*p == ' ')
		p++;
	if (!parse_app(r, item, p, &port))
		return false;
	*ret = port;
	return true;
}

static void add_port(struct reader *r, const struct read_item *item, const struct policy_port *port,
		     struct policy_ports *ports)
{
	struct policy_port *grown;
	char quoted[READ_QUOTE_MAX];

	for (size_t i = 0; i < ports->count; i++) {
		const struct policy_port *p = &ports->at[i];

		if (p->l4proto != port->l4proto || p->last < port->first || port->last < p->first)
			continue;
		read_item_error(r, item, _("%s overlaps with an entry before it"),
				read_quote(item->text, quoted));
		return;
	}
	if (ports->count == PORTS_MAX) {
		read_item_error(r, item, _("more than %d entries"), PORTS_MAX);
		return;
	}
	grown = realloc(ports->at, (ports->count + 1) * sizeof(*grown));
	if (!grown) {
		read_no_memory(r);
		return;
	}
	ports->at = grown;
	ports->at[ports->count++] = *port;
}

void read_service_port_item(struct reader *r, const struct read_item *item, void *into)
{
	struct policy_port port;

	if (parse_port(r, item, &port))
		add_port(r, item, &port, into);
}

void read_port_item(struct reader *r, const struct read_item *item, void *into)
{
	struct policy_port port;

	if (!parse_port(r, item, &port))
		return;
	if (port.app == APP_NONE)
		add_port(r, item, &port, into);
	else
		read_item_error(r, item,
				_("\"%s\" has no place here: only flows to cloud services are "
				  "inspected, others are decided by address and port"),
				app_slug(port.app));
}

void read_port_span(struct reader *r, const config_setting_t *s, const struct policy_ports *ports)
{
	unsigned int tcp = 0, udp = 0;

	for (size_t i = 0; i < ports->count; i++) {
		const struct policy_port *p = &ports->at[i];

		*(p->l4proto == IPPROTO_TCP ? &tcp : &udp) += p->last - p->first + 1U;
	}
	if (tcp > READ_PORT_SPAN_MAX || udp > READ_PORT_SPAN_MAX)
		read_error(
			r, s,
			_("%u ports of %s are as good as all of them, and no restriction by port "
			  "(通信ポートによるアクセス制限) is left; name those that the service "
			  "uses, %u at most"),
			tcp > udp ? tcp : udp, tcp > udp ? "tcp" : "udp", READ_PORT_SPAN_MAX);
}

void read_interface_item(struct reader *r, const struct read_item *item, void *into)
{
	const char *p = item->text;
	char quoted[READ_QUOTE_MAX];

	/* the kernel takes more; nothing that means something else to nft or a shell */
	while (is_alnum(*p) || *p == '.' || *p == '_' || *p == '-')
		p++;
	if (*p || p == item->text || p - item->text >= POLICY_INTERFACE_MAX ||
	    !is_alnum(*item->text))
		read_item_error(r, item,
				_("%s is not the name of a network interface; expected 1 to %d of "
				  "A-Z a-z 0-9 . _ - beginning with a letter or digit"),
				read_quote(item->text, quoted), POLICY_INTERFACE_MAX - 1);
	else if (!strcmp(item->text, "lo"))
		read_item_error(r, item, _("\"lo\" is the loopback interface; it leads nowhere"));
	else if (read_is_new(r, item, into))
		read_append(r, into, item->text);
}

void read_copy(struct reader *r, const config_setting_t *s, char **ret)
{
	char *copy = strdup(config_setting_get_string(s));

	if (!copy) {
		read_no_memory(r);
		return;
	}
	free(*ret);
	*ret = copy;
}

void read_slug(struct reader *r, const config_setting_t *s, char **ret)
{
	const char *text = config_setting_get_string(s), *p = text;
	char quoted[READ_QUOTE_MAX];

	while (is_alnum(*p) || *p == '.' || *p == '_' || *p == '-')
		p++;
	if (*p || p == text || p - text > POLICY_NAME_MAX || !is_alnum(*text))
		read_error(r, s,
			   _("%s cannot be a name; expected 1 to %d of A-Z a-z 0-9 . _ - beginning "
			     "with a letter or digit"),
			   read_quote(text, quoted), POLICY_NAME_MAX);
	else
		read_copy(r, s, ret);
}

void read_people_text(struct reader *r, const config_setting_t *s, char **ret)
{
	const char *text = config_setting_get_string(s);
	char quoted[READ_QUOTE_MAX];

	if (!*text)
		read_error(r, s, _("is empty"));
	else if (strlen(text) > READ_TEXT_MAX)
		read_error(r, s, _("is longer than %d bytes"), READ_TEXT_MAX);
	else if (!read_is_text(text))
		read_error(r, s, _("%s is not UTF-8 text without control characters"),
			   read_quote(text, quoted));
	else
		read_copy(r, s, ret);
}

void read_absolute_path(struct reader *r, const config_setting_t *s, size_t max, char **ret)
{
	const char *text = config_setting_get_string(s);
	char quoted[READ_QUOTE_MAX];

	if (*text != '/' || !text[1] || !read_is_text(text))
		read_error(r, s, _("%s is not an absolute path"), read_quote(text, quoted));
	else if (strlen(text) > max)
		read_error(r, s, _("the path is longer than %zu bytes"), max);
	else
		read_copy(r, s, ret);
}

static bool is_date(const char *text)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	static const char shape[] = "dddd-dd-dd";
	unsigned int n[3] = { 0 }, part = 0;

	for (size_t i = 0; i < sizeof(shape); i++) {
		if (shape[i] == 'd' ? !is_digit(text[i]) : text[i] != shape[i])
			return false;
		if (shape[i] == 'd')
			n[part] = n[part] * 10 + (unsigned int)(text[i] - '0');
		else
			part++;
	}
	if (n[0] < 2000 || n[1] < 1 || n[1] > 12 || n[2] < 1)
		return false;
	return n[2] <= days[n[1] - 1] ||
	       (n[1] == 2 && n[2] == 29 && n[0] % 4 == 0 && (n[0] % 100 != 0 || n[0] % 400 == 0));
}

void read_date(struct reader *r, const config_setting_t *s, char **ret)
{
	char quoted[READ_QUOTE_MAX];

	if (is_date(config_setting_get_string(s)))
		read_copy(r, s, ret);
	else
		read_error(r, s, _("%s is not a date; expected YYYY-MM-DD, as \"2027-03-31\""),
			   read_quote(config_setting_get_string(s), quoted));
}

bool read_number(struct reader *r, const config_setting_t *s, long long min, long long max,
		 long long *ret)
{
	long long n = config_setting_type(s) == CONFIG_TYPE_INT64 ? config_setting_get_int64(s)
								  : config_setting_get_int(s);

	if (n < min || n > max) {
		read_error(r, s, _("%lld is out of range; expected %lld to %lld"), n, min, max);
		return false;
	}
	*ret = n;
	return true;
}
