/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sekishoctl and the daemon say to each other over the control socket.
 *
 * An AF_UNIX SOCK_SEQPACKET connection carries one request and its answer. The request is one
 * datagram: the command word as ASCII text without NUL or newline. The answer is JSON (one object),
 * as one or several datagrams to be joined in order, ended by an empty datagram; then the daemon
 * closes. (A reader cannot tell the empty datagram from the end of the connection, and needs not:
 * an answer cut short is no whole JSON object.)
 *
 * The daemon checks the peer's credentials when it accepts: root, its own user, or a member of the
 * operators' group; anybody else gets CONTROL_DENIED as its answer.
 *
 * Answer to "reload" (and to any request that fails, an unknown command included):
 *   {"ok": bool, "text": "a sentence", "errors": ["file:line: sentence", ...]}
 * errors may be left out. ok false means: nothing has changed, the running policy stays.
 *
 * Answer to "status"; a reader must do with any member missing and pass over what it does not know:
 *   {"ok": true,
 *    "version": "0.1", "pid": 1234, "uptime_s": 3600,
 *    "state": "running" | "refusing" | "open" | "changed",
 *    "state_reason": "a sentence",                     why it is not running (else empty)
 *    "policy": {"path": "...", "hash": "hex", "loaded": "RFC 3339", "appliance": "...",
 *               "configurations": ["route-1", ...], "last_reload_error": "..."},
 *    "kernel": {"queue": "native" | "compat", "release": "6.1.0",
 *               "table": "in place" | "missing" | "changed" | "unknown",
 *               "tracking": {"checksum": bool or null,     null: not known
 *                            "liberal": bool or null}},
 *    "counts": {"permitted": {"<reason slug>": n, ...}, "refused": {"<reason slug>": n, ...}},
 *    "engines": [{"number": 0, "pid": 1235, "state": "running", "packets": n, "flows": n,
 *                 "flows_peak": n, "sources": n, "buffers": n, "held": n, "put_off": n,
 *                 "ended": {"opened": n, "own-share": n, "full": n, "ports-again": n, "idle": n},
 *                 "overruns": n, "restarts": n}, ...],   flows: undecided ones
 *    "kernel_log": {"pid": 1237, "state": "running", "packets": n, "missing": n, "unreadable": n,
 *                   "restarts": n},                     the reader of the kernel's own refusals
 *    "resets": {"sent": n, "failed": n},
 *    "log": {"path": "...", "sequence": n, "written": n, "missing": n, "bytes": n, "flushes": n,
 *            "failure": "..." or null}}
 *
 * State refusing: new flows are refused. Open: the kernel has no table, so nothing is enforced.
 * Changed: it has a table of that name, but another than the daemon loaded. The table is unknown
 * where the kernel does not say; then the state is the daemon's own.
 */
#pragma once

#define CONTROL_SOCKET_DEFAULT "/run/sekisho/control.sock"

#define CONTROL_DATAGRAM_MAX 65536       /* bytes in a datagram, either way */
#define CONTROL_REQUEST_MAX  64          /* bytes in a request; longer ones are refused */
#define CONTROL_ANSWER_MAX   (16U << 20) /* bytes in an answer over all its datagrams */
#define CONTROL_TIMEOUT_MS   30000 /* either side gives up on a silent other after this long */

#define CONTROL_COMMAND_STATUS "status"
#define CONTROL_COMMAND_RELOAD "reload"

/* The whole answer to a peer that may not ask. */
#define CONTROL_DENIED "{\"ok\":false,\"text\":\"not permitted: you are no operator\"}"
