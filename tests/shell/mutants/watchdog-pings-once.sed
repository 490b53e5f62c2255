# server/main.c: the watchdog's timer is not repeated
# by e2e the-service-manager-hears-how-it-goes
s/on_notify_timer, 0, (uint64_t)every)/on_notify_timer, 0, 0)/
