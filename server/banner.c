// SPDX-License-Identifier: MIT
#include "server/banner.h"

#include <string.h>

#include "common/msg.h"

void banner_print(FILE *out, const char (*addresses)[ADDRESS_BYTES], size_t n,
                  int64_t started_in_ms)
{
    /* Who uses the default is told no more than has to be typed. */
    bool is_default = strcmp(addresses[0], "127.0.0.1:31415") == 0;
    const char *space = is_default ? "" : " ";
    const char *address = is_default ? "" : addresses[0];

    fprintf(out, "picoord %s (protocol %d) ready in %lld ms\n\n  listening       ",
            PI_VERSION, PROTOCOL_MAX, (long long)started_in_ms);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s%s", i ? ", " : "", addresses[i]);
    fprintf(out,
            "\n"
            "  state           memory: nothing outlives this process\n"
            "\n"
            "  attach this machine      piworker%s%s\n"
            "  submit work              pictl%s%s%s submit --trials 200G\n"
            "\n",
            space, address, is_default ? "" : " --coordinator", space, address);
    fflush(out);
}
