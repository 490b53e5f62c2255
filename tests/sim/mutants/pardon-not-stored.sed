# server/core/standing.c: a pardon is forgotten with this process
/^    transaction_pardon(c, worker);$/d
