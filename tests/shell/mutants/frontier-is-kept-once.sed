# server/store/database.c: a job's second record does not say how far leases had gone
# by unit store/database_test
s/"weight = ?10, frontier = ?11, /"weight = ?10, /
