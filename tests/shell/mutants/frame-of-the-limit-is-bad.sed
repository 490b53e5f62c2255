# common/wire/frame.c: a frame as long as may be is refused
# by unit wire/limits_test
s/length > r->body_max/length >= r->body_max/
