# server/access/identity.c: a rotation leaves the token of this user's workers
# by unit access/identity_test
/^int identity_rotate/,/^}/s/hash_random(id->local, sizeof(id->local));//
