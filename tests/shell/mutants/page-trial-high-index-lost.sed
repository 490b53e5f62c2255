# web/trial.js: beyond 2^34 trials come again
# by js trial
s/c\[1\] = high32(block);/c[1] = 0;/
