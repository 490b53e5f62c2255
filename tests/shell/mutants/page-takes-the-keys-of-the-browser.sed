# web/app.js: Ctrl+3 is taken from the browser
# by js app
s/event\.ctrlKey || event\.altKey/event.altKey/
