# common/sys/sd_notify.c: a word that could not be sent counts as told
# by unit server/starved_test
/int fd = socket(AF_UNIX, SOCK_DGRAM, 0);/{n;n;s/-errno/0/}
