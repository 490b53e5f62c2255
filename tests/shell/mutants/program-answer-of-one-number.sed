# common/program/answers.c: an answer of one number is one without hits
# by unit program/program_test
s/if (!rest || skip_blanks(rest, end) != end)/if (rest \&\& skip_blanks(rest, end) != end)/
