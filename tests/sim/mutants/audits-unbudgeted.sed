# server/core/slices.c: slices are handed out whatever the budget says
s/bool budget = d->budget_us > 0 && any_here/bool budget = any_here/
