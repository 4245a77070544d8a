/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cloud services of a policy. */
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/names.h"
#include "policy/read.h"

#define SERVICES_MAX 4096 /* each name is compared with all others */

/* A host name as it stands in the policy, to tell where its double stands. */
struct seen_name {
	const char *name; /* borrowed from the service */
	struct read_item item;
};

struct service_reading {
	struct policy_service *service;
	uint32_t index;
	struct policy_strings *names; /* where the next host name goes */
	struct seen_name *seen;
	size_t seen_count, seen_room;
};

/* ---- role, ismap, exempt, via */

static const char *service_role_name(size_t i)
{
	const struct guideline_role *role = guideline_role((enum role)i);

	return role->is_service ? role->slug : NULL;
}

static void service_name_key(struct reader *r, config_setting_t *s, void *into)
{
	struct service_reading *reading = into;
	struct policy_service *service = reading->service;

	read_slug(r, s, &service->name);
	for (uint32_t i = 0; service->name && i < reading->index; i++) {
		const struct policy_service *other = &r->policy->services[i];

		if (other->name && !strcmp(other->name, service->name))
			read_error(r, s, _("there is a service of this name in line %d already"),
				   other->line);
	}
}

static void service_role(struct reader *r, config_setting_t *s, void *into)
{
	struct service_reading *reading = into;
	struct read_item item = read_item_of(r, s);
	int role = guideline_role_of(item.text);

	if (role >= 0 && guideline_role((enum role)role)->is_service)
		reading->service->role = (enum role)role;
	else if (role >= 0)
		read_item_error(r, &item,
				_("\"%s\" (%s) is no role of cloud services; declare it in "
				  "endpoints"),
				item.text, guideline_role((enum role)role)->name_ja);
	else
		read_word_error(r, &item, _("a role of cloud services"), service_role_name,
				ROLE_COUNT);
}

static void service_ismap(struct reader *r, config_setting_t *s, void *into)
{
	struct service_reading *reading = into;

	read_ismap(r, s, &reading->service->ismap);
}

static void service_exempt(struct reader *r, config_setting_t *s, void *into)
{
	struct service_reading *reading = into;

	read_exempt(r, s, reading->service);
}

static void service_use(struct reader *r, config_setting_t *s, void *into)
{
	struct service_reading *reading = into;

	read_use(r, s, reading->service);
}

static void service_review(struct reader *r, config_setting_t *s, void *into)
{
	struct service_reading *reading = into;

	read_review(r, s, reading->service);
}

static void service_tenant_measure(struct reader *r, config_setting_t *s, void *into)
{
	struct service_reading *reading = into;

	read_people_text(r, s, &reading->service->tenant_measure);
}

static void via_proxy(struct reader *r, config_setting_t *s, void *into)
{
	struct service_reading *reading = into;
	const char *text = config_setting_get_string(s);
	struct addr_range range;
	char quoted[READ_QUOTE_MAX];
	struct addr a;

	if (addr_parse(text, &a)) {
		read_error(r, s, _("%s is not one address, as \"192.0.2.10\""),
			   read_quote(text, quoted));
		return;
	}
	reading->service->has_proxy = true;
	reading->service->proxy = a;
	range.family = a.family;
	memcpy(range.first, a.b, sizeof(a.b));
	memcpy(range.last, a.b, sizeof(a.b));
	read_note_range(r, &range, READ_PROXY, reading->index, read_place_of(r, s));
}

/* The name of an HTTP field. Source: RFC 9110 section 5.6.2. */
static void via_inserts(struct reader *r, config_setting_t *s, void *into)
{
	static const char field_characters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789!#$%&'*+-.^_`|~";
	struct service_reading *reading = into;
	const char *text = config_setting_get_string(s);
	char quoted[READ_QUOTE_MAX];

	if (!*text || text[strspn(text, field_characters)] || strlen(text) > READ_TEXT_MAX)
		read_error(r, s, _("%s is not the name of an HTTP header field"),
			   read_quote(text, quoted));
	else
		read_copy(r, s, &reading->service->proxy_inserts);
}

