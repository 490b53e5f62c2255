# common/sys/secure_file.c: a folder whose path is too long is made where its first part leads
# by unit server/long_path_test
/^static int make_folders/,/^}/s/>= PATH_MAX)/< 0)/
