# server/spawn.c: the beginning of a token makes a spawned worker
# by unit server/spawn_test
s/bytes == sizeof(s->token) \&\&/bytes <= sizeof(s->token) \&\& bytes > 0 \&\&/
