// SPDX-License-Identifier: MIT
#include "server/access/advertise.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <uv.h>

#include "common/net/address.h"

enum { HOST_BYTES = sizeof(((struct advertised *)0)->host) };

static_assert((int)HOST_BYTES >= (int)ADDRESS_BYTES, "an address fits");

struct address_list {
    struct advertised *items;
    size_t n;
};

static void list_add(struct address_list *l, const char *host, const char *port,
                     bool local)
{
    for (size_t i = 0; i < l->n; i++)
        if (!strcmp(l->items[i].host, host) && !strcmp(l->items[i].port, port))
            return;
    if (l->n == ADVERTISED_MAX)
        return;
    struct advertised *r = &l->items[l->n++];
    snprintf(r->host, sizeof(r->host), "%s", host);
    memcpy(r->port, port, sizeof(r->port));
    r->local = local;
}

static bool is_link_local(const struct sockaddr_in6 *a)
{
    return IN6_IS_ADDR_LINKLOCAL(&a->sin6_addr);
}

/* Adds the interfaces' addresses of that family, either loopback or not. */
static void add_interfaces(struct address_list *l, sa_family_t family, const char *port,
                           bool local)
{
    uv_interface_address_t *all;
    char host[HOST_BYTES];
    int n;
    if (uv_interface_addresses(&all, &n) < 0)
        return;
    for (int i = 0; i < n; i++) {
        const struct sockaddr *a = (const struct sockaddr *)&all[i].address;
        if (a->sa_family != family || address_is_loopback(a) != local)
            continue;
        if (family == AF_INET)
            uv_ip4_name(&all[i].address.address4, host, sizeof(host));
        else if (is_link_local(&all[i].address.address6))
            continue;
        else
            uv_ip6_name(&all[i].address.address6, host, sizeof(host));
        list_add(l, host, port, local);
    }
    uv_free_interface_addresses(all, n);
}

/* Adds what one listening address offers to other machines, or to this one. */
static void add_listening(struct address_list *l, const char *text, sa_family_t family,
                          bool local)
{
    char host[256], port[6];
    struct sockaddr_storage a = {0};
    if (address_split(text, host, port) < 0)
        return;
    bool v4 = uv_ip4_addr(host, 0, (struct sockaddr_in *)&a) == 0;
    if (!v4 && uv_ip6_addr(host, 0, (struct sockaddr_in6 *)&a) < 0)
        return;
    if (a.ss_family != family)
        return;
    if (!strcmp(host, "0.0.0.0") || !strcmp(host, "::"))
        add_interfaces(l, family, port, local);
    else if (address_is_loopback((struct sockaddr *)&a) == local)
        list_add(l, host, port, local);
}

size_t advertise_addresses(const char (*listening)[64], size_t n,
                           struct advertised ret[ADVERTISED_MAX])
{
    static const struct {
        sa_family_t family;
        bool local;
    } order[] = {
        {AF_INET, false}, {AF_INET6, false}, {AF_INET, true}, {AF_INET6, true}};
    struct address_list l = {.items = ret};
    assert(n > 0);
    for (size_t k = 0; k < ARRAY_SIZE(order); k++)
        for (size_t i = 0; i < n; i++)
            add_listening(&l, listening[i], order[k].family, order[k].local);
    if (l.n == 0) { /* a wildcard, and no interface has an address yet */
        char host[256], port[6];
        if (address_split(listening[0], host, port) < 0)
            abort(); /* address_text() has made it */
        list_add(&l, strchr(host, ':') ? "::1" : "127.0.0.1", port, true);
    }
    return l.n;
}

static void append_those(struct address_list *l, const struct advertised *from,
                         size_t n, bool local)
{
    for (size_t i = 0; i < n; i++)
        if (from[i].local == local)
            list_add(l, from[i].host, from[i].port, true);
}

size_t advertise_first(const char *given, struct advertised list[ADVERTISED_MAX],
                       size_t n)
{
    struct advertised others[ADVERTISED_MAX];
    struct address_list l = {.items = list};
    char host[256], port[6];
    memcpy(others, list, n * sizeof(*list));
    if (address_split(given, host, port) < 0)
        abort();                           /* it has been checked */
    if (strlen(given) <= strlen(host) + 2) /* brackets, but no port */
        memcpy(port, others[0].port, sizeof(port));
    list_add(&l, host, port, false);
    append_those(&l, others, n, true);
    append_those(&l, others, n, false);
    return l.n;
}
