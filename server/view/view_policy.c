// SPDX-License-Identifier: MIT
#include "server/view/view_policy.h"

#include <string.h>
#include <strings.h>

#include "common/base/base.h"

enum { HOST_BYTES = 256 };

bool view_policy_may_look(const struct view_policy *p, bool local)
{
    return p->open || local;
}

/* Copies the name or address of "NAME", "NAME:PORT", "[V6]" or "[V6]:PORT".  As in URLs
 * the port may be empty, and a name may end in the root's dot. */
static bool parse_host(const char *text, char ret[HOST_BYTES])
{
    bool bracket = text[0] == '[';
    const char *from = text + bracket, *end = from + strcspn(from, bracket ? "]" : ":");
    size_t n = (size_t)(end - from);
    if (n == 0 || n >= HOST_BYTES || (bracket && *end != ']'))
        return false;
    memcpy(ret, from, n);
    ret[n] = '\0';
    if (!bracket && n > 1 && ret[n - 1] == '.')
        ret[n - 1] = '\0';
    end += bracket;
    if (*end == ':')
        end += 1 + strspn(end + 1, "0123456789");
    return *end == '\0';
}

static bool is_own_name(const struct view_policy *p, const char *host)
{
    static const char *const always[] = {"localhost", "127.0.0.1", "::1"};
    for (size_t i = 0; i < ARRAY_SIZE(always); i++)
        if (!strcasecmp(host, always[i]))
            return true;
    for (size_t i = 0; i < p->n_names; i++)
        if (!strcasecmp(host, p->names[i]))
            return true;
    for (size_t i = 0; p->open && i < p->n_own; i++)
        if (!strcasecmp(host, p->own[i]))
            return true;
    return false;
}

bool view_policy_takes_host(const struct view_policy *p, const char *text)
{
    char host[HOST_BYTES];
    return text && parse_host(text, host) && is_own_name(p, host);
}

bool view_policy_takes_origin(const struct view_policy *p, const char *origin)
{
    const char *after = origin ? strstr(origin, "://") : NULL;
    return !origin || (after && view_policy_takes_host(p, after + 3));
}
