# web/lanes.js: in the table counts are since the worker began
# by js lanes
s/samples\[samples\.length - 1\]\.trials - samples\[0\]\.trials : 0/samples[samples.length - 1].trials : 0/
