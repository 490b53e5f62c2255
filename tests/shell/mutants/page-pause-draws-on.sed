# web/app.js: a paused page moves
# by js app
/if (model\.paused) return;/d
