# common/sys/sd_notify.c: each word to the service manager leaves a descriptor open
# by unit sys/sd_notify_test
s/    close(fd);//
