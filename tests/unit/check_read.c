/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of reading a policy. Sentences for mistakes of the operator are in tests/golden/policy. */
#include "policy/read.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/defs.h"
#include "policy/names.h"

static char folder[32]; /* for files of one test */
static struct policy *policy;
static struct errors errors;

static void make_folder(void)
{
	snprintf(folder, sizeof(folder), "/tmp/check_read.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

/* Leaves nothing behind: each test names the files that it wrote. */
static void drop_folder(void)
{
	static const char *const names[] = { "p.conf", "a.list", "fifo" };

	policy_freep(&policy);
	errors_clear(&errors);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		ck_assert(!unlink(path) || errno == ENOENT);
	}
	ck_assert_int_eq(rmdir(folder), 0);
}

static const char *in_folder(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static const char *in_source(const char *name)
{
	static char path[4096];
	const char *top = getenv("SRCDIR");

	snprintf(path, sizeof(path), "%s/%s", top ? top : ".", name);
	return path;
}

static void write_file(const char *name, const char *text, size_t length)
{
	FILE *f = fopen(in_folder(name), "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, length, f), length);
	ck_assert_int_eq(fclose(f), 0);
}

/* The policy that the golden tests begin with; the caller frees. */
static char *load_good(size_t *ret_length)
{
	char *text = NULL;

	ck_assert_int_eq(read_load(in_source("tests/golden/policy/good.conf"), READ_POLICY_MAX,
				   &text, ret_length),
			 0);
	return text;
}

/* text with the first from replaced by to; the caller frees. */
static char *replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *out;

	ck_assert_ptr_nonnull(at);
	ck_assert_int_gt(asprintf(&out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)),
			 0);
	return out;
}

static int read_text(const char *text, size_t length)
{
	write_file("p.conf", text, length);
	policy_freep(&policy);
	errors_clear(&errors);
	return policy_read(in_folder("p.conf"), &policy, &errors);
}

START_TEST(the_shipped_example_is_read_as_it_is_written)
{
	const struct policy_service *s;

	ck_assert_int_eq(policy_read(in_source("conf/examples/reiji-city.conf"), &policy, &errors),
			 0);
	ck_assert_uint_eq(errors.count, 0);
	ck_assert_str_eq(policy->appliance_name, "lbo-fw-1");
	ck_assert_str_eq(policy->organisation, "例示市");
	ck_assert_uint_eq(policy->firewalls, FIREWALL_BIT(FIREWALL_LBO) |
						     FIREWALL_BIT(FIREWALL_SPLIT) |
						     FIREWALL_BIT(FIREWALL_SEPARATION));
	ck_assert_uint_eq(policy->configurations,
			  1U << CONFIGURATION_ALPHA_PRIME_U | 1U << CONFIGURATION_ROUTE_1);
	for (size_t i = 0; i < ZONE_COUNT; i++)
		ck_assert(policy->zones[i].declared);
	ck_assert_str_eq(policy->zones[ZONE_EXTERNAL].interfaces.at[0], "wan0");
	ck_assert(policy->zones[ZONE_EXTERNAL].has_source_nat4);
	ck_assert(policy->zones[ZONE_EXTERNAL].has_source_nat6);
	ck_assert(policy->zones[ZONE_INTERNET].reaches_internet);
	ck_assert(!policy->zones[ZONE_LGWAN].reaches_internet);
	ck_assert_uint_eq(policy->ports[PORT_GROUP_SCREEN_TRANSFER].count, 2);
	ck_assert_uint_eq(policy->ports[PORT_GROUP_SCREEN_TRANSFER].at[1].l4proto, IPPROTO_UDP);
	ck_assert_uint_eq(policy->ports[PORT_GROUP_SCREEN_TRANSFER].at[1].first, 3478);
	ck_assert_uint_eq(policy->service_count, 3);

	s = &policy->services[0];
	ck_assert_str_eq(s->name, "m365-files");
	ck_assert_int_eq(s->role, ROLE_PERMITTED_CLOUD);
	ck_assert_str_eq(s->ismap.valid_until, "2027-03-31");
	ck_assert_int_eq(s->ports.at[0].app, APP_TLS);
	ck_assert_int_eq(s->ports.at[1].app, APP_QUIC_REFUSED);
	ck_assert_uint_eq(s->tenant_names.count, 2);
	/* two neighbours of the list file are one range */
	ck_assert_uint_eq(s->addresses.count, 2);
	ck_assert(policy->services[1].has_proxy);
	ck_assert_str_eq(policy->services[1].proxy_inserts, "sec-Restrict-Tenant-Access-Policy");
	ck_assert(policy->services[2].exempt);
	ck_assert_str_eq(policy->services[2].names.at[0], "definitionupdates.example");

	ck_assert_uint_eq(policy->management_in.count, 1);
	ck_assert_uint_eq(policy->management_out.count, 2);
	ck_assert_str_eq(policy->management_out.at[1].name, "syslog");
	ck_assert_str_eq(policy->daemon.control_group, "sekisho");
	ck_assert_ptr_nonnull(policy->names);
}
END_TEST

START_TEST(the_shipped_template_is_accepted)
{
	ck_assert_int_eq(policy_read(in_source("conf/sekisho.conf"), &policy, &errors), 0);
	ck_assert_uint_eq(errors.count, 0);
}
END_TEST

START_TEST(what_is_left_out_has_its_default)
{
	static const char name[] = "tests/golden/policy/good-alpha-prime-a.conf";
	const struct policy_daemon *d;

	ck_assert_int_eq(policy_read(in_source(name), &policy, &errors), 0);
	d = &policy->daemon;
	ck_assert_uint_eq(d->queue_first, 0);
	ck_assert_uint_eq(d->queue_count, 1);
	ck_assert_uint_eq(d->queue_length, 4096);
	ck_assert_uint_eq(d->log_group_first, 7);
	ck_assert_uint_eq(d->undecided_max, 16384);
	ck_assert_uint_eq(d->undecided_per_source, 1024);
	ck_assert_uint_eq(d->undecided_buffers, 1024);
	ck_assert_uint_eq(d->undecided_timeout_ms, 10000);
	ck_assert_str_eq(d->user, "sekisho");
	ck_assert_str_eq(d->log_directory, "/var/log/sekisho");
	ck_assert_str_eq(d->control_socket, "/run/sekisho/control.sock");
	ck_assert_ptr_null(d->control_group);
	ck_assert(!policy->endpoints[ROLE_LGWAN_ASP].declared);
	ck_assert_str_eq(policy->source.path, in_source(name));
}
END_TEST

START_TEST(the_hash_is_that_of_the_policy_and_its_lists_in_order)
{
	static const char *const parts[] = { "conf/examples/reiji-city.conf",
					     "conf/examples/reiji-city-m365-files.list",
					     "conf/examples/reiji-city-virus-definitions.list" };
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	unsigned char digest[EVP_MAX_MD_SIZE];
	char hex[POLICY_HASH_TEXT_MAX];

	ck_assert_ptr_nonnull(hash);
	ck_assert_int_eq(EVP_DigestInit_ex(hash, EVP_sha256(), NULL), 1);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		char *text = NULL;
		size_t length;

		ck_assert_int_eq(read_load(in_source(parts[i]), READ_LIST_MAX, &text, &length), 0);
		ck_assert_int_eq(EVP_DigestUpdate(hash, text, length), 1);
		free(text);
	}
	ck_assert_int_eq(EVP_DigestFinal_ex(hash, digest, NULL), 1);
	EVP_MD_CTX_free(hash);
	for (unsigned int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	ck_assert_int_eq(policy_read(in_source(parts[0]), &policy, &errors), 0);
	ck_assert_str_eq(policy->source.hash, hex);
}
END_TEST

START_TEST(what_is_no_policy_file_is_told_and_leaves_result_alone)
{
	struct policy *untouched = (struct policy *)(uintptr_t)&errors;
	FILE *f;

	ck_assert_int_eq(policy_read(in_folder("none.conf"), &untouched, &errors), -ENOENT);
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_int_eq(policy_read(folder, &untouched, &errors), -EINVAL);
	/* nobody writes to it: opening must not wait */
	ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
	ck_assert_int_eq(policy_read(in_folder("fifo"), &untouched, &errors), -EINVAL);
	f = fopen(in_folder("p.conf"), "wb");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(ftruncate(fileno(f), READ_POLICY_MAX + 1), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(policy_read(in_folder("p.conf"), &untouched, &errors), -EFBIG);
	ck_assert_uint_eq(errors.count, 4);
	ck_assert_ptr_eq(untouched, &errors);
}
END_TEST

START_TEST(a_missing_list_file_gives_its_own_reason)
{
	size_t length;
	auto_(free_charp) char *good = load_good(&length);
	auto_(free_charp) char *text = replaced(good, "addresses = [ \"198.51.100.240/28\" ]",
						"addresses_file = \"none.list\"");

	ck_assert_int_eq(read_text(text, strlen(text)), -ENOENT);
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_int_eq(errors.at[0].line, 49);
	ck_assert_ptr_null(policy);
}
END_TEST

START_TEST(mistakes_stand_in_order_of_their_lines)
{
	ck_assert_int_eq(policy_read(in_source("tests/golden/policy/many.conf"), &policy, &errors),
			 -EINVAL);
	ck_assert_uint_ge(errors.count, 8);
	for (size_t i = 1; i < errors.count; i++)
		ck_assert_int_ge(errors.at[i].line, errors.at[i - 1].line);
}
END_TEST

START_TEST(a_cut_policy_is_never_taken_for_another)
{
	size_t length;
	auto_(free_charp) char *good = load_good(&length);
	/* under valgrind, which takes sixty times as long, only some of them */
	const size_t step = getenv("SEKISHO_VALGRIND") ? 23 : 1;
	size_t accepted = 0;

	for (size_t cut = 0; cut < length; cut += step) {
		int err = read_text(good, cut);

		ck_assert(err == 0 || err == -EINVAL);
		ck_assert((err == 0) == (policy != NULL));
		ck_assert((err == 0) == (errors.count == 0));
		accepted += err == 0;
	}
	/* only at the ends of the last groups, which have defaults, and not within */
	ck_assert_uint_le(accepted, 20);
	ck_assert_int_eq(read_text(good, length), 0);
}
END_TEST

/* xorshift: the same sequence everywhere for a seed */
static unsigned int random_below(unsigned long long *state, size_t limit)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (unsigned int)(*state % limit);
}

START_TEST(a_damaged_policy_is_refused_or_complete)
{
	static const char bytes[] = "\"\\{}()[];:=,#/*@-0 x1\n\x80";
	size_t length;
	auto_(free_charp) char *good = load_good(&length);
	auto_(free_charp) char *text = malloc(length);
	unsigned long long seed = (unsigned long long)time(NULL), state = seed * 2 + 1;

	const unsigned int rounds = getenv("SEKISHO_VALGRIND") ? 100 : 2000;

	ck_assert_ptr_nonnull(text);
	for (unsigned int round = 0; round < rounds; round++) {
		int err;

		memcpy(text, good, length);
		for (unsigned int n = 1 + random_below(&state, 3); n; n--)
			text[random_below(&state, length)] =
				bytes[random_below(&state, sizeof(bytes) - 1)];
		err = read_text(text, length);
		ck_assert_msg(err == 0 || err == -EINVAL || err == -ENOENT, "seed %llu round %u",
			      seed, round);
		ck_assert_msg((err == 0) == (errors.count == 0), "seed %llu round %u", seed, round);
	}
}
END_TEST

/* good with a.list for the addresses (or names) of a service. */
static int read_with_list(const char *from, const char *to)
{
	size_t length;
	auto_(free_charp) char *good = load_good(&length);
	auto_(free_charp) char *text = replaced(good, from, to);

	return read_text(text, strlen(text));
}

static void write_list(unsigned int entries, bool names)
{
	FILE *f = fopen(in_folder("a.list"), "wb");

	ck_assert_ptr_nonnull(f);
	for (unsigned int i = 0; i < entries; i++)
		ck_assert_int_gt(
			names ? fprintf(f, "h%u.example.com\n", i)
			      : fprintf(f, "2001:db8:c10d::%x:%x\n", i >> 15, (i & 0x7fff) * 2),
			0);
	ck_assert_int_eq(fclose(f), 0);
}

/* A quarter of a second; with the square of the entries the test would be out of time. */
START_TEST(lists_of_a_hundred_thousand_entries_are_read_soon)
{
	write_list(100000, false);
	ck_assert_int_eq(read_with_list("addresses = [ \"198.51.100.240/28\" ]",
					"addresses_file = \"a.list\""),
			 0);
	ck_assert_uint_eq(policy->services[2].addresses.count, 100000);
	write_list(100000, true);
	ck_assert_int_eq(read_with_list("names = [ \"definitions.example.net\" ]",
					"names_file = \"a.list\""),
			 0);
	ck_assert_uint_eq(policy->services[2].names.count, 100000);
}
END_TEST

START_TEST(lists_have_an_upper_bound)
{
	write_list(READ_ENTRIES_MAX + 1, false);
	ck_assert_int_eq(read_with_list("addresses = [ \"198.51.100.240/28\" ]",
					"addresses_file = \"a.list\""),
			 -EINVAL);
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_int_eq(errors.at[0].line, READ_ENTRIES_MAX + 1);
}
END_TEST

START_TEST(mistakes_beyond_the_bound_are_cut_and_still_refuse)
{
	FILE *f = fopen(in_folder("a.list"), "wb");

	ck_assert_ptr_nonnull(f);
	for (unsigned int i = 0; i < 3 * ERRORS_MAX; i++)
		ck_assert_int_gt(fprintf(f, "192.168.10.%u\n", i % 256), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(read_with_list("addresses = [ \"198.51.100.240/28\" ]",
					"addresses_file = \"a.list\""),
			 -EINVAL);
	ck_assert_uint_eq(errors.count, ERRORS_MAX);
	ck_assert(errors.truncated);
}
END_TEST

START_TEST(quotes_are_shortened_and_show_no_control_characters)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "\"\"" },
		{ "a b", "\"a b\"" },
		{ "関所", "\"関所\"" },
		{ "\x1b[2J", "\"\\x1b[2J\"" },
		{ "\n\x7f", "\"\\x0a\\x7f\"" },
		/* C1 control, overlong, surrogate, beyond Unicode, cut */
		{ "\xc2\x9b", "\"\\xc2\\x9b\"" },
		{ "\xc0\xaf", "\"\\xc0\\xaf\"" },
		{ "\xed\xa0\x80", "\"\\xed\\xa0\\x80\"" },
		{ "\xf4\x90\x80\x80", "\"\\xf4\\x90\\x80\\x80\"" },
		{ "\xe9\x96", "\"\\xe9\\x96\"" },
	};
	char out[READ_QUOTE_MAX], text[1000];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ck_assert_str_eq(read_quote(cases[i].in, out), cases[i].out);
		ck_assert(i < 3 || !read_is_text(cases[i].in));
	}
	memset(text, 1, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	read_quote(text, out);
	ck_assert_uint_lt(strlen(out), READ_QUOTE_MAX);
	ck_assert_str_eq(out + strlen(out) - 4, "...\"");
}
END_TEST

