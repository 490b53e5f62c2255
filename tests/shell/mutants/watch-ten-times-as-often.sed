# common/wire/wire_request.c: a watcher may ask for a hundred views a second
# by unit wire/wire_request_test
s/INTERVAL_MS_MIN = 100/INTERVAL_MS_MIN = 10/
