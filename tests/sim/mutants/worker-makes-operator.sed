# server/core/token.c: a worker's token lets an operator in
s/if (h->role == ROLE_OPERATOR \&\&$/if (false \&\&/
