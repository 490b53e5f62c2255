# server/core/audit.c: that a worker is excluded from a program is not stored
s/s->excluded ? s->excluded : ""/""/
