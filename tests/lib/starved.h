// SPDX-License-Identifier: MIT
/*
 * A process that may open nothing more, as one that has used up its descriptors.
 */
#ifndef TESTS_LIB_STARVED_H
#define TESTS_LIB_STARVED_H

/* From now on every new descriptor is refused with EMFILE. */
void starved_begin(void);

/* Until here. */
void starved_end(void);

#endif
