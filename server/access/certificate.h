// SPDX-License-Identifier: MIT
/*
 * The key and the certificate of an identity: made, written as PEM, read, and the
 * digest of the public key that join strings carry.  Thin over OpenSSL; what fails here
 * for other reasons than its input aborts.
 */
#ifndef SERVER_ACCESS_CERTIFICATE_H
#define SERVER_ACCESS_CERTIFICATE_H

#include <openssl/types.h>

#include "common/join/join.h"

enum { PEM_BYTES = 4096 }; /* the longest file, and its NUL */

/* Returned; the caller frees them. */
EVP_PKEY *key_make(void);              /* P-256 */
X509 *certificate_make(EVP_PKEY *key); /* CN picoord, for 100 years, signed by itself */

/* As text; the number of characters. */
size_t key_write(EVP_PKEY *key, char ret[PEM_BYTES]);
size_t certificate_write(X509 *certificate, char ret[PEM_BYTES]);

/* NULL: it is no P-256 key; no certificate for that key. */
EVP_PKEY *key_read(const char *pem);
X509 *certificate_read(const char *pem, EVP_PKEY *key);

/* SHA-256 of the SubjectPublicKeyInfo. */
void key_pin(EVP_PKEY *key, uint8_t ret[JOIN_PIN_BYTES]);

#endif
