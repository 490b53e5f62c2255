# server/core/draw.c: a wide result is drawn as seldom as a narrow one
s/(rate > of_job ? rate : of_job)/(of_job ? rate : rate)/
