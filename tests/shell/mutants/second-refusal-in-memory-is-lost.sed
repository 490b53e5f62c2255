# server/store/store.c: of two backups that a store in memory is asked for at once one gets no answer
# by unit store/store_test
s/s->memory_snapshots--;/s->memory_snapshots = 0;/
