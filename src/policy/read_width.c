/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and names so wide that a restriction by them restricts nothing: a policy in which the
 * internet counts as somebody. */
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/read.h"

/* Public IPv4 addresses that may count as one role although they lie in no zone's networks. Those
 * that enter My Number: the pool of one DaaS. Others: as much as the relays of the largest DaaS. */
#define WIDTH_MYNUMBER 4096ULL
#define WIDTH_ROLE     131072ULL
/* Those that pass between the internet zone and LGWAN, by design a machine or a few; of IPv6 a
 * prefix. */
#define WIDTH_FEW   16
#define PREFIX6_FEW 124
/* Of one cloud service: where names decide as well, and where addresses alone do (the media of a
 * large provider's meetings take a few hundred thousand). */
#define WIDTH_INSPECTED 16777216ULL
#define WIDTH_SERVICE   1048576ULL
/* The networks of a zone: LGWAN is the largest. */
#define WIDTH_ZONE 1048576ULL
/* One IPv6 prefix of a role, and of a service or a zone. */
#define PREFIX6_ROLE    48
#define PREFIX6_SERVICE 32
/* All IPv6 ranges of one of them together, in 64-bit networks: as many as eight such prefixes. */
#define NETWORKS6_ROLE    (8ULL << (64 - PREFIX6_ROLE))
#define NETWORKS6_SERVICE (8ULL << (64 - PREFIX6_SERVICE))

/* Private use: nobody on the internet has them, so that any number of them is harmless.
 * Source: RFC 1918, RFC 6598, RFC 2544 (benchmarks), RFC 4193, RFC 3879 (site-local). */
static const struct addr_range private_ranges[] = {
	{ .family = 4, .first = { 10 }, .last = { 10, 255, 255, 255 } },
	{ .family = 4, .first = { 100, 64 }, .last = { 100, 127, 255, 255 } },
	{ .family = 4, .first = { 172, 16 }, .last = { 172, 31, 255, 255 } },
	{ .family = 4, .first = { 192, 168 }, .last = { 192, 168, 255, 255 } },
	{ .family = 4, .first = { 198, 18 }, .last = { 198, 19, 255, 255 } },
	{ .family = 6, .first = { 0xfc }, .last = { 0xfd, [1 ... 15] = 0xff } },
	{ .family = 6, .first = { 0xfe, 0xc0 }, .last = { 0xfe, [1 ... 15] = 0xff } },
};

/* Nor has the internet these: protocols and experiments use them.
 * Source: IANA's registries of special-purpose addresses; RFC 4291 section 2.4 for what is no
 * global unicast. */
static const struct addr_range special_ranges[] = {
	{ .family = 4, .first = { 192 }, .last = { 192, 0, 0, 255 } },
	{ .family = 4, .first = { 192, 88, 99 }, .last = { 192, 88, 99, 255 } },
	{ .family = 6, .last = { 0x1f, [1 ... 15] = 0xff } },
	{ .family = 6,
	  .first = { 0x20, 0x01, 0, 2 },
	  .last = { 0x20, 0x01, 0, 2, 0, 0, [6 ... 15] = 0xff } },
	{ .family = 6,
	  .first = { 0x20, 0x01, 0, 0x20 },
	  .last = { 0x20, 0x01, 0, 0x2f, [4 ... 15] = 0xff } },
	{ .family = 6, .first = { 0x40 }, .last = { 0xfb, [1 ... 15] = 0xff } },
};

static bool meets(const struct addr_range *a, const struct addr_range *b, struct addr_range *ret)
{
	if (a->family != b->family || memcmp(a->first, b->last, sizeof(a->first)) > 0 ||
	    memcmp(b->first, a->last, sizeof(b->first)) > 0)
		return false;
	*ret = memcmp(a->first, b->first, sizeof(a->first)) < 0 ? *b : *a;
	if (memcmp(a->last, b->last, sizeof(a->last)) < 0)
		memcpy(ret->last, a->last, sizeof(ret->last));
	else
		memcpy(ret->last, b->last, sizeof(ret->last));
	return true;
}

bool read_has_private(const struct addr_list *list, struct addr_range *ret)
{
	for (size_t i = 0; i < list->count; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(private_ranges); j++)
			if (meets(&list->at[i], &private_ranges[j], ret))
				return true;
		for (size_t j = 0; j < ARRAY_SIZE(special_ranges); j++)
			if (meets(&list->at[i], &special_ranges[j], ret))
				return true;
	}
	return false;
}

static uint64_t value4(const uint8_t *b)
{
	return (uint64_t)b[0] << 24 | (uint64_t)b[1] << 16 | (uint64_t)b[2] << 8 | b[3];
}

