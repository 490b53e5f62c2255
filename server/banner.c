// SPDX-License-Identifier: MIT
#include "server/banner.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "common/base/format.h"
#include "common/join/join.h"
#include "common/sys/log.h"
#include "common/wire/msg.h"
#include "server/options.h"

/* One line to paste, and below it the same for other addresses. */
static void print_joins(FILE *out, const struct access *access)
{
    const struct advertised *reach;
    char join[JOIN_TEXT_BYTES];
    size_t n = access_advertised(access, &reach), shown = 0;
    for (size_t i = 0; i < n && !reach[i].local; i++) {
        access_join(access, ROLE_WORKER, &reach[i], join);
        fprintf(out, "  %-25s%sPI_JOIN=%s piworker\n",
                shown++ ? "" : "attach another machine", i ? "or " : "", join);
    }
    if (shown == 0)
        fprintf(
            out, "  attach another machine   not yet: %s\n",
            access_is_cut_off(access)
                ? "this machine has no address that others reach: is the network on?"
                : "it listens on this machine only; start it with --lan");
}

/* "localhost" if picoord listens on a loopback or wildcard address, otherwise the
 * address. */
static void print_url(FILE *out, const char *address)
{
    static const char *const here[] = {"127.", "0.0.0.0:", "[::1]:", "[::]:"};
    const char *port = strrchr(address, ':');
    for (size_t i = 0; i < ARRAY_SIZE(here) && port; i++)
        if (!strncmp(address, here[i], strlen(here[i])))
            address = "localhost";
    bool local = !strcmp(address, "localhost");
    fprintf(out, "\n  dashboard       http://%s%s/", address, local ? port : "");
}

/* Where the page is for others: the first address that they reach. */
static void print_url_of_others(FILE *out, const struct access *access)
{
    const struct advertised *reach;
    size_t n = access_advertised(access, &reach);
    if (n == 0 || reach->local)
        return;
    bool bracket = strchr(reach->host, ':') != NULL;
    fprintf(out, "\n  for the room    http://%s%s%s:%s/", bracket ? "[" : "",
            reach->host, bracket ? "]" : "", reach->port);
}

void banner_print(FILE *out, const struct access *access, bool open,
                  const char (*listening)[ADDRESS_BYTES], size_t n,
                  int64_t started_in_ms)
{
    char shown[512];
    const char *directory = access_directory(access);
    fprintf(out, "picoord %s (protocol %d) ready in %lld ms\n\n  listening       ",
            PI_VERSION, PROTOCOL_MAX, (long long)started_in_ms);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s%s", i ? ", " : "", listening[i]);
    print_url(out, listening[0]);
    if (open)
        print_url_of_others(out, access);
    fprintf(out, "\n  state           %s\n\n",
            directory ? format_escape_str(shown, sizeof(shown), directory)
                      : "memory: nothing outlives this process");
    fprintf(out, "  attach this machine      piworker\n");
    print_joins(out, access);
    fprintf(out, "  submit work              pictl submit --trials 200G\n\n");
    fflush(out);
}

void banner_log(const char (*listening)[ADDRESS_BYTES], size_t n)
{
    struct log_field fields[OPTIONS_LISTEN_MAX + 1];
    assert(n <= OPTIONS_LISTEN_MAX);
    for (size_t i = 0; i < n; i++)
        fields[i] = log_str(i ? "also" : "addr", listening[i]);
    fields[n] = log_int("pid", getpid());
    log_write(LOG_LEVEL_INFO, "listening", fields, n + 1);
}
