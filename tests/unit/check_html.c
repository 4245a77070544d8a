/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of report/html.c: hostile text stays text. */
#include "report/html.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"

/* What writing text gives; the caller frees. */
static char *escaped(const char *text)
{
	char *out = NULL;
	size_t len;
	struct html html = { .to = open_memstream(&out, &len) };

	ck_assert_ptr_nonnull(html.to);
	html_text(&html, text);
	(void)fclose(html.to);
	return out;
}

static char *css(const char *text)
{
	char *out = NULL;
	size_t len;
	struct html html = { .to = open_memstream(&out, &len) };

	ck_assert_ptr_nonnull(html.to);
	html_css_string(&html, text);
	(void)fclose(html.to);
	return out;
}

static void is_escaped(const char *text, const char *wanted)
{
	auto_(free_charp) char *out = escaped(text);

	ck_assert_str_eq(out, wanted);
}

START_TEST(markup_in_text_is_no_markup)
{
	is_escaped("<script>alert('x')</script>",
		   "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
	is_escaped("\" onload=\"x", "&quot; onload=&quot;x");
	is_escaped("&amp; &#60;", "&amp;amp; &amp;#60;");
	is_escaped("", "");
	is_escaped("例示市", "例示市");
	is_escaped("a\tb\nc", "a\tb\nc");
}
END_TEST

START_TEST(what_is_no_utf_8_becomes_replacement_characters)
{
	is_escaped("a\xffz", "a\xef\xbf\xbdz");
	is_escaped("\x80", "\xef\xbf\xbd");
	is_escaped("\xe4\xbe", "\xef\xbf\xbd");         /* cut */
	is_escaped("\xc0\xbc", "\xef\xbf\xbd");         /* "<" in two bytes */
	is_escaped("\xe0\x80\xbc", "\xef\xbf\xbd");     /* in three */
	is_escaped("\xed\xa0\x80", "\xef\xbf\xbd");     /* a surrogate */
	is_escaped("\xf4\x90\x80\x80", "\xef\xbf\xbd"); /* past the last */
	is_escaped("\xe4<", "\xef\xbf\xbd&lt;");        /* the cut one does not swallow it */
	is_escaped("\xf0\x9f\x8f\xaf", "\xf0\x9f\x8f\xaf");
}
END_TEST

START_TEST(characters_that_are_not_shown_but_change_what_is_are_replaced)
{
	is_escaped("a\x01z\x7f", "a\xef\xbf\xbdz\xef\xbf\xbd");
	is_escaped("\xc2\x85", "\xef\xbf\xbd");
	is_escaped("\xe2\x80\xae", "\xef\xbf\xbd"); /* right-to-left override */
	is_escaped("\xe2\x81\xa6", "\xef\xbf\xbd"); /* isolate */
}
END_TEST

START_TEST(attributes_are_escaped_and_elements_close_in_order)
{
	auto_(free_charp) char *out = NULL;
	size_t len;
	struct html html = { .to = open_memstream(&out, &len) };

	ck_assert_ptr_nonnull(html.to);
	html_open(&html, "p", "class", "a\"><b", "id", "x");
	html_open(&html, "span");
	html_printf(&html, "%s %d", "<", 7);
	html_close(&html);
	html_element(&html, "em", NULL, "&");
	html_element(&html, "em", "c", NULL);
	html_close(&html);
	(void)fclose(html.to);
	ck_assert_str_eq(out, "<p class=\"a&quot;&gt;&lt;b\" id=\"x\"><span>&lt; 7</span>"
			      "<em>&amp;</em><em class=\"c\"></em></p>");
}
END_TEST

START_TEST(css_strings_cannot_be_left)
{
	auto_(free_charp) char *plain = css("例示市 1");
	auto_(free_charp) char *hostile = css("\"}</style><script>\\\n");

	ck_assert_str_eq(plain, "\"例示市\\0000201\"");
	ck_assert_ptr_null(strchr(hostile, '<'));
	ck_assert_ptr_null(strchr(hostile, '}'));
	ck_assert_ptr_null(strchr(hostile, '\n'));
	ck_assert_ptr_eq(strchr(hostile + 1, '"'), hostile + strlen(hostile) - 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("html");
	TCase *tcase = tcase_create("html");

	tcase_add_test(tcase, markup_in_text_is_no_markup);
	tcase_add_test(tcase, what_is_no_utf_8_becomes_replacement_characters);
	tcase_add_test(tcase, characters_that_are_not_shown_but_change_what_is_are_replaced);
	tcase_add_test(tcase, attributes_are_escaped_and_elements_close_in_order);
	tcase_add_test(tcase, css_strings_cannot_be_left);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
