// SPDX-License-Identifier: MIT
#include "server/init.h"

#include <stdio.h>

#include "common/base/format.h"
#include "server/startup_error.h"

int init_run(const struct server_options *o)
{
    char listening[OPTIONS_LISTEN_MAX][ADDRESS_BYTES], shown[512];
    struct access *a;
    struct error why;
    if (access_new(&o->access, &a, &why) < 0)
        return startup_error_print(&why);
    for (size_t i = 0; i < o->n_addresses; i++)
        address_text((const struct sockaddr *)&o->addresses[i], listening[i]);
    fprintf(stderr, "picoord: %s %s\n",
            access_made(a) ? "new key and tokens in" : "there are key and tokens in",
            format_escape_str(shown, sizeof(shown), access_directory(a)));
    access_print_secrets(a, listening, o->n_addresses, stdout);
    access_free(a);
    return 0;
}
