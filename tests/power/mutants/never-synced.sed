# server/store/database_open.c: nothing is synced
# killed --image yes --kills 20
s/synchronous = FULL/synchronous = OFF/
