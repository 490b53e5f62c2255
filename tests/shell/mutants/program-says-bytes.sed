# common/program/child.c: what a child says is shown as it is, controls of a terminal too
# by unit program/program_test
s/(from\[i\] >= 0x20 && from\[i\] <= 0x7e) ? from\[i\] : '?'/true ? from[i] : 0/
