# worker/main.c: --serial without a seed counts the same trials each time
# by e2e what-a-worker-prints-is-whole
s/status = random_bytes(&serial.seed, sizeof(serial.seed));/serial.seed = 0;/
