/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configurations that a site cannot be in at once, and those whose union it must declare. */
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/forbidden.h"
#include "policy/read.h"

#define ALL_CASES                                                                                  \
	(CONFIGURATION_BIT(CONFIGURATION_ALPHA_PRIME_A) |                                          \
	 CONFIGURATION_BIT(CONFIGURATION_ALPHA_PRIME_I) |                                          \
	 CONFIGURATION_BIT(CONFIGURATION_ALPHA_PRIME_U))
#define DIFFERENT_CSP                                                                              \
	(CONFIGURATION_BIT(CONFIGURATION_ROUTE_1) | CONFIGURATION_BIT(CONFIGURATION_ROUTE_1P) |    \
	 CONFIGURATION_BIT(CONFIGURATION_ROUTE_3) | CONFIGURATION_BIT(CONFIGURATION_ROUTE_3P))
#define SAME_CSP                                                                                   \
	(CONFIGURATION_BIT(CONFIGURATION_ROUTE_2) | CONFIGURATION_BIT(CONFIGURATION_ROUTE_2P) |    \
	 CONFIGURATION_BIT(CONFIGURATION_ROUTE_4) | CONFIGURATION_BIT(CONFIGURATION_ROUTE_4P))

#define SCREEN_TRANSFER                                                                            \
	"マイナンバー利用事務系に係る画面転送の方式について（総務省、令和7年3月28日）"
#define INTERIM_REPORT                                                                                                                        \
	"令和5年度 地方公共団体における情報セキュリティポリシーに関するガイドラインの改定等に係る" \
	"検討会における中間報告（総務省、令和6年3月25日）"

/* One of a and one of b are not in use at once. */
struct contradiction {
	uint32_t a, b;
	const char *why;     /* msgid */
	const char *text_ja; /* the guideline's wording */
	const char *source;
};

#define REMAINING N_("either terminals remain in the internet zone, or none do")
#define BREAKOUT                                                                                   \
	N_("the one is with a breakout line from the LGWAN zone, the other without; with one it "  \
	   "is the variant with the prime")

static const struct contradiction contradictions[] = {
	{ CONFIGURATION_BIT(CONFIGURATION_ROUTE_1), CONFIGURATION_BIT(CONFIGURATION_ROUTE_1P),
	  REMAINING, "インターネット接続系に端末が残る場合を(1)'とする", SCREEN_TRANSFER " P15" },
	{ CONFIGURATION_BIT(CONFIGURATION_ROUTE_2), CONFIGURATION_BIT(CONFIGURATION_ROUTE_2P),
	  REMAINING, "インターネット接続系に端末が残る場合を(2)'とする", SCREEN_TRANSFER " P15" },
	{ CONFIGURATION_BIT(CONFIGURATION_ROUTE_5), CONFIGURATION_BIT(CONFIGURATION_ROUTE_5P),
	  REMAINING, "インターネット接続系に端末が残る場合を(5)'とする", SCREEN_TRANSFER " P15" },
	{ CONFIGURATION_BIT(CONFIGURATION_ROUTE_7), CONFIGURATION_BIT(CONFIGURATION_ROUTE_7P),
	  REMAINING, "インターネット接続系に端末が残る場合を(7)'とする", SCREEN_TRANSFER " P15" },
	{ CONFIGURATION_BIT(CONFIGURATION_ROUTE_3),
	  CONFIGURATION_BIT(CONFIGURATION_ROUTE_3P) | ALL_CASES, BREAKOUT,
	  "ガバメントクラウドと画面転送のDaaSが異なるCSPである場合において、 "
	  "LGWAN接続系からインターネットへブレイクアウト回線が存在する",
	  SCREEN_TRANSFER " P15" },
	{ CONFIGURATION_BIT(CONFIGURATION_ROUTE_4),
	  CONFIGURATION_BIT(CONFIGURATION_ROUTE_4P) | ALL_CASES, BREAKOUT,
	  "ガバメントクラウドと画面転送のDaaSが同一CSPである場合において、 "
	  "LGWAN接続系からインターネットへブレイクアウト回線が存在する",
	  SCREEN_TRANSFER " P15" },
	{ DIFFERENT_CSP, SAME_CSP,
	  N_("the DaaS and the Government Cloud are either at one provider or at two"),
	  "ガバメントクラウドと画面転送のDaaSが異なるCSPである場合 ／ 同一CSPである場合",
	  SCREEN_TRANSFER " P15" },
	{ CONFIGURATION_BIT(CONFIGURATION_ALPHA_PRIME_A),
	  CONFIGURATION_BIT(CONFIGURATION_ALPHA_PRIME_I) |
		  CONFIGURATION_BIT(CONFIGURATION_ALPHA_PRIME_U),
	  N_("case ア is without a tenant and without communication tools, which the other is "
	     "about"),
	  "各団体専用領域（テナント）を保有しない／Web会議システム、メールなどのアプリケーション"
	  "を利用しない",
	  INTERIM_REPORT " （ア）" },
	{ CONFIGURATION_BIT(CONFIGURATION_ALPHA_PRIME_I),
	  CONFIGURATION_BIT(CONFIGURATION_ALPHA_PRIME_U),
	  N_("in case イ files are not taken in, in case ウ they are; a site that does needs the "
	     "measures of ウ"),
	  "ファイルはクラウドサービス上での共有、編集を可能とし、PCにはダウンロードさせない設定"
	  "が可能",
	  INTERIM_REPORT " （イ）前提条件(2)" },
};