/* The IPv4 addresses of the list; *ret_bits: of the widest IPv6 range, how many leading bits all of
 * it shares (128 if there is none). */
static uint64_t width_of(const struct addr_list *list, unsigned int *ret_bits)
{
	uint64_t sum = 0;

	*ret_bits = 128;
	for (size_t i = 0; i < list->count; i++) {
		const struct addr_range *range = &list->at[i];
		unsigned int bits = 0;

		if (range->family == 4) {
			sum += value4(range->last) - value4(range->first) + 1;
			continue;
		}
		while (bits < 128 &&
		       !((range->first[bits / 8] ^ range->last[bits / 8]) & (0x80U >> bits % 8)))
			bits++;
		*ret_bits = bits < *ret_bits ? bits : *ret_bits;
	}
	return sum;
}

static uint64_t half_of(const uint8_t b[8])
{
	uint64_t n = 0;

	for (size_t i = 0; i < 8; i++)
		n = n << 8 | b[i];
	return n;
}

static uint64_t add_capped(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* The 64-bit networks that the IPv6 ranges of the list touch, those in which two lie counted twice;
 * UINT64_MAX at most. */
static uint64_t networks6_of(const struct addr_list *list)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].family == 6)
			sum = add_capped(sum, add_capped(half_of(list->at[i].last) -
								 half_of(list->at[i].first),
							 1));
	return sum;
}

/* The IPv6 addresses of the list; UINT64_MAX at most, and if a range passes a 64-bit network. */
static uint64_t addresses6_of(const struct addr_list *list)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct addr_range *range = &list->at[i];

		if (range->family != 6)
			continue;
		if (memcmp(range->first, range->last, 8) != 0)
			return UINT64_MAX;
		sum = add_capped(
			sum, add_capped(half_of(range->last + 8) - half_of(range->first + 8), 1));
	}
	return sum;
}

/* The addresses that are neither private nor in own, which may be NULL. 0 or -ENOMEM. */
static int public_part(const struct addr_list *list, const struct addr_list *own,
		       struct addr_list *ret)
{
	static const struct addr_list nothing = { 0 };
	auto_(addr_list_clear) struct addr_list private = { 0 };
	auto_(addr_list_clear) struct addr_list rest = { 0 };
	/* martians are told of elsewhere */
	int err = policy_martians(&private);

	for (size_t i = 0; !err && i < ARRAY_SIZE(private_ranges); i++)
		err = addr_list_add(&private, &private_ranges[i]);
	addr_list_normalise(&private);
	if (!err)
		err = addr_list_subtract(list, own ? own : &nothing, &rest);
	return err ? err : addr_list_subtract(&rest, &private, ret);
}

static void check_role(struct reader *r, enum role role)
{
	const struct guideline_role *of = guideline_role(role);
	const struct policy_endpoint *endpoint = &r->policy->endpoints[role];
	const struct addr_list *own =
		of->zone == ZONE_NONE ? NULL : &r->policy->zones[of->zone].networks;
	uint64_t max = of->in_cloud && of->zone != ZONE_MYNUMBER ? WIDTH_ROLE : WIDTH_MYNUMBER;
	auto_(addr_list_clear) struct addr_list open = { 0 };
	uint64_t width;
	unsigned int bits;

	if (public_part(&endpoint->addresses, own, &open)) {
		read_no_memory(r);
		return;
	}
	width = width_of(&open, &bits);
	if (width > max)
		errors_add(r->errors, r->role_place[role].file, r->role_place[role].line,
			   _("endpoints.%s: %llu public addresses outside the networks of its zone "
			     "would count as %s (%s), and much of the internet with them; name "
			     "those in use, %llu at most"),
			   of->slug, (unsigned long long)width, of->slug, of->name_ja,
			   (unsigned long long)max);
	if (bits < PREFIX6_ROLE)
		errors_add(r->errors, r->role_place[role].file, r->role_place[role].line,
			   _("endpoints.%s: a /%u of public IPv6 addresses would count as %s (%s), "
			     "and much of the internet with it; name those in use, /%u or longer"),
			   of->slug, bits, of->slug, of->name_ja, PREFIX6_ROLE);
	else if (networks6_of(&open) > NETWORKS6_ROLE)
		errors_add(r->errors, r->role_place[role].file, r->role_place[role].line,
			   _("endpoints.%s: all its public IPv6 addresses together are more than 8 "
			     "times a /%u, and would count as %s (%s), and much of the internet "
			     "with them; name those in use"),
			   of->slug, PREFIX6_ROLE, of->slug, of->name_ja);
}

