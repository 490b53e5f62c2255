# server/store/store.c: a state whose path is too long is kept in another file
# by unit server/long_path_test
s/if (n < 0 || (size_t)n >= sizeof(s->path))/if (n < 0)/