/* The first configuration in use of the set. */
static enum configuration first_of(uint32_t configurations)
{
	return (enum configuration)__builtin_ctz(configurations);
}

static void tell_pair(struct reader *r, enum configuration a, enum configuration b, const char *why,
		      const char *text_ja, const char *source)
{
	struct read_place at = r->configurations_place;

	r->unsure |= READ_UNSURE_COMBINATION;
	errors_add(r->errors, at.file, at.line,
		   _("configurations: %s (%s) and %s (%s) cannot be in use together: %s. The "
		     "guideline: %s (%s)"),
		   guideline_configuration_slug(a), guideline_configuration_label_ja(a),
		   guideline_configuration_slug(b), guideline_configuration_label_ja(b), why,
		   text_ja, source);
}

/* told: for each configuration those that a mistake tells of together with it. */
static void check_contradictions(struct reader *r, uint32_t told[CONFIGURATION_COUNT])
{
	for (size_t i = 0; i < ARRAY_SIZE(contradictions); i++) {
		const struct contradiction *c = &contradictions[i];
		uint32_t a = c->a & r->policy->configurations;
		uint32_t b = c->b & r->policy->configurations;

		if (!a || !b)
			continue;
		tell_pair(r, first_of(a), first_of(b), _(c->why), c->text_ja,
			  guideline_source_text(c->source));
		for (size_t j = 0; j < CONFIGURATION_COUNT; j++)
			told[j] |= (a >> j & 1U ? b : 0) | (b >> j & 1U ? a : 0);
	}
}

/* One text permits what the other forbids. */
static void check_texts(struct reader *r, uint32_t told[CONFIGURATION_COUNT],
			const struct guideline_forbidden *forbidden)
{
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);
	uint32_t in_use = forbidden->configurations & r->policy->configurations;

	if (!in_use || forbidden_is_destination_restriction(forbidden))
		return;
	for (size_t i = 0; i < count; i++) {
		enum configuration of = flows[i].configuration, by;
		auto_(free_charp) char *why = NULL;

		if (!(r->policy->configurations & CONFIGURATION_BIT(of)) || flows[i].implied ||
		    !guideline_forbids(forbidden, &flows[i]) || !(in_use & ~told[of]))
			continue;
		by = first_of(in_use & ~told[of]);
		told[of] |= CONFIGURATION_BIT(by);
		told[by] |= CONFIGURATION_BIT(of);
		if (asprintf(&why,
			     _("the flow %s of the former is the forbidden flow %s of the latter"),
			     flows[i].id, forbidden->id) < 0) {
			why = NULL;
			read_no_memory(r);
			return;
		}
		tell_pair(r, of, by, why, forbidden->text_ja,
			  guideline_source_text(forbidden->source));
	}
}

/* ---- 接続先制限 */

static const struct guideline_forbidden *restriction_of(uint32_t configurations)
{
	size_t count;
	const struct guideline_forbidden *all = guideline_forbiddens(&count);

	for (size_t i = 0; i < count; i++)
		if (forbidden_is_destination_restriction(&all[i]) &&
		    (all[i].configurations & configurations))
			return &all[i];
	return NULL;
}

static void check_union(struct reader *r)
{
	const struct policy *policy = r->policy;
	uint32_t cases = policy->configurations & ALL_CASES;
	uint32_t others = policy->configurations & ~ALL_CASES;
	const struct guideline_forbidden *wide = cases ? restriction_of(cases) : NULL;
	const struct guideline_forbidden *narrow = others ? restriction_of(others) : NULL;
	struct read_place at = r->configurations_place;
	bool differs = wide && narrow && (policy->firewalls & FIREWALL_BIT(FIREWALL_LBO));

	if (differs && !policy->destination_union)
		errors_add(
			r->errors, at.file, at.line,
			_("configurations: %s and %s say differently where the LGWAN zone may go "
			  "(接続先制限): %s (%s) ／ %s (%s). If both shall hold, declare it: "
			  "destination_restriction = \"union\""),
			guideline_configuration_slug(first_of(cases)),
			guideline_configuration_slug(first_of(others & narrow->configurations)),
			wide->text_ja, guideline_source_text(wide->source), narrow->text_ja,
			guideline_source_text(narrow->source));
	else if (!differs && policy->destination_union)
		errors_add(r->errors, r->destination_place.file, r->destination_place.line,
			   _("destination_restriction: there is nothing to unite: it is for an "
			     "appliance that plays lbo, with a case of the α' model and a route "
			     "by a breakout line in use"));
}

void read_combine_check(struct reader *r)
{
	uint32_t told[CONFIGURATION_COUNT] = { 0 };
	size_t count;
	const struct guideline_forbidden *all = guideline_forbiddens(&count);

	if (r->unsure & READ_UNSURE_CONFIGURATIONS)
		return;
	check_contradictions(r, told);
	for (size_t i = 0; i < count; i++)
		check_texts(r, told, &all[i]);
	if (!(r->unsure & READ_UNSURE_APPLIANCE))
		check_union(r);
}
