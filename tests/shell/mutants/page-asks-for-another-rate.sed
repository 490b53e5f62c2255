# web/app.js: the rate that the address asks for is not taken
# by js app
s/Math.round(Number(asked.get('hz'))) || 4/4/
