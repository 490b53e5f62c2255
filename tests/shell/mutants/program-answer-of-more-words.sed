# common/program/answers.c: what follows the second number of an answer is ignored
# by unit program/program_test
s/if (!rest || skip_blanks(rest, end) != end)/if (!rest)/
