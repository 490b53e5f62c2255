# server/store/database.c: on a full disk the log is not cut
# by unit store/store_test
/^int database_write/,/^}/s/if (err != -ENOSPC)/if (err < 0)/
