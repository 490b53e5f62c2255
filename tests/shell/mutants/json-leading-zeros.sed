# common/wire/json_read.c: a number in JSON may begin with zeros
# by unit wire/json_test
s/(digits\[0\] == '0' && digits\[1\])/0/
