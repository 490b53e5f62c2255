# server/core/slices.c: slices are handed out whatever the budget says
s/bool budget = d->budget_us > 0 && line_for_here/bool budget = line_for_here/
