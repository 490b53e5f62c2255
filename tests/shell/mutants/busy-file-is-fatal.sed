# server/store/database.c: a file that another program holds for a moment ends picoord
# by unit store/store_test
s/return err == -ENOSPC || err == -ENOMEM || err == -EBUSY;/return err == -ENOSPC || err == -ENOMEM;/
