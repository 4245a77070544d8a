/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process that reads outside bytes may still do: receive on one socket, send on another,
 * tell the time, complain on standard error, and end. */
#pragma once

#include <stdbool.h>

/* Gives up all capabilities (also the bounding set), new privileges, core dumps and children, and
 * every system call but: receive on receive_fd and send_fd, send on send_fd, write to standard
 * error, poll, clock, memory, exit. A call off the list ends the process. 0 or -errno. With
 * sanitizers built in, the system-call list is left out, since their run time needs many more;
 * *ret_filtered says so. */
int sandbox_enter(int receive_fd, int send_fd, bool *ret_filtered);
