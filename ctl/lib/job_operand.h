// SPDX-License-Identifier: MIT
/*
 * Jobs as people name them: j-7, j7, J-7, 7, or a name that only one job has.  A name
 * is looked up in the coordinator's list; an id is passed on as it is.
 */
#ifndef CTL_LIB_JOB_OPERAND_H
#define CTL_LIB_JOB_OPERAND_H

#include "ctl/lib/ctl.h"

/* All jobs, in *ret, which the caller releases in any case. */
MUST_USE int job_list(struct ctl *ctl, struct replies *ret);

/* Its number if it is an id; 0: it may be a name.  EXIT_USAGE: it is neither, which has
 * been reported. */
MUST_USE int job_word(const struct subcommand *s, const char *word,
                      uint64_t *ret_number);

/* The job that a word names.  EXIT_DONE, or the failure has been reported: EXIT_USAGE
 * (no word for a job), EXIT_UNKNOWN (no job, or several), or the coordinator is not
 * reached. */
MUST_USE int job_named(struct ctl *ctl, const struct subcommand *s, const char *word,
                       uint64_t *ret_job);

/* The same for the only operand; without one *ret_job is 0. */
MUST_USE int job_operand(struct ctl *ctl, const struct subcommand *s,
                         const struct opt_operands *operands, uint64_t *ret_job);

/* The job in a list of jobs; NULL: there is none, or several, which has been reported.
 */
const struct job_view *job_in_list(const struct replies *list,
                                   const struct subcommand *s, const char *word);

/* Whether a word is what jobs may be called: 1 to 32 letters, digits, '.', '_' and '-'.
 */
bool job_name_allowed(const char *word);

#endif
