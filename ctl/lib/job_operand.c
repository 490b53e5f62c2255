// SPDX-License-Identifier: MIT
#include "ctl/lib/job_operand.h"

#include <stdio.h>
#include <string.h>

#include "common/base/format.h"
#include "common/cli/job_format.h"
#include "common/cli/term.h"
#include "common/wire/names.h"

enum { LISTED = 8 /* ids in a message */ };

bool job_name_allowed(const char *word)
{
    size_t n = strlen(word);
    return n > 0 && n <= NAME_BYTES &&
           strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                        "0123456789._-") == n;
}

int job_list(struct ctl *ctl, struct replies *ret)
{
    return ctl_call(ctl, &(struct msg_request){.verb = REQUEST_JOBS}, REPLY_JOBS, ret);
}

static bool takes_all(const struct subcommand *s)
{
    for (const struct opt *o = s->command->options; o && o->name; o++)
        if (strcmp(o->name, "all") == 0)
            return true;
    return false;
}

/* "all" is what other tools take for every one. */
static void report_none(const struct subcommand *s, const char *word)
{
    char hint[TEXT_BYTES] = "pictl jobs lists them, with their ids and names";
    if (strcmp(word, "all") == 0)
        snprintf(hint, sizeof(hint),
                 takes_all(s) ? "for all of them: pictl %s --all"
                              : "pictl %s takes one job; pictl jobs lists them",
                 s->command->name);
    ctl_error_as("NO_SUCH_JOB", hint, "there is no job '%s'", word);
}

static void report_several(const struct replies *list, const char *word, size_t n)
{
    char ids[LISTED * (JOB_ID_BYTES + 2)] = "", id[JOB_ID_BYTES];
    size_t used = 0, listed = 0;
    for (size_t i = 0; i < list->n_jobs && listed < LISTED; i++)
        if (strcmp(list->jobs[i].name, word) == 0)
            used += (size_t)snprintf(ids + used, sizeof(ids) - used, "%s%s",
                                     listed++ ? ", " : "",
                                     job_id_text(id, list->jobs[i].number));
    ctl_error("name one by its id", "%zu jobs are called %s: %s%s", n, word, ids,
              n > LISTED ? ", ..." : "");
}

const struct job_view *job_in_list(const struct replies *list,
                                   const struct subcommand *s, const char *word)
{
    uint64_t number = job_number(word);
    const struct job_view *found = NULL;
    size_t n = 0;
    for (size_t i = 0; i < list->n_jobs; i++) {
        const struct job_view *j = &list->jobs[i];
        if (number ? j->number != number : strcmp(j->name, word) != 0)
            continue;
        found = j;
        n++;
    }
    if (n == 0)
        report_none(s, word);
    else if (n > 1)
        report_several(list, word, n);
    return n == 1 ? found : NULL;
}

int job_word(const struct subcommand *s, const char *word, uint64_t *ret_number)
{
    char shown[64];
    *ret_number = job_number(word);
    if (*ret_number || job_name_allowed(word))
        return EXIT_DONE;
    return opt_usage_error(s->command,
                           "a job is named as 'pictl jobs' does: j-1, or by its name",
                           "'%s' names no job", term_typed(shown, sizeof(shown), word));
}

int job_named(struct ctl *ctl, const struct subcommand *s, const char *word,
              uint64_t *ret_job)
{
    struct replies list;
    int status = job_word(s, word, ret_job);
    if (status || *ret_job)
        return status;
    status = job_list(ctl, &list);
    if (status == EXIT_DONE) {
        const struct job_view *j = job_in_list(&list, s, word);
        *ret_job = j ? j->number : 0;
        status = j ? EXIT_DONE : EXIT_UNKNOWN;
    }
    replies_release(&list);
    return status;
}

int job_operand(struct ctl *ctl, const struct subcommand *s,
                const struct opt_operands *operands, uint64_t *ret_job)
{
    *ret_job = 0;
    return operands->n ? job_named(ctl, s, operands->items[0], ret_job) : EXIT_DONE;
}
