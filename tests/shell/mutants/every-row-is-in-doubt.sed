# server/store/database_read.c: what is verified is read as doubtful
# by unit store/database_test
s/r->row.doubtful = sqlite3_column_int(s, 6);/r->row.doubtful = sqlite3_column_int(s, 5);/
