# server/core/results.c: a result need not be the sum of its parts
s/return sum == hits ? FINE : IMPOSSIBLE;/return FINE;/
