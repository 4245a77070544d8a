/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of well-known host names, and how patterns meet it. */
#include "lint/hosts.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/defs.h"

/* Where a known name counts. */
enum scope {
	EXACT, /* the name itself */
	BELOW, /* every name below it, not itself */
	TREE,  /* both */
	APEX,  /* only the pattern "*.name" itself or one above it: names below have owners who may
		* well be meant */
};

struct known {
	const char *name;
	enum scope scope;
	unsigned int traits;
};

static const struct known list[] = {
	/* sign-in, common to all customers. Source: Microsoft 365 URLs and IP address ranges, ids
	 * 56, 59, 97; tenant restrictions of Entra ID. */
	{ "login.microsoftonline.com", TREE, HOSTS_SHARED },
	{ "login.microsoft.com", TREE, HOSTS_SHARED },
	{ "login.windows.net", TREE, HOSTS_SHARED },
	{ "graph.microsoft.com", EXACT, HOSTS_SHARED },
	{ "login.live.com", EXACT, HOSTS_SHARED | HOSTS_PERSONAL },
	{ "accounts.google.com", EXACT, HOSTS_SHARED },

	/* mail */
	{ "outlook.office.com", EXACT, HOSTS_SHARED | HOSTS_MAIL },
	{ "outlook.office365.com", EXACT, HOSTS_SHARED | HOSTS_MAIL },
	{ "outlook.cloud.microsoft", EXACT, HOSTS_SHARED | HOSTS_MAIL },
	{ "smtp.office365.com", EXACT, HOSTS_SHARED | HOSTS_MAIL },
	{ "mail.protection.outlook.com", BELOW, HOSTS_TENANTS | HOSTS_MAIL },
	{ "outlook.live.com", EXACT, HOSTS_PERSONAL | HOSTS_MAIL },
	{ "mail.google.com", EXACT, HOSTS_SHARED | HOSTS_MAIL },
	{ "smtp.gmail.com", EXACT, HOSTS_SHARED | HOSTS_MAIL },
	{ "imap.gmail.com", EXACT, HOSTS_SHARED | HOSTS_MAIL },
	{ "mail.yahoo.co.jp", TREE, HOSTS_PERSONAL | HOSTS_MAIL },

	/* web meetings and talk */
	{ "teams.microsoft.com", TREE, HOSTS_SHARED | HOSTS_MEETING },
	{ "teams.cloud.microsoft", TREE, HOSTS_SHARED | HOSTS_MEETING },
	{ "teams.live.com", TREE, HOSTS_PERSONAL | HOSTS_MEETING },
	{ "meet.google.com", EXACT, HOSTS_SHARED | HOSTS_MEETING },
	{ "zoom.us", TREE, HOSTS_SHARED | HOSTS_MEETING },
	{ "zoom.com", TREE, HOSTS_SHARED | HOSTS_MEETING },
	{ "webex.com", TREE, HOSTS_SHARED | HOSTS_MEETING },
	{ "wbx2.com", TREE, HOSTS_SHARED | HOSTS_MEETING },
	{ "slack.com", TREE, HOSTS_SHARED | HOSTS_MEETING },

	/* files */
	{ "sharepoint.com", BELOW, HOSTS_TENANTS | HOSTS_FILES },
	{ "officeapps.live.com", BELOW, HOSTS_SHARED },
	{ "onedrive.live.com", TREE, HOSTS_PERSONAL | HOSTS_FILES },
	{ "onedrive.com", TREE, HOSTS_PERSONAL | HOSTS_FILES },
	{ "drive.google.com", EXACT, HOSTS_SHARED | HOSTS_FILES },
	{ "docs.google.com", EXACT, HOSTS_SHARED | HOSTS_FILES },
	{ "app.box.com", EXACT, HOSTS_SHARED | HOSTS_FILES },
	{ "account.box.com", EXACT, HOSTS_SHARED | HOSTS_FILES },
	{ "box.com", BELOW, HOSTS_TENANTS | HOSTS_FILES },
	{ "boxcloud.com", TREE, HOSTS_SHARED | HOSTS_FILES },
	{ "dropbox.com", TREE, HOSTS_SHARED | HOSTS_FILES },
	{ "icloud.com", TREE, HOSTS_PERSONAL | HOSTS_FILES },

	/* other names of tenants, and names of all customers */
	{ "onmicrosoft.com", BELOW, HOSTS_TENANTS },
	{ "my.salesforce.com", BELOW, HOSTS_TENANTS },
	{ "cybozu.com", BELOW, HOSTS_TENANTS | HOSTS_FILES },
	{ "kintone.com", BELOW, HOSTS_TENANTS | HOSTS_FILES },
	{ "wvd.microsoft.com", TREE, HOSTS_SHARED },
	{ "amazonworkspaces.com", TREE, HOSTS_SHARED },
	{ "cloud.microsoft", APEX, HOSTS_SHARED },
	{ "usercontent.microsoft", TREE, HOSTS_SHARED | HOSTS_FILES },

	/* names for rent */
	{ "blob.core.windows.net", TREE, HOSTS_RENTED | HOSTS_FILES },
	{ "core.windows.net", TREE, HOSTS_RENTED },
	{ "azureedge.net", TREE, HOSTS_RENTED },
	{ "azurefd.net", TREE, HOSTS_RENTED },
	{ "azurewebsites.net", TREE, HOSTS_RENTED },
	{ "cloudapp.azure.com", TREE, HOSTS_RENTED },
	{ "trafficmanager.net", TREE, HOSTS_RENTED },
	{ "servicebus.windows.net", TREE, HOSTS_RENTED },
	{ "amazonaws.com", TREE, HOSTS_RENTED },
	{ "cloudfront.net", TREE, HOSTS_RENTED },
	{ "googleusercontent.com", TREE, HOSTS_RENTED },
	{ "storage.googleapis.com", TREE, HOSTS_RENTED | HOSTS_FILES },
	{ "appspot.com", TREE, HOSTS_RENTED },
	{ "web.app", TREE, HOSTS_RENTED },
	{ "firebaseapp.com", TREE, HOSTS_RENTED },
	{ "akamaized.net", TREE, HOSTS_RENTED },
	{ "akamaihd.net", TREE, HOSTS_RENTED },
	{ "fastly.net", TREE, HOSTS_RENTED },
	{ "workers.dev", TREE, HOSTS_RENTED },
	{ "pages.dev", TREE, HOSTS_RENTED },
	{ "github.io", TREE, HOSTS_RENTED },
	{ "githubusercontent.com", TREE, HOSTS_RENTED },
	{ "herokuapp.com", TREE, HOSTS_RENTED },
	{ "vercel.app", TREE, HOSTS_RENTED },
	{ "netlify.app", TREE, HOSTS_RENTED },
	{ "ngrok.io", TREE, HOSTS_RENTED },
	{ "ngrok.app", TREE, HOSTS_RENTED },
	{ "ngrok.dev", TREE, HOSTS_RENTED },
	{ "ngrok-free.app", TREE, HOSTS_RENTED },
	{ "ngrok-free.dev", TREE, HOSTS_RENTED },
	{ "trycloudflare.com", TREE, HOSTS_RENTED },
	{ "fly.dev", TREE, HOSTS_RENTED },
	{ "deno.dev", TREE, HOSTS_RENTED },
	{ "run.app", TREE, HOSTS_RENTED },
	{ "cloudfunctions.net", TREE, HOSTS_RENTED },
	{ "onrender.com", TREE, HOSTS_RENTED },
	{ "railway.app", TREE, HOSTS_RENTED },
	{ "ondigitalocean.app", TREE, HOSTS_RENTED },
	{ "digitaloceanspaces.com", TREE, HOSTS_RENTED },
	{ "linodeobjects.com", TREE, HOSTS_RENTED },
	{ "wasabisys.com", TREE, HOSTS_RENTED },
	{ "backblazeb2.com", TREE, HOSTS_RENTED },
	{ "r2.cloudflarestorage.com", TREE, HOSTS_RENTED },
	{ "r2.dev", TREE, HOSTS_RENTED },
	{ "supabase.co", TREE, HOSTS_RENTED },
	{ "azurestaticapps.net", TREE, HOSTS_RENTED },
	{ "azurecontainerapps.io", TREE, HOSTS_RENTED },
	{ "azure-api.net", TREE, HOSTS_RENTED },
	{ "gitlab.io", TREE, HOSTS_RENTED },
	{ "readthedocs.io", TREE, HOSTS_RENTED },
	{ "surge.sh", TREE, HOSTS_RENTED },
	{ "glitch.me", TREE, HOSTS_RENTED },
	{ "replit.app", TREE, HOSTS_RENTED },
	{ "replit.dev", TREE, HOSTS_RENTED },
	{ "repl.co", TREE, HOSTS_RENTED },
	{ "webflow.io", TREE, HOSTS_RENTED },
	{ "wixsite.com", TREE, HOSTS_RENTED },
	{ "blogspot.com", TREE, HOSTS_RENTED },
	{ "translate.goog", TREE, HOSTS_RENTED },
	{ "duckdns.org", TREE, HOSTS_RENTED },
	{ "ddns.net", TREE, HOSTS_RENTED },
	{ "hopto.org", TREE, HOSTS_RENTED },
	{ "sytes.net", TREE, HOSTS_RENTED },
	{ "dynu.net", TREE, HOSTS_RENTED },
	{ "synology.me", TREE, HOSTS_RENTED },
	{ "myqnapcloud.com", TREE, HOSTS_RENTED },
	{ "sakura.ne.jp", TREE, HOSTS_RENTED },
	{ "xsrv.jp", TREE, HOSTS_RENTED },
	{ "lolipop.jp", TREE, HOSTS_RENTED },

	/* whole domains of providers */
	{ "microsoft.com", APEX, HOSTS_PROVIDER },
	{ "office.com", APEX, HOSTS_PROVIDER },
	{ "office.net", APEX, HOSTS_PROVIDER },
	{ "office365.com", APEX, HOSTS_PROVIDER },
	{ "live.com", APEX, HOSTS_PROVIDER },
	{ "windows.net", APEX, HOSTS_PROVIDER },
	{ "azure.com", APEX, HOSTS_PROVIDER },
	{ "google.com", APEX, HOSTS_PROVIDER },
	{ "googleapis.com", APEX, HOSTS_PROVIDER },
	{ "gstatic.com", APEX, HOSTS_PROVIDER },
	{ "apple.com", APEX, HOSTS_PROVIDER },
	{ "amazon.com", APEX, HOSTS_PROVIDER },
	{ "static.microsoft", APEX, HOSTS_PROVIDER },

	/* revocation of certificates */
	{ "crl.microsoft.com", EXACT, HOSTS_REVOCATION },
	{ "mscrl.microsoft.com", EXACT, HOSTS_REVOCATION },
	{ "oneocsp.microsoft.com", EXACT, HOSTS_REVOCATION },
	{ "ocsp.digicert.com", EXACT, HOSTS_REVOCATION },
	{ "crl3.digicert.com", EXACT, HOSTS_REVOCATION },
	{ "crl4.digicert.com", EXACT, HOSTS_REVOCATION },
	{ "ocsp.globalsign.com", EXACT, HOSTS_REVOCATION },
};

