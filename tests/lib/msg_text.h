// SPDX-License-Identifier: MIT
/*
 * A message as text, every field of it: what tests compare, and what the examples of
 * docs/PROTOCOL.md state.  One field a line; strings in quotes, byte strings in
 * hexadecimal, arrays in brackets.  Pure.
 */
#ifndef TESTS_LIB_MSG_TEXT_H
#define TESTS_LIB_MSG_TEXT_H

#include "common/wire/msg.h"

/* Freed by the caller. */
char *msg_text(const struct msg *m);

#endif
