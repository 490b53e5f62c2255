# common/net/conn.c: a peer whose cable was pulled is kept
# by unit net/conn_deadline_test
s/UNACKNOWLEDGED_MS = 20 \* 1000/UNACKNOWLEDGED_MS = 20 * 60 * 1000/
