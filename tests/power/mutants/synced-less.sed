# server/store/database_open.c: what was answered may be lost with the power
# powercuts --cuts 500
s/synchronous = FULL/synchronous = NORMAL/
