# server/fd_limit.c: the limit of descriptors is not raised
# by unit server/start_test
/limit.rlim_cur = limit.rlim_max;/d
