# server/store/database_open.c: the journal of a new file's change of mode undoes it after a power cut
# powercuts --faults
s/synchronous = EXTRA/synchronous = FULL/
