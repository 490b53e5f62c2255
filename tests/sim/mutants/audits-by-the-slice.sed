# server/core/lines.c: audits of programs take turns slice by slice, however long one is
s/of->turns\[kind\].pass += us;/of->turns[kind].pass += us > 0;/
