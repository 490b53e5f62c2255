# common/join/doctor.c: which address has answered is not told
# by unit join/client_test
s/        name_answered(r, client, where);//
