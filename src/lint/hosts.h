/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Well-known host names of cloud services, for hints to people. Nothing is decided by them. */
#pragma once

/* What is known of a host name or a pattern. Bits. */
enum hosts_trait {
	HOSTS_SHARED = 1 << 0,   /* all customers use it: it cannot tell the own tenant */
	HOSTS_TENANTS = 1 << 1,  /* names below it are tenants: each customer has one */
	HOSTS_RENTED = 1 << 2,   /* anybody can rent a name below it: hosting, storage, CDN */
	HOSTS_PERSONAL = 1 << 3, /* personal accounts, not those of an organisation */
	HOSTS_MAIL = 1 << 4,
	HOSTS_MEETING = 1 << 5,
	HOSTS_FILES = 1 << 6,
	HOSTS_REVOCATION = 1 << 7, /* serves CRLs and OCSP, which travel by plain HTTP */
	HOSTS_PROVIDER = 1 << 8,   /* a provider's whole domain, with services of every kind */
};

/* hosts_trait bits of a name or of a pattern "*.x" (normalised, see names_normalise()). A pattern
 * has the traits of everything that it may match and that is known here; 0 if nothing is known.
 * The list is of 2026-11 and far from whole: it finds slips, it proves nothing. */
unsigned int hosts_traits(const char *pattern);
