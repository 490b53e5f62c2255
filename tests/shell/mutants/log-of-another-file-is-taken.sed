# server/store/log_check.c: one byte of the mark in common makes a log the file's own
# by unit store/log_check_test
s/f->same\[i\] |= page\[MARK_AT + i\] == mark\[i\];/f->same[i] |= page[MARK_AT] == mark[0];/
