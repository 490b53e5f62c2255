// SPDX-License-Identifier: MIT
/*
 * A disk that stands still, for LD_PRELOAD: while the file $HOLD_DISK is there, nothing
 * that is synced gets there, and $HOLD_DISK.waits says that somebody waits for it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void wait_for_disk(void)
{
    const char *hold = getenv("HOLD_DISK");
    char waits[4096];
    if (!hold || access(hold, F_OK) != 0)
        return;
    snprintf(waits, sizeof(waits), "%s.waits", hold);
    close(open(waits, O_WRONLY | O_CREAT, 0600));
    while (access(hold, F_OK) == 0)
        usleep(10000);
    unlink(waits);
}

int fdatasync(int fd)
{
    wait_for_disk();
    return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    wait_for_disk();
    return (int)syscall(SYS_fsync, fd);
}
