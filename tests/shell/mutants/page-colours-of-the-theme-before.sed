# web/canvas.js: a colour stays that of the other theme
# by js canvas
s/for (const name of NAMES) theme\[name\] =/for (const name of NAMES) theme[name] ??= name === 'page' ? '' :/
