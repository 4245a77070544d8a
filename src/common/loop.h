/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event loop: descriptors, timers and signals, one callback each, on one thread.
 *
 * Callbacks may add and remove anything, themselves included: what was removed is not called again,
 * even if its event was already fetched. The loop never closes a descriptor that it was given. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#define LOOP_READ  1U /* readable, or at its end */
#define LOOP_WRITE 2U /* room to write */
#define LOOP_ERROR 4U /* error or hang-up; always told, never asked for */

struct loop;
struct signalfd_siginfo; /* <sys/signalfd.h> */

/* events: bits of LOOP_READ, LOOP_WRITE, LOOP_ERROR. */
typedef void loop_fd_callback(int fd, uint32_t events, void *data);
/* runs: how often the timer ran out since the last call, at least 1. */
typedef void loop_timer_callback(uint64_t runs, void *data);
typedef void loop_signal_callback(const struct signalfd_siginfo *signal, void *data);

/* NULL with errno set if memory or descriptors ran out. */
struct loop *loop_new(void);

/* Closes its own descriptors (epoll, timers, signals); gives the signals back as they were. NULL is
 * allowed. */
void loop_free(struct loop *loop);
void loop_freep(struct loop **loop);

/* Watches fd for LOOP_READ. The owner keeps fd open until loop_remove_fd(). 0, -EEXIST, -ENOMEM, or
 * -errno of epoll_ctl (-EPERM: a regular file). */
int loop_add_fd(struct loop *loop, int fd, loop_fd_callback *callback, void *data);

/* Watches fd for exactly these events (LOOP_READ and LOOP_WRITE bits; 0 waits for errors only). 0,
 * -ENOENT, -errno. */
int loop_change_fd(struct loop *loop, int fd, uint32_t events);

/* Stops watching; call it before close(). 0 or -ENOENT. */
int loop_remove_fd(struct loop *loop, int fd);

/* Calls back after ms milliseconds (at least 1), and every ms from then on if repeating; a timer
 * that does not repeat stays, stopped, until it is set again or removed. Gives the timer's number
 * (>= 0), or -errno. */
int loop_add_timer(struct loop *loop, uint32_t ms, bool repeating, loop_timer_callback *callback,
		   void *data);

/* Starts it anew with another time; ms 0 stops it. 0, -ENOENT, or -errno. */
int loop_set_timer(struct loop *loop, int timer, uint32_t ms, bool repeating);

/* 0 or -ENOENT. */
int loop_remove_timer(struct loop *loop, int timer);

/* Blocks the signals of mask for the thread and has them called back in the loop. Once per loop:
 * -EBUSY after that. Children inherit the blocked mask: unblock there. 0 or -errno. */
int loop_add_signals(struct loop *loop, const sigset_t *mask, loop_signal_callback *callback,
		     void *data);

/* Waits at most timeout_ms (-1: without end) and calls back for all that is ready. Gives how many
 * callbacks were made, or -errno. An interrupted wait counts as nothing ready. */
int loop_step(struct loop *loop, int timeout_ms);

/* Steps until loop_stop(). 0 or -errno. */
int loop_run(struct loop *loop);

/* Makes loop_run() return once the current callback has; what was fetched but not called comes
 * again. */
void loop_stop(struct loop *loop);
