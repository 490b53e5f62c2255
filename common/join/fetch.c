// SPDX-License-Identifier: MIT
#include "common/join/fetch.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum { PIN_BASE64_BYTES = (JOIN_PIN_BYTES + 2) / 3 * 4 + 1 };

/* -k: the certificate is nobody's but the coordinator's own, and it is the pin that
 * counts, which curl checks all the same. */
int fetch_line(const char *join, char ret[FETCH_LINE_BYTES])
{
    char why[JOIN_WHY_BYTES];
    unsigned char pin[PIN_BASE64_BYTES];
    struct join j;
    int err = join_parse(join, &j, why);
    if (err < 0)
        return err;
    EVP_EncodeBlock(pin, j.pin, JOIN_PIN_BYTES);
    bool ipv6 = strchr(j.host, ':');
    int n =
        snprintf(ret, FETCH_LINE_BYTES,
                 "curl -fsSk --pinnedpubkey sha256//%s -o piworker "
                 "https://%s%s%s:%s/worker/linux-$(uname -m) && "
                 "chmod +x piworker && PI_JOIN=%s ./piworker",
                 (char *)pin, ipv6 ? "[" : "", j.host, ipv6 ? "]" : "", j.port, join);
    assert(n > 0 && n < FETCH_LINE_BYTES);
    (void)n;
    OPENSSL_cleanse(&j, sizeof(j));
    return 0;
}