static const char *word(size_t i)
{
	static const char *const words[] = { "zones", NULL, "endpoints", "ports" };

	return words[i];
}

START_TEST(the_nearest_word_is_found_or_none)
{
	auto_(free_charp) char *words = read_words(word, 4);

	ck_assert_str_eq(words, "zones, endpoints, ports");
	ck_assert_str_eq(read_nearest("zone", word, 4), "zones");
	ck_assert_str_eq(read_nearest("end-points", word, 4), "endpoints");
	ck_assert_str_eq(read_nearest("prots", word, 4), "ports");
	ck_assert_ptr_null(read_nearest("colour", word, 4));
	ck_assert_ptr_null(read_nearest(
		"a-word-that-is-longer-than-any-that-a-policy-could-have-at-any-place", word, 4));
}
END_TEST

START_TEST(letters_that_are_not_shown_are_known)
{
	ck_assert_uint_eq(read_hidden_letter("\xc2\x80"), 0x80);
	ck_assert_uint_eq(read_hidden_letter("\xc2\x9f"), 0x9f);
	ck_assert_uint_eq(read_hidden_letter("\xe2\x80\xa8"), 0x2028);
	ck_assert_uint_eq(read_hidden_letter("\xef\xbb\xbf"), 0xfeff);
	ck_assert_uint_eq(read_hidden_letter("\xf3\xa0\x81\xbf"), 0xe007f);
	ck_assert_uint_eq(read_hidden_letter("\x1b"), 0x1b);
	/* variation selectors belong to names of places and people */
	ck_assert_uint_eq(read_hidden_letter("\xf3\xa0\x84\x80"), 0);
	ck_assert_uint_eq(read_hidden_letter("\xc2\xa1"), 0);
	ck_assert_uint_eq(read_hidden_letter("\xe2\x80\x90"), 0);
	ck_assert_uint_eq(read_hidden_letter("\t"), 0);
	ck_assert_uint_eq(read_hidden_letter(""), 0);
	ck_assert_uint_eq(read_hidden_letter("\xe2\x80"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("read");
	TCase *tc = tcase_create("read"), *large = tcase_create("large");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, make_folder, drop_folder);
	tcase_add_test(tc, letters_that_are_not_shown_are_known);
	tcase_add_test(tc, the_shipped_example_is_read_as_it_is_written);
	tcase_add_test(tc, the_shipped_template_is_accepted);
	tcase_add_test(tc, what_is_left_out_has_its_default);
	tcase_add_test(tc, the_hash_is_that_of_the_policy_and_its_lists_in_order);
	tcase_add_test(tc, what_is_no_policy_file_is_told_and_leaves_result_alone);
	tcase_add_test(tc, a_missing_list_file_gives_its_own_reason);
	tcase_add_test(tc, mistakes_stand_in_order_of_their_lines);
	tcase_add_test(tc, quotes_are_shortened_and_show_no_control_characters);
	tcase_add_test(tc, the_nearest_word_is_found_or_none);
	tcase_add_checked_fixture(large, make_folder, drop_folder);
	tcase_set_timeout(large, 120);
	tcase_add_test(large, a_cut_policy_is_never_taken_for_another);
	tcase_add_test(large, a_damaged_policy_is_refused_or_complete);
	if (!getenv("SEKISHO_VALGRIND")) { /* a minute and more there, and of no other code */
		tcase_add_test(large, lists_of_a_hundred_thousand_entries_are_read_soon);
		tcase_add_test(large, lists_have_an_upper_bound);
	}
	tcase_add_test(large, mistakes_beyond_the_bound_are_cut_and_still_refuse);
	suite_add_tcase(suite, tc);
	suite_add_tcase(suite, large);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
