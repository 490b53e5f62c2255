# web/headline.js: the spaces of groups count as settled digits
# by js headline
s/if (whole\[i\] !== '.u202f') left--;/left--;/
