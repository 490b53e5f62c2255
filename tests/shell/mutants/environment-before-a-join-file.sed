# common/join/endpoint.c: PI_JOIN goes before a join file
# by unit join/endpoint_test
/^enum endpoint_outcome endpoint_find/,/^}/s/if (o->join_file)/if (o->join_file \&\& !join)/
