/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parameters of SVCB and HTTPS records. Private to dns*.c. */
#pragma once

#include "inspect/dns.h"

/* Reads what follows the target; priority and target of service are set, all else is zero. False if
 * it breaks the format: then the records of this owner and type count for nothing. Source: RFC 9460
 * sections 2.2, 7 and 8. */
bool dns_service_read(struct dns_bytes parameters, struct dns_service *service);
