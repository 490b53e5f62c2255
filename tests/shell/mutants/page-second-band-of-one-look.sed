# web/anytime.js: the second band forgets how many trials there were
# by js anytime
s/Math.log(ONE_IN) + Math.log(n + 1) + /Math.log(ONE_IN) + /
