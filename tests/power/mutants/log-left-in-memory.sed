# server/database_open.c: a log whose sync had failed counts as durable in the next life
# powercuts --faults
s/return err == 0 ? bring_in(d) : err;/return err;/
