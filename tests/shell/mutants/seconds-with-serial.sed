# worker/main.c: an option that means nothing is taken
# by e2e each-end-has-its-exit-status
s/{"seconds", MODE_BENCH},/{"seconds", MODE_BENCH | MODE_SERIAL},/
