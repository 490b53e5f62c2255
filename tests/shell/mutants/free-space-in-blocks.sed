# server/store/store.c: the free space that is told is that of blocks, not bytes
# by unit store/store_test
s/(uint64_t)fs.f_bavail \* (uint64_t)fs.f_frsize/(uint64_t)fs.f_bavail/
