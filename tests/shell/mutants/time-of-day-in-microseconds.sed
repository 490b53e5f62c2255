# server/main.c: the status tells the time in microseconds
# by e2e the-service-manager-hears-how-it-goes
s/(int64_t)now.tv_sec \* 1000 + now.tv_nsec \/ 1000000;/(int64_t)now.tv_sec * 1000000 + now.tv_nsec \/ 1000;/
