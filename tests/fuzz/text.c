// SPDX-License-Identifier: MIT
/*
 * What people type or paste: join strings, addresses, job numbers, numbers with their
 * letters, durations, and bytes on their way to a log line.
 */
#include <assert.h>
#include <string.h>

#include "common/base/format.h"
#include "common/cli/opt_value.h"
#include "common/join/join.h"
#include "common/net/address.h"
#include "common/wire/msg.h"
#include "common/wire/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void join_string(const char *text)
{
    struct join join, again;
    char why[JOIN_WHY_BYTES], out[JOIN_TEXT_BYTES];
    if (join_parse(text, &join, why) < 0)
        return;
    join_format(&join, out);
    assert(join_parse(out, &again, why) == 0);
    assert(!strcmp(join.host, again.host) && !strcmp(join.port, again.port));
    assert(!memcmp(join.pin, again.pin, sizeof(join.pin)));
    assert(!memcmp(join.token, again.token, sizeof(join.token)));
}

static void escaped(const uint8_t *data, size_t size)
{
    char out[100];
    format_escape(out, sizeof(out), data, size);
    for (const char *p = out; *p; p++)
        assert(*p >= 0x20 && *p <= 0x7e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[600], host[256], port[6];
    size_t n = size < sizeof(text) - 1 ? size : sizeof(text) - 1;
    uint64_t number;
    int64_t ms;
    double real;
    memcpy(text, data, n);
    text[n] = '\0';
    join_string(text);
    escaped(data, size);
    if (address_split(text, host, port) == 0)
        assert(strlen(host) < sizeof(host) && strlen(port) < sizeof(port));
    (void)job_number(text);
    if (opt_number_within(text, 0, OPT_NUMBER_MAX, &number) == OPT_OK)
        assert(*text);
    if (opt_duration_within(text, 0, OPT_DURATION_MAX, &ms) == OPT_OK)
        assert(ms >= 0);
    if (opt_real(text, UNTIL_STDERR_MIN, UNTIL_STDERR_MAX, &real) == OPT_OK)
        assert(real > 0 && real <= 1);
    return 0;
}
