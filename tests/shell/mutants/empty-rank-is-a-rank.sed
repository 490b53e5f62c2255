# worker/name.c: a variable that is set and empty is taken for a rank
# by unit worker/name_test
s/if (rank \&\& \*rank)/if (rank)/
