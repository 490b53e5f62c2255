# web/funnel.js: the second band is there without being asked for
# by js funnel
s/let any = false;/let any = true;/
