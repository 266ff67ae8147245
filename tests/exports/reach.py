#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Which functions that a library exports can come to a system call on a descriptor.

usage: reach.py [-v] LIBC [LIBRARY...]     one name a line; -v: and the system calls

Disassembles them and follows direct calls, jumps and functions whose address is taken,
from each exported symbol to its "syscall" instructions. Calls through the PLT are not
followed (they go to whoever interposes the name), but for libc's private names. What runs through stdio's tables of
functions is called "stdio". What only writes a last message and aborts is not followed.
Added are functions whose prototype in the system's headers has a descriptor.
"""
import bisect
import collections
import re
import subprocess
import sys

NUMBERS = "shim/numbers.def"
# Wrapped for another reason than a descriptor.
OTHER = re.compile(r"exit_group|prctl|capset|unshare|seccomp|landlock_restrict_self|set.*[ug]id|setgroups")
ABORTS = ("__libc_fatal", "__assert_fail", "__fortify_fail", "__stack_chk_fail", "__chk_fail", "abort")
WIDE = {"rax": "eax", "rbx": "ebx", "rcx": "ecx", "rdx": "edx", "rsi": "esi", "rdi": "edi", "rbp": "ebp"}
WIDE |= {f"r{n}": f"r{n}d" for n in range(8, 16)}
KEPT = {"ebx", "ebp", "r12d", "r13d", "r14d", "r15d"}  # by a function that is called
PROTOTYPE = re.compile(r"\bextern [^;{}()]*?\b(\w+) \(([^;{}]*?)\)[^;{}()]*(?:\([^;]*)?;")
PARAMETER = re.compile(r"\bint (__)?(fd|fildes|infd|outfd|in_fd|out_fd|fdin|fdout|fd2|sockfd)\b")


def run(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout


def numbers():
    """The name of each system call that has to do with descriptors, by number."""
    group = {}
    for name in re.findall(r"WRAPPED\((\w+)", open(NUMBERS).read()):
        group[name] = "NONE" if OTHER.fullmatch(name) else "WRAPPED"
    group |= {name: why for why, name in re.findall(r"PLAIN\((\w+), (\w+)\)", open(NUMBERS).read())}
    header = subprocess.run(["gcc", "-E", "-dM", "-"], input="#include <asm/unistd_64.h>", capture_output=True,
                            text=True).stdout
    return {int(n): name if group.get(name) not in ("NONE", "GONE") else None
            for name, n in re.findall(r"#define __NR_(\w+) (\d+)", header)}


class Library:
    def __init__(self, path, libc=None):
        self.libc = libc
        self.calls = collections.defaultdict(set)
        self.does = collections.defaultdict(set)
        self.exported = collections.defaultdict(set)
        self.private = set()
        frames = re.findall(r"FDE.*pc=([0-9a-f]+)\.\.", run("readelf", "--debug-dump=frames", path))
        self.frames = {int(a, 16) for a in frames}
        for address, kind, name in (line.split() for line in run("nm", "-D", "--defined-only", path).splitlines()
                                    if len(line.split()) == 3):
            if kind in "TWi":
                self.exported[int(address, 16)].add(name.split("@")[0])
                if "GLIBC_PRIVATE" in name:
                    self.private.add(name.split("@")[0])
        self.starts = sorted(self.frames | set(self.exported))
        tables = re.search(r"__libc_IO_vtables\s+\w+\s+([0-9a-f]+) \w+ ([0-9a-f]+)", run("readelf", "-SW", path))
        self.tables = range(int(tables[1], 16), int(tables[1], 16) + int(tables[2], 16) + 1) if tables else ()
        self.at = {name: a for a, names in self.exported.items() for name in names}
        self.read(run("objdump", "-d", "--no-show-raw-insn", path))
        self.ends = {self.at[name] for name in ABORTS if name in self.at}
        if "__libc_fatal" in self.at:
            self.ends |= self.calls[self.at["__libc_fatal"]]  # the message itself, which malloc writes, too

    def owner(self, address):
        i = bisect.bisect_right(self.starts, address)
        return self.starts[i - 1] if i else None

    def read(self, listing):
        number = numbers()
        regs, current = {}, None
        for address, op, text in re.findall(r"^\s+([0-9a-f]+):\t(\S+)\s*(.*)$", listing, re.M):
            here = self.owner(int(address, 16))
            if here != current:
                current, regs = here, {}
            args, _, comment = text.partition("#")
            args = args.split("<")[0].strip()
            if op == "syscall":
                self.does[here].add(number.get(regs.pop("eax", None), "?"))
                continue
            constant = re.match(r"\$0x([0-9a-f]+),%(\w+)$", args)
            pair = re.match(r"%(\w+),%(\w+)$", args)
            if op.startswith("mov") and constant:
                regs[WIDE.get(constant[2], constant[2])] = int(constant[1], 16) & 0xFFFFFFFF
            elif op == "mov" and pair and WIDE.get(pair[1], pair[1]) in regs:
                regs[WIDE.get(pair[2], pair[2])] = regs[WIDE.get(pair[1], pair[1])]
            elif op == "xor" and pair and pair[1] == pair[2]:
                regs[WIDE.get(pair[1], pair[1])] = 0
            elif op[0] == "j" or op in ("call", "bnd"):
                borrowed = re.search(r"<(\w+)@plt>", text)
                if borrowed and self.libc and borrowed[1] in self.libc.private:
                    self.does[here] |= self.libc.reached(self.libc.at[borrowed[1]])
                target = re.match(r"(?:(?:jmp|call)\s+)?([0-9a-f]+)$", args)
                if target and self.owner(int(target[1], 16)) not in (None, here):
                    self.calls[here].add(self.owner(int(target[1], 16)))
                if op != "j" and "call" in (op, args[:4]):
                    regs = {r: v for r, v in regs.items() if r in KEPT}
            else:
                target = re.match(r"\s*([0-9a-f]+)", comment)
                if target and int(target[1], 16) in self.tables:
                    self.does[here].add("stdio")
                elif target and op == "lea" and int(target[1], 16) in self.frames:
                    self.calls[here].add(int(target[1], 16))
                written = re.search(r"%(\w+)$", args)
                if written and not op.startswith(("cmp", "test", "push")):
                    regs.pop(WIDE.get(written[1], written[1]), None)

    def reached(self, start):
        seen, todo, found = {start}, [start], set()
        while todo:
            here = todo.pop()
            found |= self.does.get(here, set())
            new = self.calls.get(here, set()) - seen - self.ends
            seen |= new
            todo += new
        return found - {None}


def prototypes():
    """Functions that the headers give a descriptor to."""
    headers = run("sh", "-c", "dpkg -L libc6-dev | grep '/usr/include/.*[.]h$'").split()
    text = " ".join(open(h, errors="replace").read() for h in headers)
    text = re.sub(r"/\*.*?\*/|^\s*#.*?(?<!\\)$", " ", text, flags=re.S | re.M)
    text = re.sub(r"\s+", " ", text)
    return {name for name, parameters in PROTOTYPE.findall(text) if PARAMETER.search(parameters)}


def main():
    paths = [a for a in sys.argv[1:] if a != "-v"]
    libc = Library(paths[0])
    declared = prototypes()
    lines = {}
    for library in [libc] + [Library(path, libc) for path in paths[1:]]:
        for address, names in library.exported.items():
            found = library.reached(address)
            for name in names - library.private:
                if found or name in declared:
                    lines[name] = sorted(found)
    for name, found in sorted(lines.items()):
        print(name, *found if "-v" in sys.argv else ())


main()
