# server/store/database.c: each record is a transaction of its own
# powercuts --cuts 500
s/= "BEGIN IMMEDIATE"/= "SELECT 1"/
s/= "COMMIT"/= "SELECT 1"/
