# server/store/store.c: a transaction is reported before it is written
# killed --kills 60
s/int status = database_write(s->database, records, n);/int status = 0; usleep(3000); k->report.written = true; uv_async_send(\&s->wake); usleep(3000); if (database_write(s->database, records, n)) abort();/
