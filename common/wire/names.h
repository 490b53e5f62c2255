// SPDX-License-Identifier: MIT
/*
 * Names of states, as used by people, JSON and the wire, and names of jobs.  Pure.
 */
#ifndef COMMON_WIRE_NAMES_H
#define COMMON_WIRE_NAMES_H

#include "common/wire/msg.h"

/* "running", "busy", "ready"; never NULL. */
const char *job_state_name(enum job_state s);
const char *worker_state_name(enum worker_state s);
const char *coord_state_name(enum coord_state s);
const char *worker_trust_name(enum worker_trust t);
const char *trusted_as_name(enum trusted_as t);         /* "": it is not */
const char *worker_removed_name(enum worker_removed r); /* "": it was not */
const char *program_state_name(enum program_state s);
const char *audit_policy_name(enum audit_policy p);
const char *refusal_name(enum refusal_code c);
const char *msg_name(enum msg_type t); /* as docs/PROTOCOL.md has it: "GiveBack" */

/* A protocol range as text: "1", or "2 to 3". */
enum { PROTOCOLS_TEXT_BYTES = 32 };
const char *protocols_text(char ret[PROTOCOLS_TEXT_BYTES], uint32_t min, uint32_t max);

/* "j-17", "j17", "J-17", "J17" or "17" to 17; anything else to 0. */
uint64_t job_number(const char *text);

/* Whether a text reads like the id of a job, whatever its number: no new job may be
 * called so, as an id goes before a name. */
bool job_id_like(const char *text);

/* The worker's id that a text of 16 hexadecimal digits (of either case) names; false:
 * it is none, and *ret is unchanged. */
bool worker_id_of(const char *text, uint64_t *ret);

#endif
