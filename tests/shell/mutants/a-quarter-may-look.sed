# server/view/viewer.c: viewers get twice their share of descriptors
# by unit view/viewer_test
s/size_t n = descriptors \/ 8;/size_t n = descriptors \/ 4;/
