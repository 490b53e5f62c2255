// SPDX-License-Identifier: MIT
/*
 * The coordinator's identity files: kept over restarts, refused if other users could
 * read them, made again after an interrupted start, and never by two processes at once.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "server/access/certificate.h"
#include "server/access/identity.h"
#include "tests/lib/scratch.h"

static const char *const files[] = {"key.pem", "certificate.pem", "state.key",
                                    "tokens"};

static struct error why;

static const char *directory(void)
{
    return scratch("state");
}

static const char *file(const char *name)
{
    char inner[64];
    snprintf(inner, sizeof(inner), "state/%s", name);
    return scratch(inner);
}

static struct identity *opened(void)
{
    struct identity *id = NULL;
    if (identity_open(directory(), &id, &why) < 0)
        fail_msg("%s", why.what);
    return id;
}

static void assert_refused(int err, const char *what)
{
    struct identity *id = NULL;
    char expected[PATH_MAX + 100];
    snprintf(expected, sizeof(expected), "%s%s", scratch_folder, what);
    assert_int_equal(identity_open(directory(), &id, &why), err);
    assert_string_equal(why.what, expected);
    assert_null(id);
}

/* All that a peer could tell it by. */
struct face {
    uint8_t pin[JOIN_PIN_BYTES], state_key[IDENTITY_STATE_KEY_BYTES];
    uint8_t worker[JOIN_TOKEN_BYTES], operator[JOIN_TOKEN_BYTES];
};

static struct face face(const struct identity *id)
{
    struct face f;
    memcpy(f.pin, identity_pin(id), sizeof(f.pin));
    memcpy(f.state_key, identity_state_key(id), sizeof(f.state_key));
    memcpy(f.worker, identity_token(id, ROLE_WORKER), sizeof(f.worker));
    memcpy(f.operator, identity_token(id, ROLE_OPERATOR), sizeof(f.operator));
    return f;
}

static enum auth right(const struct identity *id, enum role role, const uint8_t *token)
{
    return identity_authorize(id, role, token, JOIN_TOKEN_BYTES);
}

static void a_new_one_is_like_no_other(void **state)
{
    (void)state;
    struct identity *one = identity_new(), *two = identity_new();
    struct face a = face(one), b = face(two);
    static const uint8_t zeros[JOIN_TOKEN_BYTES];
    assert_memory_not_equal(a.pin, b.pin, sizeof(a.pin));
    assert_memory_not_equal(a.state_key, b.state_key, sizeof(a.state_key));
    assert_memory_not_equal(a.worker, b.worker, sizeof(a.worker));
    assert_memory_not_equal(a.worker, a.operator, sizeof(a.worker));
    assert_memory_not_equal(a.operator, zeros, sizeof(zeros));
    identity_free(one);
    identity_free(two);
    identity_free(NULL);
}

static void the_pin_is_the_digest_of_the_certificates_key(void **state)
{
    (void)state;
    struct identity *id = identity_new();
    X509 *c = identity_certificate(id);
    uint8_t *der = NULL, digest[SHA256_DIGEST_LENGTH];
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c), &der);
    assert_true(n > 0);
    SHA256(der, (size_t)n, digest);
    assert_memory_equal(identity_pin(id), digest, sizeof(digest));
    OPENSSL_free(der);
    assert_int_equal(X509_verify(c, identity_key(id)), 1);
    assert_int_equal(X509_check_private_key(c, identity_key(id)), 1);
    identity_free(id);
}

static void the_certificate_names_picoord_for_a_hundred_years(void **state)
{
    (void)state;
    char name[64];
    int days, seconds;
    struct identity *id = identity_new();
    X509 *c = identity_certificate(id);
    X509_NAME_get_text_by_NID(X509_get_subject_name(c), NID_commonName, name,
                              sizeof(name));
    assert_string_equal(name, "picoord");
    assert_int_equal(X509_cmp_current_time(X509_get0_notBefore(c)), -1);
    assert_int_equal(ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(c)), 1);
    assert_in_range(days, 36500, 36525);
    identity_free(id);
}

static bool is_for(const struct identity *id, const char *name)
{
    X509 *c = identity_certificate(id);
    return X509_check_ip_asc(c, name, 0) == 1 ||
           X509_check_host(c, name, 0, 0, NULL) == 1;
}

static void certify(struct identity *id, int expected, const char *first,
                    const char *second)
{
    const char *names[] = {first, second};
    assert_int_equal(identity_certify(id, names, 2, &why), expected);
}

