# server/options.c: an argument without a program is forgotten
# by unit server/options_test
s/if (o->arg \&\& !o->program)/if (0)/
