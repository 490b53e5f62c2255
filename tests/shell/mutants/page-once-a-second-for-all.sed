# web/app.js: what moves is drawn once a second
# by js app
s/if (calm\.matches \&\& !due) return;/if (!due) return;/