static const struct read_key via_keys[] = {
	{ "proxy", READ_TEXT, true, via_proxy },
	{ "inserts", READ_TEXT, false, via_inserts },
};

static void service_via(struct reader *r, config_setting_t *s, void *into)
{
	read_group(r, s, via_keys, ARRAY_SIZE(via_keys), into);
}

/* ---- addresses and ports */

static struct read_target addresses_of(struct service_reading *reading)
{
	return (struct read_target){ READ_SERVICE, reading->index, &reading->service->addresses };
}

static void service_addresses(struct reader *r, config_setting_t *s, void *into)
{
	struct read_target target = addresses_of(into);

	read_strings(r, s, read_range_item, &target);
}

static void service_addresses_file(struct reader *r, config_setting_t *s, void *into)
{
	struct read_target target = addresses_of(into);

	read_list_file(r, s, read_range_item, &target);
}

static void service_ports(struct reader *r, config_setting_t *s, void *into)
{
	struct service_reading *reading = into;

	read_strings(r, s, read_service_port_item, &reading->service->ports);
	read_port_span(r, s, &reading->service->ports);
}

/* ---- quic, ech */

/* One of two words: whether it was the second. */
static void read_choice(struct reader *r, config_setting_t *s, const char *const words[2],
			bool *ret_second)
{
	const char *text = config_setting_get_string(s);
	char quoted[READ_QUOTE_MAX];

	if (!strcmp(text, words[0]) || !strcmp(text, words[1]))
		*ret_second = !strcmp(text, words[1]);
	else
		read_error(r, s, _("%s is neither \"%s\" nor \"%s\""), read_quote(text, quoted),
			   words[0], words[1]);
}

static void service_quic(struct reader *r, config_setting_t *s, void *into)
{
	static const char *const words[2] = { "refuse", "inspect" };
	struct service_reading *reading = into;

	read_choice(r, s, words, &reading->service->inspects_quic);
}

static void service_ech(struct reader *r, config_setting_t *s, void *into)
{
	static const char *const words[2] = { "outer-name", "refuse" };
	struct service_reading *reading = into;

	read_choice(r, s, words, &reading->service->refuses_ech);
}

/* Ports for QUIC are refused unless the service says otherwise. */
static void settle_quic(struct reader *r, const config_setting_t *group,
			struct policy_service *service)
{
	bool has_quic = false;

	for (size_t i = 0; i < service->ports.count; i++) {
		struct policy_port *port = &service->ports.at[i];

		has_quic |= port->app == APP_QUIC;
		if (port->app == APP_QUIC && !service->inspects_quic)
			port->app = APP_QUIC_REFUSED;
	}
	/* a port that could not be read may have been the one */
	if (service->inspects_quic && !has_quic && service->ports.count)
		read_error(r, group,
			   _("quic = \"inspect\", but no port is for QUIC; expected one like "
			     "\"udp/443 quic\" in ports"));
}

/* ---- host names */

static void note_name(struct reader *r, struct service_reading *reading,
		      const struct read_item *item, const char *name)
{
	if (reading->seen_count == reading->seen_room) {
		size_t room = reading->seen_room ? reading->seen_room * 2 : 64;
		struct seen_name *grown = realloc(reading->seen, room * sizeof(*grown));

		if (!grown) {
			read_no_memory(r);
			return;
		}
		reading->seen = grown;
		reading->seen_room = room;
	}
	reading->seen[reading->seen_count++] = (struct seen_name){ .name = name, .item = *item };
}

static void name_item(struct reader *r, const struct read_item *item, void *into)
{
	struct service_reading *reading = into;
	char name[NAMES_MAX + 1], quoted[READ_QUOTE_MAX];
	enum names_fault fault = names_normalise(item->text, strlen(item->text), true, name);

	if (fault != NAMES_OK)
		read_item_error(r, item, _("%s is not a host name. %s"),
				read_quote(item->text, quoted), _(names_fault_text(fault)));
	else if (read_append(r, reading->names, name))
		note_name(r, reading, item, reading->names->at[reading->names->count - 1]);
}

