# web/trial.js: the fine word of y decides x
# by js trial
s/BigInt(f\[0\])/BigInt(f[1])/
