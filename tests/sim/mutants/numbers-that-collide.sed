# server/core/worker.c: the map of numbers that a worker chooses has no key
s/map_init(&w->resumed, entropy_map_key(c));/map_init(\&w->resumed, NULL);/
