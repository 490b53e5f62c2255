// SPDX-License-Identifier: MIT
/* A file that pictl verify is given: JSON of anybody's. */
#include <assert.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct ledger_view view;
    const char *why = NULL;
    arena_init(&arena, 1 << 20);
    if (json_read_ledger((const char *)data, size, &arena, &view, &why) < 0)
        assert(why && *why);
    else
        assert(view.job && view.n_cells <= CELLS_MAX);
    arena_release(&arena);
    return 0;
}