static void the_certificate_is_for_what_the_host_is_called(void **state)
{
    (void)state;
    static const char *const always[] = {"picoord", "localhost", "127.0.0.1", "::1"};
    struct identity *id = opened();
    struct face before = face(id);
    for (size_t i = 0; i < ARRAY_SIZE(always); i++)
        assert_true(is_for(id, always[i]));
    assert_false(is_for(id, "lab-01"));
    certify(id, 1, "lab-01", "2001:db8::5");
    assert_true(is_for(id, "lab-01") && is_for(id, "2001:db8:0:0::5"));
    assert_true(is_for(id, "picoord") && !is_for(id, "lab-02"));
    certify(id, 0, "LAB-01", "localhost");
    certify(id, 0, "2001:db8::5", "no name, is it");
    identity_free(id);
    id = opened(); /* it was stored */
    certify(id, 0, "lab-01", "2001:db8::5");
    certify(id, 1, "lab-02", "10.0.0.5");
    assert_true(is_for(id, "10.0.0.5") && !is_for(id, "lab-01"));
    assert_int_equal(X509_verify(identity_certificate(id), identity_key(id)), 1);
    struct face after = face(id);
    assert_memory_equal(&before, &after, sizeof(after)); /* the key is the same */
    identity_free(id);
}

static void a_certificate_has_room_for_so_many_names(void **state)
{
    (void)state;
    enum { MORE = CERTIFICATE_NAMES + 1 };
    char texts[MORE][CERTIFICATE_NAME_BYTES + 1];
    const char *names[MORE];
    struct identity *id = opened();
    for (size_t i = 0; i < MORE; i++) {
        memset(texts[i], 'a', sizeof(texts[i]));
        snprintf(texts[i] + CERTIFICATE_NAME_BYTES - 4, 5, ".x%02zu", i);
        names[i] = texts[i];
    }
    assert_int_equal(identity_certify(id, names, MORE, &why), 1);
    assert_true(is_for(id, names[MORE - 2]) && !is_for(id, names[MORE - 1]));
    identity_free(id);
    id = opened(); /* the file holds it whole */
    assert_int_equal(identity_certify(id, names, MORE, &why), 0);
    identity_free(id);
}

static void it_is_the_same_after_a_restart(void **state)
{
    (void)state;
    struct stat st;
    struct identity *id = opened();
    struct face before = face(id);
    identity_free(id);
    assert_int_equal(scratch_count(directory()), 5);
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        assert_int_equal(stat(file(files[i]), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
    }
    assert_int_equal(stat(directory(), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    id = opened();
    struct face after = face(id);
    assert_memory_equal(&before, &after, sizeof(after));
    assert_int_equal(X509_verify(identity_certificate(id), identity_key(id)), 1);
    identity_free(id);
}

/* Whatever was there when a first start was killed: `tokens` comes last, so all other
 * files may be whole, and a draft of any. */
static void a_first_start_that_was_killed_starts_again(void **state)
{
    (void)state;
    for (size_t there = 0; there < ARRAY_SIZE(files); there++) {
        struct identity *id = opened();
        struct face first = face(id);
        identity_free(id);
        for (size_t i = there; i < ARRAY_SIZE(files); i++)
            assert_int_equal(unlink(file(files[i])), 0);
        scratch_write(file("tokens.99999"), "worker 00", 0600);
        id = opened();
        struct face second = face(id);
        assert_memory_not_equal(&first, &second, sizeof(first));
        identity_free(id);
        id = opened();
        struct face third = face(id);
        assert_memory_equal(&third, &second, sizeof(second));
        identity_free(id);
    }
}

static void what_is_missing_later_is_not_made_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char said[64], keep[PATH_MAX];
        identity_free(opened());
        snprintf(keep, sizeof(keep), "%s.keep", file(files[i]));
        assert_int_equal(rename(file(files[i]), keep), 0);
        snprintf(said, sizeof(said), "/state/%s is missing", files[i]);
        assert_refused(-ENOENT, said);
        assert_int_equal(rename(keep, file(files[i])), 0);
        identity_free(opened());
    }
}

static void what_cannot_be_understood_is_left_as_it_is(void **state)
{
    (void)state;
    struct stat st;
    identity_free(opened());
    scratch_write(file("tokens"), "worker 00\n", 0600);
    assert_refused(-EBADMSG, "/state/tokens is not as picoord writes it");
    assert_int_equal(stat(file("tokens"), &st), 0);
    assert_int_equal(st.st_size, 10);
    assert_int_equal(unlink(file("tokens")), 0);
    identity_free(opened());
    scratch_write(file("state.key"), "short", 0600);
    assert_refused(-EBADMSG, "/state/state.key is cut");
    scratch_write(file("certificate.pem"), "-----BEGIN", 0600);
    assert_refused(-EBADMSG, "/state/certificate.pem is no certificate for key.pem");
    scratch_write(file("key.pem"), "-----BEGIN", 0600);
    assert_refused(-EBADMSG, "/state/key.pem holds no P-256 key");
}

static void a_certificate_of_another_key_is_refused(void **state)
{
    (void)state;
    identity_free(opened());
    assert_int_equal(rename(file("certificate.pem"), scratch("certificate.pem")), 0);
    assert_int_equal(unlink(file("tokens")), 0);
    identity_free(opened()); /* with another key */
    assert_int_equal(rename(scratch("certificate.pem"), file("certificate.pem")), 0);
    assert_refused(-EBADMSG, "/state/certificate.pem is no certificate for key.pem");
}

static void loose_modes_are_refused(void **state)
{
    (void)state;
    identity_free(opened());
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        char said[64];
        assert_int_equal(chmod(file(files[i]), 0640), 0);
        snprintf(said, sizeof(said), "/state/%s may be read by others (mode 0640)",
                 files[i]);
        assert_refused(-EPERM, said);
        assert_int_equal(chmod(file(files[i]), 0600), 0);
    }
    assert_int_equal(chmod(directory(), 0755), 0);
    assert_refused(-EPERM, "/state may be read by others (mode 0755)");
}

