# common/program/answers.c: a line that ends as on Windows is no answer
# by unit program/program_test
s/if (end > at && end\[-1\] == '.r')/if (end < at)/
