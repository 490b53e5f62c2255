# web/numbers.js: ten thousand is written in full
# by js numbers
s/if (x < 10000) return/if (x <= 10000) return/
