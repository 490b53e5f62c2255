// SPDX-License-Identifier: MIT
#include "tests/lib/tls_pair.h"

#include <assert.h>

struct tls_pair tls_pair_new(void)
{
    struct tls_pair p = {EVP_EC_gen("P-256"), X509_new(), {0}};
    int done = ASN1_INTEGER_set(X509_get_serialNumber(p.certificate), 1) &&
               X509_gmtime_adj(X509_getm_notBefore(p.certificate), 0) &&
               X509_gmtime_adj(X509_getm_notAfter(p.certificate), 3600) &&
               X509_set_pubkey(p.certificate, p.key) &&
               X509_sign(p.certificate, p.key, EVP_sha256());
    assert(done);
    (void)done;
    tls_pin(p.certificate, p.pin);
    return p;
}

void tls_pair_release(struct tls_pair *p)
{
    EVP_PKEY_free(p->key);
    X509_free(p->certificate);
}
