# web/numbers.js: seconds are told as milliseconds
# by js numbers
s/(1000 \* left) \/ job\.rate/left \/ job.rate/
