/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a privileged start to the least that the broker needs: its own user, CAP_NET_ADMIN, a list
 * of system calls. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Looks up the user. 0, uid and gid; -ENOENT where there is none of that name. */
int privileges_find_user(const char *name, uid_t *ret_uid, gid_t *ret_gid);

/* Makes folder if it is missing, with this mode and owned by uid and gid; an existing one is left
 * as it is. Only root can give it away: others make it as their own. 0 or -errno. */
int privileges_make_folder(const char *folder, mode_t mode, uid_t uid, gid_t gid);

/* Becomes uid and gid (where started as root; others keep theirs) with the supplementary groups of
 * user_name, keeps CAP_NET_ADMIN alone, for itself and for nobody that it starts, and gives up new
 * privileges and core dumps. 0 or -errno. */
int privileges_drop(const char *user_name, uid_t uid, gid_t gid);

/* Puts the list of system calls in place; others fail with EPERM. Left out where sanitizers are
 * built in (they need many more): *ret_filtered says so. 0 or -errno. */
int privileges_filter_calls(bool *ret_filtered);
