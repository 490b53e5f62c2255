# server/spawn.c: --spawn N starts workers of two threads
# by unit server/spawn_test
s/^\( *\)"1", *"--once"/\1"2", "--once"/
