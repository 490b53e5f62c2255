# server/core/ledger.c: a result that overlaps what is counted in part is called covered
s/ == count ? FATE_COVERED : FATE_PARTIAL;/ > 0 ? FATE_COVERED : FATE_PARTIAL;/
