/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts a policy in force: the first at start, another on reload; whole, or not at all. */
#pragma once

struct broker;
struct errors;

/* Compiles broker->policy, proves of its rules that they open nothing forbidden, and loads them
 * into the kernel; a table that an earlier run left is replaced in one transaction. 0 or -errno
 * with errors; then the refusal is recorded. */
int reload_load_first(struct broker *broker, struct errors *errors);

/* Judges the open flows that the kernel knows again: those that the policy in force no longer
 * permits are marked refused and recorded. 0 or -errno (logged). */
int reload_judge_open_flows(struct broker *broker);

/* Reads the policy file anew, proves it, and puts it in force. On any error the running policy
 * stays, and errors says why. Settings that only a start can change (queues, log group, user,
 * bounds, log folder, control socket) must be as they were. Records and logs the outcome. 0 or
 * -errno. */
int reload_policy(struct broker *broker, struct errors *errors);

/* Records that broker->policy is in force, with the sentence, and how many errors and warnings it
 * has against the guideline's conditions. */
void reload_note_loaded(struct broker *broker, const char *sentence);

/* One line of diagnostics for each error. */
void reload_log_errors(const struct errors *errors);

/* Warns of interfaces that the running policy names and that are not there. */
void reload_warn_of_interfaces(const struct broker *broker);
