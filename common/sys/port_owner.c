// SPDX-License-Identifier: MIT
#include "common/sys/port_owner.h"

#include <stdio.h>

/* A line is "sl local:port remote:port state tx:rx tr:when retransmits uid ...", in
 * hexadecimal but for the last. */
static bool find_in(const char *table, uint16_t port, uid_t *ret)
{
    enum { LISTENING = 0x0a };
    char line[512];
    bool found = false;
    FILE *file = fopen(table, "re");
    while (file && !found && fgets(line, sizeof(line), file)) {
        unsigned at, state, uid;
        found = sscanf(line, " %*[^:]: %*[^:]:%x %*s %x %*s %*s %*s %u", &at, &state,
                       &uid) == 3 &&
                at == port && state == LISTENING;
        if (found)
            *ret = uid;
    }
    if (file)
        fclose(file);
    return found;
}

bool port_owner(uint16_t port, uid_t *ret)
{
    return find_in("/proc/net/tcp", port, ret) || find_in("/proc/net/tcp6", port, ret);
}
