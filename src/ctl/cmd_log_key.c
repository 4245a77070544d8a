/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekishoctl log init-key: makes the keys of the log, the appliance's and the auditor's. */

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/log_key.h"
#include "audit/tail.h"
#include "audit/writer.h"
#include "common/defs.h"
#include "common/errors.h"
#include "common/i18n.h"
#include "ctl/cmd.h"
#include "policy/policy.h"

#include <openssl/crypto.h>

#define CONFIG_DEFAULT SYSCONFDIR "/sekisho/sekisho.conf"

struct request {
	const char *config, *auditor, *public_key;
};

static const char help_text[] =
	N_("Makes the keys that make the decision log tamper-evident.\n\n"
	   "  -c, --config FILE       the policy; its log.key says where the appliance's key goes\n"
	   "  -a, --auditor FILE      the auditor's verification key goes here: hand it over and\n"
	   "                          keep no copy on this machine\n"
	   "  -p, --public-key FILE   its public part alone goes here as well; it may be shown\n"
	   "                          to anybody\n\n"
	   "No file that exists is overwritten. Restart the daemon afterwards.\n");

static int parse(int argc, char **argv, struct request *request)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "auditor", required_argument, NULL, 'a' },
		{ "public-key", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "c:a:p:hV", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			request->config = optarg;
			break;
		case 'a':
			request->auditor = optarg;
			break;
		case 'p':
			request->public_key = optarg;
			break;
		case 'h':
			return cmd_help("log init-key", "--auditor FILE [OPTIONS]", _(help_text));
		case 'V':
			return cmd_version();
		default:
			return cmd_usage("log init-key", _("that option is not known"));
		}
	}
	if (optind != argc)
		return cmd_usage("log init-key", _("it takes no arguments"));
	if (!request->auditor)
		return cmd_usage("log init-key",
				 _("--auditor FILE is needed: where the auditor's key goes"));
	return -1;
}

static int refuse(const char *path, int error)
{
	if (error == -EEXIST)
		(void)fprintf(stderr,
			      _("sekishoctl: %s: there is such a file already; a key is never "
				"overwritten\n"),
			      path);
	else
		(void)fprintf(stderr, "sekishoctl: %s: %s\n", path, strerror(-error));
	return error == -EEXIST ? CMD_FINDING : CMD_TROUBLE;
}

/* The daemon's user owns its key. Only root can give it away. */
static int find_owner(const struct policy *policy, uid_t *ret_uid, gid_t *ret_gid)
{
	const struct passwd *user;

	*ret_uid = (uid_t)-1;
	*ret_gid = (gid_t)-1;
	if (geteuid() != 0)
		return -1;
	user = getpwnam(policy->daemon.user);
	if (!user) {
		(void)fprintf(stderr,
			      _("sekishoctl: there is no user \"%s\", whom the policy names\n"),
			      policy->daemon.user);
		return CMD_TROUBLE;
	}
	*ret_uid = user->pw_uid;
	*ret_gid = user->pw_gid;
	return -1;
}

/* The folder of the key, where neither the service manager nor anybody else has made it. */
static int make_folder(const char *path, uid_t uid, gid_t gid)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	if (!slash || slash == path || (size_t)(slash - path) >= sizeof(folder))
		return 0;
	(void)snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	if (mkdir(folder, 0700) < 0)
		return errno == EEXIST ? 0 : -errno;
	if (uid != (uid_t)-1 && chown(folder, uid, gid) < 0)
		return -errno;
	return 0;
}

/* All three or none: what was written is taken back where the next fails. */
static int write_all(const struct request *request, const struct policy *policy,
		     const struct log_key_state *state, const struct log_key_auditor *auditor)
{
	uid_t uid;
	gid_t gid;
	int r, code = find_owner(policy, &uid, &gid);

	if (code >= 0)
		return code;
	r = make_folder(policy->daemon.log_key, uid, gid);
	if (r < 0)
		return refuse(policy->daemon.log_key, r);
	r = log_key_write_auditor(request->auditor, auditor, true);
	if (r < 0)
		return refuse(request->auditor, r);
	if (request->public_key) {
		r = log_key_write_auditor(request->public_key, auditor, false);
		if (r < 0) {
			(void)unlink(request->auditor);
			return refuse(request->public_key, r);
		}
	}
	/* last, since it is what takes effect */
	r = log_key_create(policy->daemon.log_key, state, uid, gid);
	if (r < 0) {
		(void)unlink(request->auditor);
		if (request->public_key)
			(void)unlink(request->public_key);
		return refuse(policy->daemon.log_key, r);
	}
	return -1;
}

static int make(const struct request *request, const struct policy *policy)
{
	struct log_key_state state;
	struct log_key_auditor auditor;
	const uint64_t first =
		tail_directory_sequence(policy->daemon.log_directory, WRITER_FILE_NAME);
	int code = log_key_make(first, &state, &auditor);

	if (code < 0)
		return refuse(policy->daemon.log_key, code);
	code = write_all(request, policy, &state, &auditor);
	if (code < 0)
		(void)printf(_("Keys were made. Their id: %s\n"
			       "  %s stays on the appliance; it changes with every record.\n"
			       "  %s is the auditor's. Move it to a place that no administrator of "
			       "this\n"
			       "  appliance can reach, and keep no copy here: whoever has it could "
			       "write\n"
			       "  a false log that looks right.\n"
			       "Restart the daemon now: the chain begins with its next record.\n"),
			     auditor.id, policy->daemon.log_key, request->auditor);
	OPENSSL_cleanse(&state, sizeof(state));
	OPENSSL_cleanse(&auditor, sizeof(auditor));
	return code < 0 ? CMD_OK : code;
}

int cmd_log_key(int argc, char **argv)
{
	auto_(policy_freep) struct policy *policy = NULL;
	auto_(errors_clear) struct errors errors = { 0 };
	struct request request = { .config = CONFIG_DEFAULT };
	int code = parse(argc, argv, &request);

	if (code >= 0 || !request.auditor)
		return code;
	int r = policy_read(request.config, &policy, &errors);
	if (r < 0) {
		errors_print(&errors, stderr);
		return cmd_policy_exit(r);
	}
	if (!policy->daemon.log_key) {
		(void)fprintf(stderr,
			      _("sekishoctl: %s: the policy does not say where the key goes; add "
				"log = { key = \"/var/lib/sekisho/log-key\"; }\n"),
			      request.config);
		return CMD_FINDING;
	}
	return make(&request, policy);
}