static void files_of_others_are_refused(void **state)
{
    (void)state;
    identity_free(opened());
    if (chown(file("key.pem"), 12345, (gid_t)-1) < 0)
        skip(); /* needs root */
    assert_refused(-EPERM, "/state/key.pem belongs to another user (uid 12345)");
    assert_int_equal(chown(directory(), 12345, (gid_t)-1), 0);
    assert_refused(-EPERM, "/state belongs to another user (uid 12345)");
}

static void a_link_to_the_directory_may_be_given(void **state)
{
    (void)state;
    struct identity *id = opened(), *same;
    struct face before = face(id);
    assert_string_equal(identity_directory(id), directory());
    identity_free(id);
    assert_int_equal(symlink(directory(), scratch("link")), 0);
    assert_int_equal(identity_open(scratch("link"), &same, &why), 0);
    struct face after = face(same);
    assert_memory_equal(&before, &after, sizeof(after));
    assert_string_equal(identity_directory(same), directory());
    identity_free(same);
    assert_int_equal(identity_only_lock(scratch("link"), &same, &why), 0);
    assert_string_equal(identity_directory(same), directory());
    identity_free(same);
}

/* What the link leads to later is another directory: nothing goes there. */
static void the_directory_is_found_once(void **state)
{
    (void)state;
    struct identity *id;
    assert_int_equal(mkdir(directory(), 0700), 0);
    assert_int_equal(mkdir(scratch("other"), 0700), 0);
    assert_int_equal(symlink("state", scratch("link")), 0);
    assert_int_equal(identity_open(scratch("link"), &id, &why), 0);
    assert_int_equal(unlink(scratch("link")), 0);
    assert_int_equal(symlink("other", scratch("link")), 0);
    assert_int_equal(identity_rotate(id, ROLE_WORKER, &why), 0);
    assert_int_equal(scratch_count(scratch("other")), 0);
    identity_free(id);
    id = identity_new();
    assert_null(identity_directory(id));
    identity_free(id);
}

static void the_directory_is_one_process_alone(void **state)
{
    (void)state;
    struct identity *id = opened(), *second = NULL;
    char said[PATH_MAX + 100];
    snprintf(said, sizeof(said),
             "the state directory %s is in use by picoord with pid %d", directory(),
             (int)getpid());
    assert_int_equal(identity_open(directory(), &second, &why), -EBUSY);
    assert_string_equal(why.what, said);
    pid_t pid = fork();
    if (pid == 0)
        _exit(identity_open(directory(), &second, &why) == -EBUSY ? 0 : 1);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    identity_free(id);
    identity_free(opened());
}

