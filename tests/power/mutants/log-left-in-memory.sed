# server/store/database_open.c: a log whose sync had failed counts as durable in the next life
# powercuts --faults
s/err = write_log_again(d);/err = 0;/
