// SPDX-License-Identifier: MIT
/*
 * How late a job ends that has one worker which is starved, one that lies about its
 * rate and keeps what it holds, and one that is stopped, beside honest ones whose
 * speeds lie up to six orders of magnitude apart.
 */
#ifndef TESTS_SIM_LATE_H
#define TESTS_SIM_LATE_H

#include <stdint.h>

/* So many jobs; prints how late they are.  0: none is later than it may be. */
int late_run(uint64_t runs);

#endif
