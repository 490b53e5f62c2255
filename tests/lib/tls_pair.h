// SPDX-License-Identifier: MIT
/*
 * A key and a self-signed certificate, valid for an hour from now, and the key's pin.
 */
#ifndef TESTS_LIB_TLS_PAIR_H
#define TESTS_LIB_TLS_PAIR_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "common/net/tls.h"

struct tls_pair {
    EVP_PKEY *key;
    X509 *certificate;
    uint8_t pin[PIN_BYTES];
};

/* A new P-256 key; released by tls_pair_release(). */
struct tls_pair tls_pair_new(void);
void tls_pair_release(struct tls_pair *p);

#endif
