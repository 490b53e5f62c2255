# web/rates.js: a minute ago is now
# by js rates
s/si(model\.rates\[0\]\.of\.get/si(last.of.get/
