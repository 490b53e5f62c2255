# server/view/filter.c: who asks for jobs by what is not known gets all of them
# by unit view/viewer_test
s/return \*r->filter->why ? MHD_NO : MHD_YES;/*r->filter->why = 0; return MHD_YES;/
