// SPDX-License-Identifier: MIT
/*
 * Messages of a size: for each limit of a single message one that has so much of what
 * is limited and is right otherwise.  The answers are those of wire_verdict.h: why it
 * is refused, or NULL.
 */
#ifndef TESTS_LIB_WIRE_SIZED_H
#define TESTS_LIB_WIRE_SIZED_H

#include <stdint.h>

/* Call it before the others. */
void wire_sized_setup(void);

const char *sized_hello_from(uint64_t n);
const char *sized_hello_secret(uint64_t n);
const char *sized_hello_proof(uint64_t n);
const char *sized_hello_name(uint64_t n);
const char *sized_hello_threads(uint64_t n);
const char *sized_hello_offers(uint64_t n);
const char *sized_bye_reason(uint64_t n);
const char *sized_heartbeat_entries(uint64_t n);
const char *sized_grants_entries(uint64_t n);
const char *sized_grants_token(uint64_t n);
const char *sized_grants_arg(uint64_t n);
const char *sized_grant_of_leases(uint64_t n);
const char *sized_grant_of_log2(uint64_t n);
const char *sized_resume_entries(uint64_t n);
const char *sized_resume_stderr(uint64_t n);
const char *sized_results_grants(uint64_t n);
const char *sized_results_hits(uint64_t n);
const char *sized_results_pieces(uint64_t n);
const char *sized_lease_of_pieces(uint64_t n);
const char *sized_lease_of_hits(uint64_t n);
const char *sized_piece_of_hits(uint64_t n);
const char *sized_answers_entries(uint64_t n);
const char *sized_cancel_entries(uint64_t n);
const char *sized_extend_to(uint64_t n);
const char *sized_submit_of_program(uint64_t n);
const char *sized_score_of_a_trial(uint64_t n);
const char *sized_lists(uint64_t n);
const char *sized_ledger_cells(uint64_t n);
const char *sized_joins(uint64_t n);
const char *sized_join_bytes(uint64_t n);
const char *sized_backup_piece(uint64_t n);

#endif
