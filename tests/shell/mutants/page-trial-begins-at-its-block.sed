# web/trial.js: a range begins with the first trial of a block
# by js trial
s/let from = Number(first & 3n);/let from = 0;/
