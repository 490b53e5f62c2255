// SPDX-License-Identifier: MIT
/*
 * Only in the static piworker (`make static`), which runs on machines that it was not
 * built on: before main(), glibc and OpenSSL are told to use what they hold themselves.
 * Else a machine's nsswitch.conf or openssl.cnf names libraries that a static program
 * cannot load.
 */
#include <netdb.h>
#include <nss.h>

#include <openssl/crypto.h>

__attribute__((constructor)) static void use_only_what_is_here(void)
{
    __nss_configure_lookup("hosts", "files dns");
    __nss_configure_lookup("passwd", "files");
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}
