// SPDX-License-Identifier: MIT
/*
 * What must be true of a job in an image, whatever store holds it.  Between the files
 * of the image.  Pure.
 */
#ifndef TESTS_SIM_IMAGE_CHECK_H
#define TESTS_SIM_IMAGE_CHECK_H

#include <stdio.h>

#include "tests/sim/image.h"

#define REFUSE(m, ...) (snprintf((m)->why, sizeof((m)->why), __VA_ARGS__), false)

/* The first row that ends after x; j->n: none does. */
size_t image_row_after(const struct image_job *j, uint64_t x);

/* False, and m->why; it also counts what the job may show. */
MUST_USE bool image_check_job(struct image *m, struct image_job *j);

#endif
