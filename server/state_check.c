// SPDX-License-Identifier: MIT
#include "server/state_check.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/base/exit.h"
#include "common/base/format.h"
#include "server/startup_error.h"
#include "server/store/check.h"

/* A backup is one file, which no picoord uses; with a log beside it, it is the state of
 * one, which has to be locked. */
static int check_backup(const char *file)
{
    char log[PATH_MAX + 8], shown[256];
    struct stat st;
    snprintf(log, sizeof(log), "%s-wal", file);
    if (stat(log, &st) < 0)
        return check_file(file);
    fprintf(stderr,
            "picoord: cannot check %s alone: it has a log\n"
            "hint: name its directory: --state DIR\n",
            format_escape_str(shown, sizeof(shown), file));
    return EXIT_LOCAL;
}

int state_check(const struct access_config *config)
{
    char path[PATH_MAX + 16];
    struct access *a;
    struct error why;
    struct stat st;
    if (config->state && stat(config->state, &st) == 0 && S_ISREG(st.st_mode))
        return check_backup(config->state);
    if (access_lock(config, &a, &why) < 0)
        return startup_error_print(&why);
    snprintf(path, sizeof(path), "%s/state.db", access_directory(a));
    int status = check_file(path);
    access_free(a);
    return status;
}
