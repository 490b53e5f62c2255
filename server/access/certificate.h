// SPDX-License-Identifier: MIT
/*
 * The key and certificate of an identity: makes, writes and reads them as PEM, and
 * computes the digest of the public key that join strings carry.  Thin over OpenSSL;
 * any failure other than bad input aborts.
 */
#ifndef SERVER_ACCESS_CERTIFICATE_H
#define SERVER_ACCESS_CERTIFICATE_H

#include <stdbool.h>

#include <openssl/types.h>

#include "common/join/join.h"

enum {
    CERTIFICATE_NAMES = 32,       /* in addition to those that every certificate has */
    CERTIFICATE_NAME_BYTES = 253, /* the longest name of a host */
    PEM_BYTES = 16 * 1024,        /* the longest file and its NUL */
};

/* The caller frees the result. */
EVP_PKEY *key_make(void); /* P-256 */

/* CN picoord, for 100 years, signed by itself.  It is for picoord, localhost,
 * 127.0.0.1,
 * ::1, and the first CERTIFICATE_NAMES of these names and addresses; what is neither is
 * left out. */
X509 *certificate_make(EVP_PKEY *key, const char *const *names, size_t n);

/* Whether it is for all that certificate_make() would put into it. */
bool certificate_is_for(X509 *certificate, const char *const *names, size_t n);

/* Writes PEM text; returns its length. */
size_t key_write(EVP_PKEY *key, char ret[PEM_BYTES]);
size_t certificate_write(X509 *certificate, char ret[PEM_BYTES]);

/* NULL: not a P-256 key, or not a certificate for that key. */
EVP_PKEY *key_read(const char *pem);
X509 *certificate_read(const char *pem, EVP_PKEY *key);

/* SHA-256 of the SubjectPublicKeyInfo. */
void key_pin(EVP_PKEY *key, uint8_t ret[JOIN_PIN_BYTES]);

#endif
