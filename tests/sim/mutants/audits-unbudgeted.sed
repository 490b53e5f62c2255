# server/core/slices.c: slices are handed out whatever the budget says
s/any_waits(c, LINE_BUDGET) && c->slices.budget_us > 0;/any_waits(c, LINE_BUDGET);/
