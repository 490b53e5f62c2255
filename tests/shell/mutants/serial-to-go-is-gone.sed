# worker/serial.c: the time to go is the time gone
# by unit worker/golden_worker_test
s|elapsed \* (trials - done) / done|elapsed * done / trials|