static void read_names(struct reader *r, const config_setting_t *s, struct service_reading *reading,
		       struct policy_strings *names)
{
	reading->names = names;
	if (config_setting_type(s) == CONFIG_TYPE_STRING)
		read_list_file(r, s, name_item, reading);
	else
		read_strings(r, s, name_item, reading);
}

static void service_tenant_names(struct reader *r, config_setting_t *s, void *into)
{
	struct service_reading *reading = into;

	read_names(r, s, reading, &reading->service->tenant_names);
}

static void service_shared_names(struct reader *r, config_setting_t *s, void *into)
{
	struct service_reading *reading = into;

	read_names(r, s, reading, &reading->service->shared_names);
}

static void service_names(struct reader *r, config_setting_t *s, void *into)
{
	struct service_reading *reading = into;

	read_names(r, s, reading, &reading->service->names);
}

static int compare_names(const void *a, const void *b)
{
	const struct seen_name *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void find_doubles(struct reader *r, struct service_reading *reading)
{
	if (reading->seen_count)
		qsort(reading->seen, reading->seen_count, sizeof(*reading->seen), compare_names);
	for (size_t i = 1; i < reading->seen_count; i++) {
		const struct seen_name *a = &reading->seen[i - 1], *b = &reading->seen[i];

		if (strcmp(a->name, b->name) != 0)
			continue;
		if (!strcmp(a->item.place.file, b->item.place.file) &&
		    a->item.place.line > b->item.place.line) {
			const struct seen_name *later = a;

			a = b;
			b = later;
		}
		read_item_error(r, &b->item, _("\"%s\" is there twice (%s:%d)"), b->name,
				a->item.place.file, a->item.place.line);
	}
}

/* ---- a service as a whole */

static const struct read_key service_keys[] = {
	{ "name", READ_TEXT, true, service_name_key },
	{ "role", READ_TEXT, true, service_role },
	{ "ismap", READ_GROUP, false, service_ismap },
	{ "exempt", READ_GROUP, false, service_exempt },
	{ "addresses", READ_STRINGS, false, service_addresses },
	{ "addresses_file", READ_TEXT, false, service_addresses_file },
	{ "ports", READ_STRINGS, true, service_ports },
	{ "tenant_names", READ_STRINGS, false, service_tenant_names },
	{ "tenant_names_file", READ_TEXT, false, service_tenant_names },
	{ "shared_names", READ_STRINGS, false, service_shared_names },
	{ "shared_names_file", READ_TEXT, false, service_shared_names },
	{ "names", READ_STRINGS, false, service_names },
	{ "names_file", READ_TEXT, false, service_names },
	{ "via", READ_GROUP, false, service_via },
	{ "quic", READ_TEXT, false, service_quic },
	{ "ech", READ_TEXT, false, service_ech },
	{ "use", READ_TEXT, false, service_use },
	{ "review", READ_GROUP, false, service_review },
	{ "tenant_measure", READ_TEXT, false, service_tenant_measure },
};

static bool has_any(const config_setting_t *group, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (config_setting_get_member(group, keys[i]))
			return true;
	return false;
}

/* The guideline's conditions on the service itself. */
static void check_registration(struct reader *r, const config_setting_t *group,
			       const struct policy_service *s)
{
	bool ismap = config_setting_get_member(group, "ismap");

	if (!ismap && !s->exempt)
		read_error(r, group,
			   _("\"ismap\" is missing; the guideline: "
			     "本モデルにおいて利用可能なクラウドサービスは、ISMAP管理基準を満たし、"
			     "ISMAPクラウドサービスリストに登録されているサービスとする。 (only "
			     "services "
			     "on the ISMAP list; security updates may be \"exempt\")"));
	if (!s->exempt)
		return;
	if (ismap)
		read_error(r, group,
			   _("\"exempt\" is for services that are not on the ISMAP list; "
			     "leave it out, or \"ismap\""));
	if (s->role != ROLE_COUNT && s->role != ROLE_SECURITY_UPDATE_SERVICE)
		read_error(r, group,
			   _("only the role security-update-service (%s) can be exempt from ISMAP"),
			   guideline_role(ROLE_SECURITY_UPDATE_SERVICE)->name_ja);
	if (!s->exempt_no_documents || !s->exempt_certificate_checked)
		read_error(r, group,
			   _("the exemption needs both no_documents = true "
			     "(行政文書や行政文書に相当する情報を扱わないこと) and "
			     "certificate_checked = true "
			     "(信頼できる機関が発行した証明書を用いた認証の実施)"));
	for (size_t i = 0; i < s->ports.count; i++)
		if (s->ports.at[i].app == APP_NONE || s->ports.at[i].app == APP_HTTP)
			read_error(
				r, group,
				_("the exemption needs destinations limited by name and shown by "
				  "certificate, so every port must be \"tls\" (or \"quic\"); %s/%u "
				  "is not"),
				s->ports.at[i].l4proto == 6 ? "tcp" : "udp", s->ports.at[i].first);
}

static void check_inspection(struct reader *r, const config_setting_t *group,
			     const struct policy_service *s)
{
	static const char *const keys[] = { "tenant_names", "tenant_names_file",
					    "shared_names", "shared_names_file",
					    "names",        "names_file" };
	bool names = has_any(group, keys, ARRAY_SIZE(keys)), inspected = false;

	for (size_t i = 0; i < s->ports.count; i++)
		inspected |= s->ports.at[i].app == APP_TLS || s->ports.at[i].app == APP_HTTP ||
			     s->ports.at[i].app == APP_QUIC;
	if (inspected && !names)
		read_error(r, group,
			   _("its ports are inspected, but no host name is given: nobody could "
			     "pass; expected tenant_names, shared_names or names"));
	/* a port that could not be read may have been the one */
	if (names && !inspected && s->ports.count)
		read_error(r, group,
			   _("host names are given, but no port is inspected; expected one like "
			     "\"tcp/443 tls\" or \"tcp/80 http\" in ports"));
}

static void read_service(struct reader *r, config_setting_t *group, struct policy_service *service,
			 uint32_t index)
{
	static const char *const addresses[] = { "addresses", "addresses_file" };
	struct service_reading reading = { .service = service, .index = index };

	service->line = read_line(group);
	service->role = ROLE_COUNT;
	read_group(r, group, service_keys, ARRAY_SIZE(service_keys), &reading);
	if (!has_any(group, addresses, ARRAY_SIZE(addresses)))
		read_error(r, group, _("\"addresses\" or \"addresses_file\" is missing"));
	if (service->role == ROLE_COUNT)
		r->unsure |= READ_UNSURE_SERVICES;
	settle_quic(r, group, service);
	check_registration(r, group, service);
	check_inspection(r, group, service);
	find_doubles(r, &reading);
	free(reading.seen);
}

void read_services(struct reader *r, config_setting_t *s, void *into)
{
	int length = config_setting_length(s);

	(void)into;
	r->services_place = read_place_of(r, s);
	if (length > SERVICES_MAX) {
		read_error(r, s, _("more than %d services"), SERVICES_MAX);
		return;
	}
	r->policy->services = calloc((size_t)length, sizeof(*r->policy->services));
	if (!r->policy->services) {
		read_no_memory(r);
		return;
	}
	for (unsigned int i = 0; i < (unsigned int)length; i++) {
		config_setting_t *group = config_setting_get_elem(s, i);
		size_t index = r->policy->service_count;

		if (config_setting_is_group(group))
			read_service(r, group, &r->policy->services[r->policy->service_count++],
				     (uint32_t)index);
	}
}
