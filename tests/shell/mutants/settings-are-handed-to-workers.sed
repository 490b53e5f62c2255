# server/spawn.c: workers that are spawned get picoord's settings
# by unit server/spawn_test
s/if (strncmp(environ\[i\], "PI_", 3) != 0 ||/if (strncmp(environ[i], "PI_STATE", 8) != 0 ||/
