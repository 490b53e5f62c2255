# common/join/client.c: a Bye in the turn of the Welcome has no reason
# by unit join/client_test
s/\*c->lost ? c->lost : "the connection was lost"/"the connection was lost"/
