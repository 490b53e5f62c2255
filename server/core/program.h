// SPDX-License-Identifier: MIT
/*
 * Which self-test of a program counts for a job, and who has it: what operators are
 * told where nobody has, or several differ.
 */
#ifndef SERVER_CORE_PROGRAM_H
#define SERVER_CORE_PROGRAM_H

#include "server/core/state.h"

/* What a submission asks for, under that policy.  NULL, and *ret is filled in; or why
 * that cannot be, and a hint. */
const char *program_submit(struct coord *c, const struct msg_submit *s,
                           enum audit_policy audit, struct program_record *ret,
                           const char **ret_hint);

/* Somebody has come: finds the self-test of jobs that nobody could count yet.  The
 * second: when all is restored. */
void program_known_by(struct coord *c, const struct worker *w);
void program_known(struct coord *c);

/* Why nobody computes a job of a program; "": somebody may. */
const char *program_stall(const struct coord *c, const struct job *j,
                          struct arena *memory);

/* Why nobody can audit it; "": somebody can. */
const char *program_unaudited(const struct coord *c, const struct job *j,
                              struct arena *memory);

#endif
