# common/program/child.c: of what a child has said 21 lines are shown
# by unit program/program_test
s/++lines == CHILD_STDERR_LINES/lines++ == CHILD_STDERR_LINES/
