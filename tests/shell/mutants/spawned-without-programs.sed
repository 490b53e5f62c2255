# server/spawn.c: workers that picoord starts have none of its programs
# by unit server/spawn_test
s/for (size_t i = 0; i < offers->n; i++) {/for (size_t i = 0; i + 1 < offers->n; i++) {/
