# server/store/database.c: a log does not say to which file it belongs
# powercuts --cuts 500
s/if (err == 0 && d->log_pages == 0)/if (0)/
