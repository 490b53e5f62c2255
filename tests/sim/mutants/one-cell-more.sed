# server/core/settle.c: the stop rule ends one checkpoint late
s/if (estimate_stderr_reached(hits, end, j->record.until_stderr))/if (estimate_stderr_reached(hits, end, j->record.until_stderr * 0.98))/
