/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a cloud service states about the guideline's terms: ISMAP, the exemption, its use, its
 * review. */
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/read.h"

/* ---- ismap */

static void ismap_service(struct reader *r, config_setting_t *s, void *into)
{
	struct policy_ismap *ismap = into;

	read_people_text(r, s, &ismap->service);
}

static void ismap_number(struct reader *r, config_setting_t *s, void *into)
{
	struct policy_ismap *ismap = into;

	read_people_text(r, s, &ismap->number);
}

static void ismap_valid_until(struct reader *r, config_setting_t *s, void *into)
{
	struct policy_ismap *ismap = into;

	read_date(r, s, &ismap->valid_until);
}

static void ismap_list(struct reader *r, config_setting_t *s, void *into)
{
	struct policy_ismap *ismap = into;

	read_people_text(r, s, &ismap->list);
}

static void ismap_built_on(struct reader *r, config_setting_t *s, void *into)
{
	struct policy_ismap *ismap = into;

	read_people_text(r, s, &ismap->built_on);
}

static const struct read_key ismap_keys[] = {
	{ "service", READ_TEXT, true, ismap_service },
	{ "number", READ_TEXT, true, ismap_number },
	{ "valid_until", READ_TEXT, false, ismap_valid_until },
	{ "list", READ_TEXT, false, ismap_list },
	{ "built_on", READ_TEXT, false, ismap_built_on },
};

void read_ismap(struct reader *r, config_setting_t *s, struct policy_ismap *into)
{
	into->line = read_line(s);
	read_group(r, s, ismap_keys, ARRAY_SIZE(ismap_keys), into);
}

/* ---- exempt */

static void exempt_no_documents(struct reader *r, config_setting_t *s, void *into)
{
	struct policy_service *service = into;

	(void)r;
	service->exempt_no_documents = config_setting_get_bool(s);
}

static void exempt_certificate_checked(struct reader *r, config_setting_t *s, void *into)
{
	struct policy_service *service = into;

	(void)r;
	service->exempt_certificate_checked = config_setting_get_bool(s);
}

static void exempt_issuer(struct reader *r, config_setting_t *s, void *into)
{
	struct policy_service *service = into;

	read_people_text(r, s, &service->exempt_issuer);
}

static const struct read_key exempt_keys[] = {
	{ "no_documents", READ_BOOL, true, exempt_no_documents },
	{ "certificate_checked", READ_BOOL, true, exempt_certificate_checked },
	{ "issuer", READ_TEXT, false, exempt_issuer },
};

void read_exempt(struct reader *r, config_setting_t *s, struct policy_service *into)
{
	into->exempt = true;
	read_group(r, s, exempt_keys, ARRAY_SIZE(exempt_keys), into);
}

/* ---- use, review */

static const char *const use_names[POLICY_USE_COUNT] = {
	[POLICY_USE_LICENCE] = "licence",
	[POLICY_USE_FILES] = "files",
	[POLICY_USE_MEETING] = "meeting",
	[POLICY_USE_MAIL] = "mail",
	[POLICY_USE_MAIL_IN_DISASTER] = "mail-in-disaster",
};

static const char *use_name(size_t i)
{
	return use_names[i];
}

void read_use(struct reader *r, config_setting_t *s, struct policy_service *into)
{
	struct read_item item = read_item_of(r, s);

	for (size_t i = 0; i < POLICY_USE_COUNT; i++) {
		if (!use_names[i] || strcmp(use_names[i], item.text) != 0)
			continue;
		into->use = (enum policy_use)i;
		return;
	}
	read_word_error(r, &item, _("a use of cloud services"), use_name, POLICY_USE_COUNT);
}

static void review_by(struct reader *r, config_setting_t *s, void *into)
{
	struct policy_service *service = into;

	read_people_text(r, s, &service->reviewed_by);
}

static void review_on(struct reader *r, config_setting_t *s, void *into)
{
	struct policy_service *service = into;

	read_date(r, s, &service->reviewed_on);
}

static const struct read_key review_keys[] = {
	{ "by", READ_TEXT, true, review_by },
	{ "on", READ_TEXT, true, review_on },
};

void read_review(struct reader *r, config_setting_t *s, struct policy_service *into)
{
	read_group(r, s, review_keys, ARRAY_SIZE(review_keys), into);
}
