# server/store/database_read.c: an excluded worker is let in again after a restart
# powercuts --cuts 500
/"bans", "SELECT/d
