# server/core/token.c: a worker's token makes an operator
s/h->role == ROLE_OPERATOR && auth == AUTH_WORKER_TOKEN/h->role == ROLE_OPERATOR \&\& auth == AUTH_MISSING/
