// SPDX-License-Identifier: MIT
#include "worker/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/format.h"
#include "common/wire/names.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
#define NAME_HINT "a-z, A-Z, 0-9, '.', '_' and '-', at most 32 of them"

/* Slurm, Open MPI, MPICH and its kin, PMIx, an indexed job of Kubernetes. */
static const char *const rank_variables[] = {"SLURM_PROCID", "OMPI_COMM_WORLD_RANK",
                                             "PMI_RANK", "PMIX_RANK",
                                             "JOB_COMPLETION_INDEX"};

struct name {
    char text[NAME_BYTES + 1]; /* the beginning, if n is more */
    size_t n, hosts;           /* hosts: how many %h */
};

static void append(struct name *name, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++, name->n++)
        if (name->n < NAME_BYTES)
            name->text[name->n] = text[i];
}

static const char *find_rank(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(rank_variables); i++) {
        const char *rank = getenv(rank_variables[i]);
        if (rank && *rank)
            return rank;
    }
    return NULL;
}

static int no_rank(const char *subject, struct error *why)
{
    char list[200];
    size_t used = 0;
    for (size_t i = 0; i < ARRAY_SIZE(rank_variables); i++)
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
                                 i ? ", " : "", rank_variables[i]);
    return error_set(why, -EINVAL, "%h is the host, %p the process id",
                     "%s: there is no rank for %%r; looked for %s", subject, list);
}

/* Appends what the letter after a '%' stands for. */
static int append_letter(const char *subject, struct name *name, char letter,
                         const char *host, struct error *why)
{
    char pid[FORMAT_MAX];
    const char *text = NULL;
    switch (letter) {
    case 'h':
        text = host;
        name->hosts++;
        break;
    case 'p':
        snprintf(pid, sizeof(pid), "%d", (int)getpid());
        text = pid;
        break;
    case 'r':
        text = find_rank();
        if (!text)
            return no_rank(subject, why);
        break;
    default:
        return error_set(why, -EINVAL, "%h is the host, %p the process id, %r the rank",
                         "%s: '%%' stands before none of h, p and r", subject);
    }
    append(name, text, strlen(text));
    return 0;
}

static int expand(const char *subject, const char *pattern, const char *host,
                  struct name *ret, struct error *why)
{
    *ret = (struct name){.n = 0};
    for (const char *c = pattern; *c; c++) {
        int err = 0;
        if (*c == '%')
            err = append_letter(subject, ret, *++c, host, why);
        else
            append(ret, c, 1);
        if (err || !*c)
            return err;
    }
    return 0;
}

/* One '-' for each character that no name has, of any length in UTF-8; at most n bytes.
 * Returns whether something has changed. */
static bool clean_host(const char *host, size_t n, char ret[NAME_BYTES + 1])
{
    size_t used = 0;
    bool changed = false;
    for (; *host && used < n; host++) {
        if (((unsigned char)*host & 0xc0) == 0x80)
            continue; /* within a character */
        bool good = strchr(NAME_CHARS, *host) != NULL;
        changed |= !good;
        ret[used++] = good ? *host : '-';
    }
    ret[used] = '\0';
    return changed || *host;
}

int name_make(const char *subject, const char *pattern, const char *host,
              char ret[NAME_BYTES + 1], bool *ret_changed, struct error *why)
{
    char shown[64], cleaned[NAME_BYTES + 1] = "";
    const char *given = pattern ? pattern : "%h";
    struct name name;
    uint64_t id;
    int err = expand(subject, given, "", &name, why);
    if (err)
        return err;
    format_escape_str(shown, sizeof(shown), given);
    if (name.n > NAME_BYTES || strspn(name.text, NAME_CHARS) < name.n)
        return error_set(why, -EINVAL, NAME_HINT, "%s '%s' is no name", subject, shown);
    *ret_changed =
        name.hosts > 0 && clean_host(host, (NAME_BYTES - name.n) / name.hosts, cleaned);
    err = expand(subject, given, cleaned, &name, why);
    if (err)
        return err;
    memcpy(ret, name.text, sizeof(name.text));
    if (!worker_id_of(ret, &id))
        return 0;
    if (pattern)
        return error_set(why, -EINVAL, "16 hexadecimal digits are an id",
                         "%s '%s' reads like the id of a worker", subject, shown);
    strcpy(ret + 12, "-host"); /* a host may be called what an id is */
    *ret_changed = true;
    return 0;
}
