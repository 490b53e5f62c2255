# server/net/backup.c: who waits behind another backup gets none
# by unit net/backup_test
/^static void next_request/,/^}/{/if (b->asked)/,+1d}
