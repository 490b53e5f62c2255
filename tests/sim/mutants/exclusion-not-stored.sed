# server/core/audit.c: that a worker is excluded from a program is not stored
s/^    if (s->excluded)$/    if (false)/
