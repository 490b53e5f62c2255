# server/net/net.c: a token that was asked for once is rotated again with each step
# by unit net/net_test
/^void net_input/,/^}/s/n->token_asked = false;//
