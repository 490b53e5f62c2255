// SPDX-License-Identifier: MIT
/*
 * Which viewers are permitted, and which Host names.  The check of Host prevents DNS
 * rebinding: a page of another site whose name was made to resolve to this machine
 * sends that name, and is refused.  Pure; borrows its strings.
 */
#ifndef SERVER_VIEW_VIEW_POLICY_H
#define SERVER_VIEW_VIEW_POLICY_H

#include <stdbool.h>
#include <stddef.h>

struct view_policy {
    bool open;                /* any machine may view; else only this one */
    const char *const *names; /* of --view-host */
    size_t n_names;
    const char *const *own; /* this machine's addresses, without ports and brackets */
    size_t n_own;
};

/* local: the viewer is on this machine. */
bool view_policy_may_look(const struct view_policy *p, bool local);

/* Whether the Host header ("localhost:31415"; NULL: absent) names this coordinator. */
bool view_policy_takes_host(const struct view_policy *p, const char *host);

/* Whether the Origin header ("http://localhost:31415"; NULL: absent) names this
 * coordinator.  Its port does not count: a proxy in front has another. */
bool view_policy_takes_origin(const struct view_policy *p, const char *origin);

#endif
