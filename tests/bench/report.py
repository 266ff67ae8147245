# SPDX-License-Identifier: Apache-2.0
"""Results as a Markdown table and a plot."""
import os
import platform
import shutil
import subprocess

import goals
from goals import middle, work
from programs import SCENARIOS
from variants import HERE_AND_THERE, VARIANTS


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), platform.machine())
    return {"processor": model, "processors": os.cpu_count(), "kernel": platform.release()}


def spread(rounds, what="rate"):
    """Half of what lies between the lowest and the highest, in per cent of the median."""
    values = [r[what] for r in rounds]
    return 50 * (max(values) - min(values)) / middle(rounds, what)


def number(x):
    if x == int(x):
        return f"{x:,.0f}"
    return f"{x:,.0f}" if x >= 100 else f"{x:.1f}" if x >= 10 else f"{x:.2f}"


def rows(results, cell):
    """A row for each scenario; those variants that are measured here and there in a table of their own."""
    for some in ([v for v in VARIANTS if v not in HERE_AND_THERE], HERE_AND_THERE):
        shown = [v for v in some if any(v in s for s in results["scenarios"].values())]
        if not shown:
            continue
        yield "| | " + " | ".join(shown) + " |"
        yield "|---|" + "---|" * len(shown)
        for name, variants in results["scenarios"].items():
            if any(v in variants for v in shown):
                yield f"| {SCENARIOS[name].text} | " + " | ".join(cell(variants[v]) if v in variants else "-" for v in shown) + " |"
        yield ""


def table(results):
    m = results["machine"]
    any_rounds = next(iter(next(iter(results["scenarios"].values())).values()))
    yield f"{m['processor']}, {m['processors']} processors, Linux {m['kernel']}; {len(any_rounds)} rounds, medians."
    yield ""
    yield from goals.rows(results)
    yield ""
    yield "A second (MB for the streams), and half of what lies between the lowest and the highest round:"
    yield ""
    yield from rows(results, lambda r: f"{number(middle(r))} ± {spread(r):.0f} %")
    yield "CPU seconds of client, server and proxies for a million of them:"
    yield ""
    yield from rows(results, lambda r: number(work(r)))
    yield "p99 in milliseconds:"
    yield ""
    with_p99 = {n: v for n, v in results["scenarios"].items() if all("p99 ms" in r for rounds in v.values() for r in rounds)}
    yield from rows({**results, "scenarios": with_p99}, lambda r: number(middle(r, "p99 ms")))
    if results.get("singles"):
        yield "| | |"
        yield "|---|---|"
        for s in results["singles"]:
            yield f"| {s['name']} | {number(s['value'])} {s['unit']} |"


def plot(results, out):
    """What remains of the plain rate, a group of bars for each scenario."""
    shown = [v for v in VARIANTS if v not in ("plain", *HERE_AND_THERE) and any(v in s for s in results["scenarios"].values())]
    with open(f"{out}/plot.dat", "w", encoding="utf-8") as f:
        print("scenario\t" + "\t".join(shown), file=f)
        for name, variants in results["scenarios"].items():
            base = middle(variants["plain"])
            print(name + "\t" + "\t".join(f"{100 * middle(variants[v]) / base:.1f}" if v in variants else "0" for v in shown), file=f)
    script = f"""
set terminal svg size 1100,420 font 'sans,11' background '#ffffff'
set output '{out}/plot.svg'
set datafile separator '\\t'
set style data histogram
set style histogram clustered gap 1
set style fill solid
set ylabel 'per cent of the plain rate'
set yrange [0:*]
set grid y
set key outside right
set xtics rotate by -25
plot for [i=2:{len(shown) + 1}] '{out}/plot.dat' using i:xtic(1) title columnheader(i)
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def write(results, out):
    with open(f"{out}/table.md", "w", encoding="utf-8") as f:
        f.writelines(line + "\n" for line in table(results))
    plot(results, out)
    print(open(f"{out}/table.md", encoding="utf-8").read())


DOCS, BEGIN, END = "docs/performance", "<!-- made by `make bench` -->\n", "<!-- until here -->\n"


def into_docs(out):
    with open(DOCS + ".md", encoding="utf-8") as f:
        before, rest = f.read().split(BEGIN)
    with open(f"{out}/table.md", encoding="utf-8") as f:
        made = f.read()
    with open(DOCS + ".md", "w", encoding="utf-8") as f:
        f.write(before + BEGIN + "\n" + made + "\n" + END + rest.split(END)[1])
    shutil.copy(f"{out}/plot.svg", DOCS + ".svg")
