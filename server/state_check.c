// SPDX-License-Identifier: MIT
#include "server/state_check.h"

#include <limits.h>
#include <stdio.h>

#include "server/startup_error.h"
#include "server/store/check.h"

int state_check(const struct access_config *config)
{
    char path[PATH_MAX + 16];
    struct access *a;
    struct error why;
    if (access_lock(config, &a, &why) < 0)
        return startup_error_print(&why);
    snprintf(path, sizeof(path), "%s/state.db", access_directory(a));
    int status = check_file(path);
    access_free(a);
    return status;
}