/* Who calls a whole network the sanitiser lets all of it be reached from the internet zone. */
static void check_few(struct reader *r, enum role role)
{
	const struct guideline_role *of = guideline_role(role);
	const struct addr_list *list = &r->policy->endpoints[role].addresses;
	unsigned int bits;
	uint64_t width = width_of(list, &bits);

	if (width <= WIDTH_FEW && bits >= PREFIX6_FEW && addresses6_of(list) <= WIDTH_FEW)
		return;
	errors_add(r->errors, r->role_place[role].file, r->role_place[role].line,
		   _("endpoints.%s: more than a few machines would count as %s (%s), through which "
		     "the zones internet (%s) and lgwan (%s) exchange files; name those that are "
		     "it, %d addresses at most (of IPv6 a /%d)"),
		   of->slug, of->slug, of->name_ja, guideline_zone(ZONE_INTERNET)->name_ja,
		   guideline_zone(ZONE_LGWAN)->name_ja, WIDTH_FEW, PREFIX6_FEW);
}

/* Who calls half the internet a zone has let it in. */
static void check_zone(struct reader *r, enum zone zone)
{
	const char *slug = guideline_zone(zone)->slug;
	struct read_place at = r->zone_place[zone];
	auto_(addr_list_clear) struct addr_list open = { 0 };
	uint64_t width;
	unsigned int bits;

	if (public_part(&r->policy->zones[zone].networks, NULL, &open)) {
		read_no_memory(r);
		return;
	}
	width = width_of(&open, &bits);
	if (width > WIDTH_ZONE)
		errors_add(r->errors, at.file, at.line,
			   _("zones.%s: %llu public addresses would count as %s (%s), and much of "
			     "the internet with them; name the networks behind its interfaces, "
			     "%llu public addresses at most"),
			   slug, (unsigned long long)width, slug, guideline_zone(zone)->name_ja,
			   WIDTH_ZONE);
	if (bits < PREFIX6_SERVICE)
		errors_add(r->errors, at.file, at.line,
			   _("zones.%s: a /%u of public IPv6 addresses would count as %s (%s), and "
			     "much of the internet with it; name the networks behind its "
			     "interfaces, /%u or longer"),
			   slug, bits, slug, guideline_zone(zone)->name_ja, PREFIX6_SERVICE);
	else if (networks6_of(&open) > NETWORKS6_SERVICE)
		errors_add(r->errors, at.file, at.line,
			   _("zones.%s: all its public IPv6 addresses together are more than 8 "
			     "times a /%u, and would count as %s (%s), and much of the internet "
			     "with them; name the networks behind its interfaces"),
			   slug, PREFIX6_SERVICE, slug, guideline_zone(zone)->name_ja);
}

static bool decided_by_address(const struct policy_service *service)
{
	for (size_t i = 0; i < service->ports.count; i++)
		if (service->ports.at[i].app == APP_NONE)
			return true;
	return false;
}

static void check_service(struct reader *r, const struct policy_service *service)
{
	uint64_t max = decided_by_address(service) ? WIDTH_SERVICE : WIDTH_INSPECTED;
	const char *name = service->name ? service->name : "?";
	unsigned int bits;
	uint64_t width = width_of(&service->addresses, &bits);

	if (width > max)
		errors_add(r->errors, r->path, service->line,
			   _("services.%s: %llu addresses are no restriction of where LGWAN may go "
			     "(接続先制限); name those of the service, %llu at most%s"),
			   name, (unsigned long long)width, (unsigned long long)max,
			   max == WIDTH_SERVICE
				   ? _(", or let names decide on every port (\"tcp/443 tls\")")
				   : "");
	if (bits < PREFIX6_SERVICE)
		errors_add(r->errors, r->path, service->line,
			   _("services.%s: a /%u of IPv6 is no restriction of where LGWAN may go "
			     "(接続先制限); name the prefixes of the service, /%u or longer"),
			   name, bits, PREFIX6_SERVICE);
	else if (networks6_of(&service->addresses) > NETWORKS6_SERVICE)
		errors_add(
			r->errors, r->path, service->line,
			_("services.%s: IPv6 addresses that together are more than 8 times a /%u "
			  "are no restriction of where LGWAN may go (接続先制限); name the "
			  "prefixes of the service"),
			name, PREFIX6_SERVICE);
}

void read_width_check(struct reader *r)
{
	if (r->unsure & READ_UNSURE_ZONES)
		return;
	for (size_t i = 0; i < ZONE_COUNT; i++)
		check_zone(r, (enum zone)i);
	for (size_t i = 0; i < ROLE_COUNT; i++)
		check_role(r, (enum role)i);
	check_few(r, ROLE_MAIL_SANITIZER);
	check_few(r, ROLE_LGWAN_RELAY_SERVER);
	check_few(r, ROLE_INTERNET_RELAY_SERVER);
	for (size_t i = 0; i < r->policy->service_count; i++)
		check_service(r, &r->policy->services[i]);
}
