# SPDX-License-Identifier: MIT
"""Asks a Prometheus every query of a Grafana dashboard, as Grafana would: each must be
answered, over the last half minute, with at least one series of numbers.

    python3 tests/deploy/dashboard.py DASHBOARD.json http://127.0.0.1:9090
"""

import json
import sys
import time
import urllib.parse
import urllib.request


def panels(of):
    for panel in of["panels"]:
        yield panel
        yield from panels(panel) if panel.get("panels") else ()


def filled_in(expression, variables):
    """Each variable at its widest; Grafana's own interval at four scrapes."""
    for name in sorted(variables, key=len, reverse=True):
        expression = expression.replace(f"${name}", ".*")
    return expression.replace("$__rate_interval", "4s")


def ask(prometheus, path, **parameters):
    query = urllib.parse.urlencode(parameters)
    with urllib.request.urlopen(f"{prometheus}/api/v1/{path}?{query}") as answer:
        return json.load(answer)["data"]


def numbers(result):
    return [v for series in result for _, v in series["values"] if v not in ("NaN", "+Inf")]


def main(path, prometheus):
    with open(path, encoding="ascii") as file:
        dashboard = json.load(file)
    variables = [v["name"] for v in dashboard["templating"]["list"] if v["type"] == "query"]
    now, failed, asked, ids = time.time(), 0, 0, set()
    for panel in panels(dashboard):
        ids.add(panel["id"])
        for target in panel.get("targets", ()):
            expression = filled_in(target["expr"], variables)
            asked += 1
            answer = ask(prometheus, "query_range", query=expression, start=now - 30, end=now, step=5)
            if "$" in expression or not numbers(answer["result"]):
                failed += 1
                print(f'FAILED: {panel["title"]}: no numbers for {expression}')
    # What the variables may be, by the same series that they are read from.
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            series, label = variable["definition"][len("label_values(") : -1].rsplit(", ", 1)
            found = ask(prometheus, f"label/{label}/values", **{"match[]": filled_in(series, variables)})
            failed += not found
            asked += 1
            print(f"{label}: {' '.join(found)}")
    assert len(ids) == sum(1 for _ in panels(dashboard)), "ids of panels are not their own"
    print(f"{asked} questions, {failed} without an answer")
    return 1 if failed or asked < 30 else 0


sys.exit(main(*sys.argv[1:]))