static void each_token_gives_its_right(void **state)
{
    (void)state;
    struct identity *id = identity_new();
    struct face f = face(id);
    assert_int_equal(right(id, ROLE_WORKER, f.worker), AUTH_WORKER_TOKEN);
    assert_int_equal(right(id, ROLE_OPERATOR, f.worker), AUTH_WORKER_ONLY);
    assert_int_equal(right(id, ROLE_OPERATOR, f.operator), AUTH_OPERATOR_TOKEN);
    assert_int_equal(right(id, ROLE_WORKER, f.operator), AUTH_OPERATOR_TOKEN);
    assert_int_equal(identity_authorize(id, ROLE_WORKER, NULL, 0), AUTH_MISSING);
    assert_int_equal(identity_authorize(id, ROLE_WORKER, f.worker, 15), AUTH_WRONG);
    uint8_t longer[JOIN_TOKEN_BYTES + 1] = {0};
    memcpy(longer, f.worker, JOIN_TOKEN_BYTES);
    assert_int_equal(identity_authorize(id, ROLE_WORKER, longer, sizeof(longer)),
                     AUTH_WRONG);
    for (size_t bit = 0; bit < 8 * sizeof(f.worker); bit++) {
        f.worker[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(right(id, ROLE_WORKER, f.worker), AUTH_WRONG);
        f.worker[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    identity_free(id);
}

static void local_token(const struct identity *id, uint8_t ret[JOIN_TOKEN_BYTES])
{
    char text[JOIN_TEXT_BYTES], ignored[JOIN_WHY_BYTES];
    struct join join;
    identity_local_join(id, "127.0.0.1", "31415", text);
    assert_int_equal(join_parse(text, &join, ignored), 0);
    memcpy(ret, join.token, JOIN_TOKEN_BYTES);
}

/* It is one of workers, is renewed with theirs, and ends with this process. */
static void workers_of_this_user_have_a_token_that_is_never_stored(void **state)
{
    (void)state;
    uint8_t first[JOIN_TOKEN_BYTES], next[JOIN_TOKEN_BYTES];
    struct identity *id = opened();
    local_token(id, first);
    assert_int_equal(right(id, ROLE_WORKER, first), AUTH_LOCAL_TOKEN);
    assert_int_equal(right(id, ROLE_OPERATOR, first), AUTH_WORKER_ONLY);
    assert_int_equal(identity_rotate(id, ROLE_OPERATOR, &why), 0);
    assert_int_equal(right(id, ROLE_WORKER, first), AUTH_LOCAL_TOKEN);
    assert_int_equal(identity_rotate(id, ROLE_WORKER, &why), 0);
    local_token(id, next);
    assert_int_equal(right(id, ROLE_WORKER, first), AUTH_ROTATED);
    assert_int_equal(right(id, ROLE_WORKER, next), AUTH_LOCAL_TOKEN);
    identity_free(id);
    id = opened();
    assert_int_equal(right(id, ROLE_WORKER, next), AUTH_WRONG);
    local_token(id, first);
    assert_memory_not_equal(first, next, sizeof(first));
    identity_free(id);
}

static void a_rotated_token_is_known_after_a_restart(void **state)
{
    (void)state;
    struct identity *id = opened();
    struct face before = face(id);
    assert_int_equal(identity_rotate(id, ROLE_WORKER, &why), 0);
    struct face after = face(id);
    assert_memory_not_equal(before.worker, after.worker, sizeof(after.worker));
    assert_memory_equal(before.operator, after.operator, sizeof(after.operator));
    assert_memory_equal(before.pin, after.pin, sizeof(after.pin));
    for (int again = 0; again < 2; again++) {
        assert_int_equal(right(id, ROLE_WORKER, before.worker), AUTH_ROTATED);
        assert_int_equal(right(id, ROLE_OPERATOR, before.worker), AUTH_ROTATED);
        assert_int_equal(right(id, ROLE_WORKER, after.worker), AUTH_WORKER_TOKEN);
        assert_int_equal(right(id, ROLE_OPERATOR, after.operator), AUTH_OPERATOR_TOKEN);
        identity_free(id);
        id = opened();
    }
    identity_free(id);
}

static void the_newest_rotated_tokens_are_remembered(void **state)
{
    (void)state;
    enum { ROTATIONS = IDENTITY_ROTATED_MAX + 3 };
    uint8_t old[ROTATIONS][JOIN_TOKEN_BYTES];
    struct identity *id = opened();
    for (int i = 0; i < ROTATIONS; i++) {
        enum role role = i % 2 ? ROLE_OPERATOR : ROLE_WORKER;
        memcpy(old[i], identity_token(id, role), JOIN_TOKEN_BYTES);
        assert_int_equal(identity_rotate(id, role, &why), 0);
    }
    identity_free(id);
    id = opened();
    for (int i = 0; i < ROTATIONS; i++)
        assert_int_equal(right(id, ROLE_WORKER, old[i]),
                         i < ROTATIONS - IDENTITY_ROTATED_MAX ? AUTH_WRONG
                                                              : AUTH_ROTATED);
    identity_free(id);
}

static void a_rotation_that_cannot_be_kept_does_not_happen(void **state)
{
    (void)state;
    struct identity *id = opened();
    struct face before = face(id);
    assert_int_equal(rename(directory(), scratch("elsewhere")), 0);
    assert_int_equal(identity_rotate(id, ROLE_OPERATOR, &why), -ENOENT);
    struct face after = face(id);
    assert_memory_equal(&before, &after, sizeof(after));
    assert_int_equal(right(id, ROLE_OPERATOR, before.operator), AUTH_OPERATOR_TOKEN);
    identity_free(id);
    id = identity_new(); /* nothing to keep */
    assert_int_equal(identity_rotate(id, ROLE_OPERATOR, &why), 0);
    identity_free(id);
}

static void no_secret_stands_in_what_is_said(void **state)
{
    (void)state;
    char token[2 * JOIN_TOKEN_BYTES + 1], text[4096] = "";
    struct identity *id = opened();
    for (size_t i = 0; i < JOIN_TOKEN_BYTES; i++)
        sprintf(token + 2 * i, "%02x", identity_token(id, ROLE_WORKER)[i]);
    identity_free(id);
    FILE *in = fopen(file("tokens"), "re");
    assert_non_null(in);
    assert_true(fread(text, 1, sizeof(text) - 64, in) > 0);
    fclose(in);
    assert_non_null(strstr(text, token)); /* so the search means something */
    strcat(text, "and more\n");
    scratch_write(file("tokens"), text, 0600);
    assert_refused(-EBADMSG, "/state/tokens is not as picoord writes it");
    assert_null(strstr(why.hint, token));
}

static void join_strings_hold_all_that_a_peer_needs(void **state)
{
    (void)state;
    struct identity *id = identity_new();
    struct join join;
    char text[JOIN_TEXT_BYTES], wrong[JOIN_WHY_BYTES];
    identity_join(id, ROLE_OPERATOR, "2001:db8::1", "31415", text);
    assert_int_equal(join_parse(text, &join, wrong), 0);
    assert_string_equal(join.host, "2001:db8::1");
    assert_memory_equal(join.pin, identity_pin(id), sizeof(join.pin));
    assert_int_equal(right(id, ROLE_OPERATOR, join.token), AUTH_OPERATOR_TOKEN);
    identity_free(id);
}

static void the_default_directory_follows_the_environment(void **state)
{
    (void)state;
    char path[PATH_MAX];
    setenv("STATE_DIRECTORY", "/var/lib/picoord:/var/lib/other", 1);
    setenv("XDG_STATE_HOME", "/x", 1);
    setenv("HOME", "/home/ada", 1);
    assert_int_equal(identity_default_dir(path, sizeof(path), &why), 0);
    assert_string_equal(path, "/var/lib/picoord");
    unsetenv("STATE_DIRECTORY");
    assert_int_equal(identity_default_dir(path, sizeof(path), &why), 0);
    assert_string_equal(path, "/x/picoord");
    setenv("XDG_STATE_HOME", "relative", 1); /* to be ignored, says the standard */
    assert_int_equal(identity_default_dir(path, sizeof(path), &why), 0);
    assert_string_equal(path, "/home/ada/.local/state/picoord");
    assert_int_equal(identity_default_dir(path, 10, &why), -ENAMETOOLONG);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_one_is_like_no_other),
        TEST(the_pin_is_the_digest_of_the_certificates_key),
        TEST(the_certificate_names_picoord_for_a_hundred_years),
        TEST(the_certificate_is_for_what_the_host_is_called),
        TEST(a_certificate_has_room_for_so_many_names),
        TEST(it_is_the_same_after_a_restart),
        TEST(a_first_start_that_was_killed_starts_again),
        TEST(what_is_missing_later_is_not_made_up),
        TEST(what_cannot_be_understood_is_left_as_it_is),
        TEST(a_certificate_of_another_key_is_refused),
        TEST(loose_modes_are_refused),
        TEST(files_of_others_are_refused),
        TEST(a_link_to_the_directory_may_be_given),
        TEST(the_directory_is_found_once),
        TEST(the_directory_is_one_process_alone),
        TEST(each_token_gives_its_right),
        TEST(workers_of_this_user_have_a_token_that_is_never_stored),
        TEST(a_rotated_token_is_known_after_a_restart),
        TEST(the_newest_rotated_tokens_are_remembered),
        TEST(a_rotation_that_cannot_be_kept_does_not_happen),
        TEST(no_secret_stands_in_what_is_said),
        TEST(join_strings_hold_all_that_a_peer_needs),
        TEST(the_default_directory_follows_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
