# common/cli/term.c: LANG goes before LC_ALL
# by unit cli/term_test
s/\*env("LC_ALL")     ? env("LC_ALL")/*env("LANG")     ? env("LANG")/
