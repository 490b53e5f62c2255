// SPDX-License-Identifier: MIT
#include "common/cli/opt_table.h"

#include <assert.h>
#include <ctype.h>
#include <limits.h>
#include <stdio.h>

#include "common/cli/opt_value.h"

void opt_range(const struct opt *opt, uint64_t *ret_min, uint64_t *ret_max)
{
    *ret_min = opt->kind == OPT_TRIALS && opt->min == 0 ? 1 : opt->min;
    *ret_max = opt->max > 0                ? opt->max
               : opt->kind == OPT_INT      ? INT_MAX
               : opt->kind == OPT_DURATION ? (uint64_t)OPT_DURATION_MAX
                                           : OPT_NUMBER_MAX;
}

void opt_variable(const struct opt *opt, char ret[OPT_VARIABLE_BYTES])
{
    int n = snprintf(ret, OPT_VARIABLE_BYTES, "PI_%s", opt->name);
    assert(n > 0 && n < OPT_VARIABLE_BYTES);
    for (char *c = ret + 3; *c; c++)
        *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
}
