// SPDX-License-Identifier: MIT
#include "server/access/certificate.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "common/base/base.h"
#include "common/sys/hash.h"

enum { DAYS = 36525, SERIAL_BYTES = 16 };

/* Only memory or randomness can be missing here. */
static void must(bool ok)
{
    if (!ok)
        abort();
}

EVP_PKEY *key_make(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    must(key);
    return key;
}

static void set_serial(X509 *c)
{
    uint8_t bytes[SERIAL_BYTES];
    hash_random(bytes, sizeof(bytes));
    bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40); /* positive, of full length */
    BIGNUM *number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    must(number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(c)));
    BN_free(number);
}

static void add_extension(X509 *c, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    must(e && X509_add_ext(c, e, -1));
    X509_EXTENSION_free(e);
}

/* ---- names ---- */

static const char *const always[] = {"picoord", "localhost", "127.0.0.1", "::1"};

static bool is_address(const char *name)
{
    ASN1_OCTET_STRING *bytes = a2i_IPADDRESS(name);
    ASN1_OCTET_STRING_free(bytes);
    return bytes != NULL;
}

/* As programs that verify certificates expect it: letters, digits, hyphens, dots. */
static bool is_host_name(const char *name)
{
    static const char marks[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789-.";
    size_t n = strlen(name);
    return n > 0 && n <= CERTIFICATE_NAME_BYTES && strspn(name, marks) == n;
}

static size_t at_most(size_t n)
{
    return n < CERTIFICATE_NAMES ? n : CERTIFICATE_NAMES;
}

static void add_name(GENERAL_NAMES *list, const char *name)
{
    bool address = is_address(name);
    if (!address && !is_host_name(name))
        return;
    GENERAL_NAME *g =
        a2i_GENERAL_NAME(NULL, NULL, NULL, address ? GEN_IPADD : GEN_DNS, name, 0);
    must(g && sk_GENERAL_NAME_push(list, g) > 0);
}

static bool is_among(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(name, names[i]))
            return true;
    return false;
}

static void add_names(X509 *c, const char *const *names, size_t n)
{
    GENERAL_NAMES *list = GENERAL_NAMES_new();
    must(list);
    for (size_t i = 0; i < ARRAY_SIZE(always); i++)
        add_name(list, always[i]);
    for (size_t i = 0; i < at_most(n); i++)
        if (!is_among(names[i], names, i) &&
            !is_among(names[i], always, ARRAY_SIZE(always)))
            add_name(list, names[i]);
    must(X509_add1_ext_i2d(c, NID_subject_alt_name, list, 0, 0) == 1);
    GENERAL_NAMES_free(list);
}

static bool has_name(X509 *c, const char *name)
{
    if (is_address(name))
        return X509_check_ip_asc(c, name, 0) == 1;
    return !is_host_name(name) ||
           X509_check_host(c, name, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
}

bool certificate_is_for(X509 *certificate, const char *const *names, size_t n)
{
    bool all = true;
    for (size_t i = 0; i < ARRAY_SIZE(always); i++)
        all &= has_name(certificate, always[i]);
    for (size_t i = 0; i < at_most(n); i++)
        all &= has_name(certificate, names[i]);
    ERR_clear_error();
    return all;
}

/* ---- making ---- */

X509 *certificate_make(EVP_PKEY *key, const char *const *names, size_t n)
{
    X509 *c = X509_new();
    must(c && X509_set_version(c, X509_VERSION_3));
    set_serial(c);
    /* Starts a day ago, since the clock of a peer may be slow and some programs
     * check. */
    must(X509_time_adj_ex(X509_getm_notBefore(c), -1, 0, NULL) &&
         X509_time_adj_ex(X509_getm_notAfter(c), DAYS, 0, NULL));
    X509_NAME *name = X509_get_subject_name(c);
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                    (const uint8_t *)"picoord", -1, -1, 0) &&
         X509_set_issuer_name(c, name) && X509_set_pubkey(c, key));
    add_extension(c, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(c, NID_key_usage, "critical,digitalSignature");
    add_extension(c, NID_ext_key_usage, "serverAuth");
    add_names(c, names, n);
    ERR_clear_error(); /* of names that are no addresses */
    must(X509_sign(c, key, EVP_sha256()) > 0);
    return c;
}

/* Reads the text and frees the BIO; a secure BIO overwrites its memory. */
static size_t take_text(BIO *bio, char ret[PEM_BYTES])
{
    int n = BIO_read(bio, ret, PEM_BYTES - 1);
    must(n > 0);
    ret[n] = '\0';
    BIO_free(bio);
    return (size_t)n;
}

size_t key_write(EVP_PKEY *key, char ret[PEM_BYTES])
{
    BIO *bio = BIO_new(BIO_s_secmem());
    must(bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
    return take_text(bio, ret);
}

size_t certificate_write(X509 *certificate, char ret[PEM_BYTES])
{
    BIO *bio = BIO_new(BIO_s_mem());
    must(bio && PEM_write_bio_X509(bio, certificate));
    return take_text(bio, ret);
}

/* picoord's keys are not encrypted; without this OpenSSL would prompt on the
 * terminal. */
static int no_password(char *buf, int size, int rwflag, void *ctx)
{
    (void)buf, (void)size, (void)rwflag, (void)ctx;
    return -1;
}

EVP_PKEY *key_read(const char *pem)
{
    char group[64] = "";
    BIO *bio = BIO_new_mem_buf(pem, -1);
    must(bio);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    BIO_free(bio);
    if (key && EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
        strcmp(group, "prime256v1") == 0)
        return key;
    EVP_PKEY_free(key);
    ERR_clear_error();
    return NULL;
}

X509 *certificate_read(const char *pem, EVP_PKEY *key)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    must(bio);
    X509 *c = PEM_read_bio_X509(bio, NULL, no_password, NULL);
    BIO_free(bio);
    if (c && X509_check_private_key(c, key) == 1)
        return c;
    X509_free(c);
    ERR_clear_error();
    return NULL;
}

void key_pin(EVP_PKEY *key, uint8_t ret[JOIN_PIN_BYTES])
{
    uint8_t *der = NULL;
    int n = i2d_PUBKEY(key, &der);
    must(n > 0 && SHA256(der, (size_t)n, ret));
    OPENSSL_free(der);
}
