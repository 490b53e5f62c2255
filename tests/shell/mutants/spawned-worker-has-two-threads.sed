# server/spawn.c: --spawn N starts workers of two threads
# by unit server/spawn_test
s/"--threads", *"1"/"--threads", "2"/
