# server/view/viewer.c: who comes when no descriptor is left is told that he may not look
# by unit server/starved_test
s/ || (protocol == CONN_HTTP \&\& !v->http)//
