# server/main.c: the limit of descriptors that is shown is that of connections
# by e2e the-service-manager-hears-how-it-goes
s/ret->fds_limit = app->max_fds;/ret->fds_limit = (uint32_t)app->max_conns;/
