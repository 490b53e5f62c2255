# web/numbers.js: half the error takes twice the trials
# by js numbers
s/ \*\* 2;/;/
