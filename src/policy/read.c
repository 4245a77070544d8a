/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a policy: the file, its groups, then what must hold for the whole. */
#include "policy/read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"

static const struct read_key policy_keys[] = {
	{ "appliance", READ_GROUP, true, read_appliance },
	{ "configurations", READ_STRINGS, true, read_configurations },
	{ "zones", READ_GROUPS, true, read_zones },
	{ "endpoints", READ_GROUP, false, read_endpoints },
	{ "ports", READ_GROUP, false, read_port_groups },
	{ "services", READ_GROUPS, false, read_services },
	{ "management", READ_GROUP, false, read_management },
	{ "log", READ_GROUP, false, read_log },
	{ "control", READ_GROUP, false, read_control },
	{ "queues", READ_GROUP, false, read_queues },
	{ "daemon", READ_GROUP, false, read_daemon },
	{ "destination_restriction", READ_TEXT, false, read_destination_restriction },
	{ "implied_flows", READ_STRINGS, false, read_implied_flows },
	{ "exceptions", READ_GROUPS, false, read_exceptions },
	{ "attestations", READ_GROUPS, false, read_attestations },
};

static bool set_defaults(struct policy *policy, const char *path)
{
	struct policy_daemon *d = &policy->daemon;

	d->queue_count = 1;
	d->queue_length = 4096;
	d->log_group_first = 7;
	d->undecided_max = 16384;
	d->undecided_per_source = 1024;
	d->undecided_buffers = 1024;
	d->undecided_timeout_ms = 10000;
	d->checkpoint_syslog = true;
	d->checkpoint_records = 10000;
	d->checkpoint_seconds = 60;
	d->user = strdup("sekisho");
	d->log_directory = strdup("/var/log/sekisho");
	d->control_socket = strdup("/run/sekisho/control.sock");
	policy->source.path = strdup(path);
	return d->user && d->log_directory && d->control_socket && policy->source.path;
}

static void read_tree(struct reader *r, config_t *config)
{
	config_setting_t *root = config_root_setting(config);

	/* until their handlers have found nothing wrong */
	r->unsure = READ_UNSURE_APPLIANCE | READ_UNSURE_CONFIGURATIONS | READ_UNSURE_ZONES;
	read_group(r, root, policy_keys, ARRAY_SIZE(policy_keys), NULL);
	if (policy_derive(r->policy)) {
		read_no_memory(r);
		return;
	}
	read_overlap_check(r);
	read_width_check(r);
	read_combine_check(r);
	read_rules_check(r);
	read_exceptions_check(r);
}

/* The line of that number without blanks around, newly allocated; NULL if memory ran out. */
static char *line_of(const char *text, int line)
{
	while (line > 1 && (text = strchr(text, '\n')) != NULL) {
		text++;
		line--;
	}
	if (!text)
		return strdup("");
	text += strspn(text, " \t\r");
	return strndup(text, strcspn(text, "\r\n"));
}

/* What libconfig says of a syntax error, and what a person would look for. */
static void syntax_error(struct reader *r, const config_t *config, const char *policy)
{
	const char *text = config_error_text(config);
	const int line = config_error_line(config);
	auto_(free_charp) char *there = line_of(policy, line);
	char quote[READ_QUOTE_MAX];

	if (!there)
		read_no_memory(r);
	else if (text && !strcmp(text, "duplicate setting name"))
		errors_add(r->errors, r->path, line,
			   _("the key here or just before is there twice in its group"));
	else
		errors_add(r->errors, r->path, line,
			   _("the text cannot be understood from here or just before; here stands "
			     "%s. Look for a missing \";\", \"=\", quote or comma, or a comma "
			     "before a closing bracket"),
			   read_quote(there, quote));
}

static void read_parse(struct reader *r, const char *text, size_t length)
{
	auto_(read_scan_clear) struct read_scan scan = { 0 };
	auto_(config_destroy) config_t config;

	config_init(&config);
	/* an editor's byte order mark is no mistake of the operator's */
	if (length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		length -= 3;
	}
	/* a NUL byte is for read_scan() */
	if (!read_is_utf8(r, r->path, text) || !read_scan(r, text, length, &scan))
		return;
	if (config_read_string(&config, text) != CONFIG_TRUE) {
		syntax_error(r, &config, text);
		return;
	}
	for (size_t i = 0; i < scan.doubts.count; i++)
		errors_add(r->errors, r->path, scan.doubts.at[i].line, "%s",
			   scan.doubts.at[i].text);
	if (read_number_strings(r, config_root_setting(&config), &scan))
		read_tree(r, &config);
}

static int finish_hash(const struct reader *r, char *out)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int length = 0;

	if (EVP_DigestFinal_ex(r->hash, digest, &length) != 1 ||
	    2 * length + 1 != POLICY_HASH_TEXT_MAX)
		return -ENOMEM;
	for (size_t i = 0; i < length; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
	return 0;
}

static void load_error(struct errors *errors, const char *path, int err)
{
	if (err == -EFBIG)
		errors_add(errors, path, 0, _("the policy file is larger than %u MiB"),
			   READ_POLICY_MAX >> 20);
	else if (err == -ENOTSUP)
		errors_add(errors, path, 0, _("the policy is not a regular file"));
	else
		errors_add(errors, path, 0, _("cannot read the policy file: %s"), strerror(-err));
}

static void clear_reader(struct reader *r)
{
	policy_free(r->policy);
	EVP_MD_CTX_free(r->hash);
	free(r->ranges);
	free(r->interfaces);
	for (size_t i = 0; i < r->file_count; i++)
		free(r->files[i]);
	free(r->files);
	free(r->management_names);
	free(r->management_places);
}

/* 0, or why it cannot begin. */
static int begin(struct reader *r)
{
	r->hash = EVP_MD_CTX_new();
	r->policy = calloc(1, sizeof(*r->policy));
	if (!r->hash || !r->policy || EVP_DigestInit_ex(r->hash, EVP_sha256(), NULL) != 1 ||
	    !set_defaults(r->policy, r->path))
		return -ENOMEM;
	return 0;
}

/* With r begun. */
static int read_file(struct reader *r, struct policy **ret_policy)
{
	auto_(free_charp) char *text = NULL;
	size_t length = 0, before = r->errors->count;
	int err = read_load(r->path, READ_POLICY_MAX, &text, &length);

	if (err) {
		load_error(r->errors, r->path, err);
		return err == -ENOTSUP ? -EINVAL : err;
	}
	if (EVP_DigestUpdate(r->hash, text, length) != 1)
		read_no_memory(r);
	read_parse(r, text, length);
	errors_sort(r->errors);
	if (!r->err && r->errors->count == before && !r->errors->truncated)
		r->err = finish_hash(r, r->policy->source.hash);
	if (r->err == -ENOMEM)
		errors_add(r->errors, r->path, 0, _("memory ran out while reading the policy"));
	if (r->err)
		return r->err;
	if (r->errors->count > before || r->errors->truncated)
		return -EINVAL;
	*ret_policy = steal(r->policy);
	return 0;
}

int policy_read(const char *path, struct policy **ret_policy, struct errors *errors)
{
	struct reader r = { .path = path, .errors = errors };
	int err = begin(&r);

	if (err)
		load_error(errors, path, err);
	else
		err = read_file(&r, ret_policy);
	clear_reader(&r);
	return err;
}
