# server/core/transaction.c: what waits for the store is not counted: a thread gets more grants than it may hold
s/    t->reported++;/    (void)t;/
