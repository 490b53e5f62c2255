# web/headline.js: an answer in doubt looks sound
# by js headline
/job\.doubt) return/d
