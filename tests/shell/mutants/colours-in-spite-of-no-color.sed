# common/cli/term.c: NO_COLOR is ignored
# by unit cli/term_test
s/term_is(fd) && !\*env("NO_COLOR")/term_is(fd)/
