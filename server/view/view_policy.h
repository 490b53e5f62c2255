// SPDX-License-Identifier: MIT
/*
 * Who may look, and under which names a browser may have found us.  A page from
 * elsewhere whose name was made to point at this machine sends that name in Host, and
 * gets nothing.  Pure; borrows its strings.
 */
#ifndef SERVER_VIEW_VIEW_POLICY_H
#define SERVER_VIEW_VIEW_POLICY_H

#include <stdbool.h>
#include <stddef.h>

struct view_policy {
    bool open;                /* everybody may look; else only this machine */
    const char *const *names; /* of --view-host */
    size_t n_names;
    const char *const *own; /* our addresses, without ports and brackets */
    size_t n_own;
};

bool view_policy_may_look(const struct view_policy *p, bool local);

/* A Host header, "localhost:31415"; NULL: there was none. */
bool view_policy_takes_host(const struct view_policy *p, const char *host);

/* Whether a page that came from there ("http://localhost:31415", NULL: not said) is
 * ours. */
bool view_policy_takes_origin(const char *origin, const char *host);

#endif