static bool is_below(const char *name, const char *domain)
{
	size_t n = strlen(name), d = strlen(domain);

	return n > d + 1 && name[n - d - 1] == '.' && !strcmp(name + n - d, domain);
}

/* Of the pattern "*.suffix". */
static bool wildcard_meets(const char *suffix, const struct known *known)
{
	bool above = !strcmp(suffix, known->name) || is_below(known->name, suffix);

	switch (known->scope) {
	case EXACT:
		return is_below(known->name, suffix);
	case BELOW:
	case TREE:
		return above || is_below(suffix, known->name);
	case APEX:
		return above;
	}
	return false;
}

static bool name_meets(const char *name, const struct known *known)
{
	bool same = !strcmp(name, known->name);

	switch (known->scope) {
	case EXACT:
		return same;
	case BELOW:
		return is_below(name, known->name);
	case TREE:
		return same || is_below(name, known->name);
	case APEX:
		break;
	}
	return false;
}

unsigned int hosts_traits(const char *pattern)
{
	const char *suffix = strncmp(pattern, "*.", 2) ? NULL : pattern + 2;
	unsigned int traits = 0;

	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		if (suffix ? wildcard_meets(suffix, &list[i]) : name_meets(pattern, &list[i]))
			traits |= list[i].traits;
	return traits;
}
