# server/store/database.c: the log is copied into the file only when it is a hundred times as long
# by unit store/database_test
s/if (d->log_pages < pages)/if (d->log_pages < 100 * pages)/
