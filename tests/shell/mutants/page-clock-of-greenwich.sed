# web/numbers.js: a time is that of UTC
# by js numbers
s/\.toTimeString()\.slice(0, 8)/.toISOString().slice(11, 19)/
