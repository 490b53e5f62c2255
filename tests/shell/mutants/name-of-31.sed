# worker/name.c: the longest name is refused
# by unit worker/name_test
s/name.n > NAME_BYTES || /name.n >= NAME_BYTES || /
