# server/core/settle.c: the stop rule ends one checkpoint late
s/estimate_stderr_reached(hits, end, j->record.until_stderr)/estimate_stderr_reached(hits, end, j->record.until_stderr * 0.98)/
