// SPDX-License-Identifier: MIT
#include "common/program/offer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/format.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
#define NAME_HINT "a name is a-z, A-Z, 0-9, '.', '_' and '-', at most 32 of them"

int offer_check_name(const char *subject, const char *name, struct error *why)
{
    size_t n = strlen(name);
    char shown[FORMAT_MAX];
    if (n == 0 || n > NAME_BYTES || strspn(name, NAME_CHARS) != n)
        return error_set(why, -EINVAL, NAME_HINT, "%s: '%s' is no name of a program",
                         subject, format_escape_str(shown, sizeof(shown), name));
    if (strcmp(name, "pi") == 0)
        return error_set(why, -EINVAL, "each worker has pi; call the program otherwise",
                         "%s: a program cannot be called 'pi'", subject);
    return 0;
}

int offer_parse(const char *subject, const char *text, struct program_offer *ret,
                struct error *why)
{
    char shown[FORMAT_MAX], name[NAME_BYTES + 2]; /* what is too long stays too long */
    const char *command = strchr(text, '=');
    if (!command || !command[1])
        return error_set(why, -EINVAL, "for example x=./x, or y='python3 y.py'",
                         "%s '%s' is no NAME=COMMAND", subject,
                         format_escape_str(shown, sizeof(shown), text));
    snprintf(name, sizeof(name), "%.*s", (int)(command - text), text);
    int err = offer_check_name(subject, name, why);
    if (err < 0)
        return err;
    memcpy(ret->name, name, sizeof(ret->name));
    ret->command = command + 1;
    return 0;
}

int offers_parse(const char *subject, const char *const *texts, size_t n,
                 struct offers *ret, struct error *why)
{
    *ret = (struct offers){.n = 0};
    if (n > PROGRAMS_MAX)
        return error_set(why, -EINVAL, "others go to another process",
                         "%s: %zu programs, at most %d", subject, n, PROGRAMS_MAX);
    for (size_t i = 0; i < n; i++) {
        struct program_offer *o = &ret->items[ret->n];
        int err = offer_parse(subject, texts[i], o, why);
        if (err < 0)
            return err;
        if (offers_find(ret, o->name))
            return error_set(why, -EINVAL, "each has a name of its own",
                             "%s: two programs are called '%s'", subject, o->name);
        ret->n++;
    }
    return 0;
}

const struct program_offer *offers_find(const struct offers *offers, const char *name)
{
    for (size_t i = 0; i < offers->n; i++)
        if (strcmp(offers->items[i].name, name) == 0)
            return &offers->items[i];
    return NULL;
}

int offer_check_arg(const char *subject, const char *arg, struct error *why)
{
    size_t n = strlen(arg);
    if (n > ARG_BYTES)
        return error_set(why, -EINVAL, "it goes to the program within one line",
                         "%s: a text of %zu bytes, at most %d", subject, n, ARG_BYTES);
    for (size_t i = 0; i < n; i++)
        if (arg[i] < 0x20 || arg[i] > 0x7e)
            return error_set(why, -EINVAL, "it goes to the program within one line",
                             "%s: not only printable ASCII", subject);
    return 0;
}
