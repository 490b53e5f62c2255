# common/program/child.c: each thread of a worker is called 0
# by unit program/program_test
s/"PROGRAM_THREAD=%u", thread)/"PROGRAM_THREAD=%u", 0 * thread)/
