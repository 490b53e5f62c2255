// SPDX-License-Identifier: MIT
#include "common/net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <uv.h>

bool address_is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)address;
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    }
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *v6 =
            &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        return IN6_IS_ADDR_LOOPBACK(v6) ||
               (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == 127);
    }
    return false;
}

uint64_t address_origin(const struct sockaddr *address)
{
    uint64_t origin = 0;
    if (address->sa_family == AF_INET)
        return UINT64_C(1) << 32 |
               ((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr;
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *v6 =
            &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        bool mapped = IN6_IS_ADDR_V4MAPPED(v6);
        memcpy(&origin, v6->s6_addr + (mapped ? 12 : 0), mapped ? 4 : 8);
        origin |= mapped ? UINT64_C(1) << 32 : 0;
    }
    return origin ? origin : 1;
}

void address_text(const struct sockaddr *address, char ret[ADDRESS_BYTES])
{
    char host[INET6_ADDRSTRLEN] = "?";
    unsigned port = 0;
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)address;
        uv_ip4_name(v4, host, sizeof(host));
        port = ntohs(v4->sin_port);
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)address;
        uv_ip6_name(v6, host, sizeof(host));
        port = ntohs(v6->sin6_port);
    }
    const char *format = strchr(host, ':') ? "[%s]:%u" : "%s:%u";
    snprintf(ret, ADDRESS_BYTES, format, host, port);
}

int address_port(const char *text, char ret[6])
{
    size_t n = strlen(text);
    unsigned value = 0;
    if (n < 1 || n > 5)
        return -EINVAL;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -EINVAL;
        value = 10 * value + (unsigned)(text[i] - '0');
    }
    if (value > UINT16_MAX)
        return -EINVAL;
    memcpy(ret, text, n + 1);
    return 0;
}

int address_split(const char *text, char host[256], char port[6])
{
    const char *from = text, *end, *rest;
    if (text[0] == '[') {
        from = text + 1;
        end = strchr(from, ']');
        if (!end)
            return -EINVAL;
        rest = end + 1;
    } else {
        end = from + strcspn(from, ":");
        /* More than one colon without brackets is an IPv6 address and no port. */
        if (*end == ':' && strchr(end + 1, ':'))
            end = from + strlen(from);
        rest = end;
    }
    size_t n = (size_t)(end - from);
    if (n == 0 || n > 255 || strcspn(from, " \t\r\n/") < n)
        return -EINVAL;
    if (*rest != '\0' && *rest != ':')
        return -EINVAL;
    const char *number = *rest ? rest + 1 : "31415";
    char checked[6];
    if (address_port(number, checked) < 0)
        return -EINVAL;
    memcpy(host, from, n);
    host[n] = '\0';
    memcpy(port, checked, sizeof(checked));
    return 0;
}
