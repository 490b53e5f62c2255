# server/core/standing.c: who was wrong in a program gets more of it
s/return s && (s->excluded || s->overdue);/return s \&\& s->overdue;/
