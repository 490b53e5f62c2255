# common/wire/json_read.c: what was read of JSON is lost
# by leak wire/json_test
s/^        json_decref(json);/        (void)json;/
