# web/app.js: a button shows nothing
# by js app
s/model\.join\.length === 0;$/false;/
