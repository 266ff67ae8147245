# SPDX-License-Identifier: Apache-2.0
# `make help` lists the targets. SAN=asan|ubsan|tsan builds into a folder of its own; V=1 shows commands.

PREFIX ?= /usr/local
DESTDIR ?=
SAN ?=
V ?=
CC = gcc
FUZZ_CC = clang

BUILD = build/$(or $(SAN),release)
Q = $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2);)

SAN_asan = -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SAN_ubsan = -fsanitize=undefined -fno-sanitize-recover=undefined
SAN_tsan = -fsanitize=thread
SAN_fuzz = -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
SAN_FLAGS = $(SAN_$(SAN))

CFLAGS ?= -O2 -g
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wno-unused-parameter
ALL_CFLAGS = -std=gnu2x $(WARN) -D_GNU_SOURCE -DOPENSSL_NO_DEPRECATED -Ilib -I$(BUILD)/gen -fPIC -fvisibility=hidden \
	-fstack-protector-strong -ffunction-sections -fdata-sections $(CFLAGS) $(SAN_FLAGS)

# One list for every program: static, so that the preloaded object needs libc alone.
THIRD_PARTY = -l:libssl.a -l:libcrypto.a -l:libnghttp2.a -l:libprotobuf-c.a -l:libyaml.a -lpthread -ldl

LIB_SRC = $(wildcard lib/*/*.c)
LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/%.o) $(BUILD)/gen/workload/workload.pb-c.o
LIB = $(BUILD)/libsvid.a

SHIM_OBJ = $(patsubst %.c,$(BUILD)/%.o,$(wildcard shim/*.c)) $(patsubst %.S,$(BUILD)/%.o,$(wildcard shim/*.S))
SHIM = $(BUILD)/libsvidwrap.so
CLI = $(BUILD)/svidwrap
AGENT = $(BUILD)/svidwrap-labagent

SUPPORT_OBJ = $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))
UNIT = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*_test.c))
FUZZ = $(patsubst tests/fuzz/%.c,build/fuzz/bin/%,$(wildcard tests/fuzz/*_fuzz.c))
SHIM_TESTS = $(patsubst tests/shim/%.c,$(BUILD)/shim-tests/%,$(wildcard tests/shim/*.c))

BENCH = $(BUILD)/bench/calls $(BUILD)/bench/bare $(BUILD)/bench/nodelay.so

.PHONY: all deps demo bench bench-quick check spire check-spire check-lab check-daemons unit shim-tests fuzz fuzz-bin format install clean help compile_commands.json
.DELETE_ON_ERROR:
.SECONDARY:

all: $(SHIM) $(CLI) $(AGENT) ## build the shim, the command and the lab agent

deps: ## install from Debian what building and testing needs (as root or with sudo)
	$(Q)sh tests/support/deps.sh

demo: deps ## show it: a shared-token service becomes SPIFFE mutual TLS
	$(Q)$(MAKE) --no-print-directory -s -j$$(nproc) all
	$(Q)BUILD=$(BUILD) examples/demo/demo.sh

check: deps ## build and run all tests
	$(Q)$(MAKE) --no-print-directory -s -j$$(nproc) all shim-tests $(BENCH) $(BUILD)/unit/handshake_secrets_test
	$(Q)$(MAKE) --no-print-directory -s -j$$(nproc) SAN=asan all unit shim-tests
	$(Q)$(MAKE) --no-print-directory -s -j$$(nproc) SAN=tsan all shim-tests
	$(Q)$(MAKE) --no-print-directory -s -j$$(nproc) fuzz-bin
	$(Q)$(if $(SVIDWRAP_MUST_RUN),$(MAKE) --no-print-directory -s spire)
	$(Q)BUILD=$(BUILD) tests/check.sh

spire: ## build SPIRE's server and agent into the user's cache (Go; once, 5 to 15 minutes)
	$(Q)tests/spire/binaries.sh --build > /dev/null

check-spire: deps spire ## run the parts that need SPIRE alone
	$(Q)$(MAKE) --no-print-directory -s -j$$(nproc) all
	$(Q)BUILD=$(BUILD) tests/check.sh spire

check-lab: deps spire ## run the parts that need SPIRE and Docker
	$(Q)$(MAKE) --no-print-directory -s -j$$(nproc) all
	$(Q)BUILD=$(BUILD) tests/check.sh spire container lab

check-daemons: ## install and run the programs of docs/compatibility.md, and make that page anew
	$(Q)sh tests/support/deps.sh daemons
	$(Q)$(MAKE) --no-print-directory -s -j$$(nproc) all
	$(Q)BUILD=$(BUILD) tests/check.sh daemons
	$(Q)tests/daemons/compatibility.sh > build/check/compatibility.md && cp build/check/compatibility.md docs/compatibility.md

bench: ## measure against plaintext, native TLS and proxies, and make the tables of docs/performance.md anew (half an hour)
bench-quick: ## the same in about three minutes, less exactly
bench bench-quick:
	$(Q)sh tests/support/deps.sh bench
	$(Q)$(MAKE) --no-print-directory -s -j$$(nproc) all $(BENCH)
	$(Q)tests/bench/ghostunnel/binary.sh --build > /dev/null || echo "$@: goes on without ghostunnel" >&2
	$(Q)BUILD=$(BUILD) /usr/bin/python3 tests/bench/bench.py $(if $(findstring quick,$@),--quick,--docs)

unit: $(UNIT) ## build the unit tests of lib/
shim-tests: $(SHIM_TESTS) ## build the programs that tests/shim runs
fuzz-bin: ## build the fuzz targets
	$(Q)$(MAKE) --no-print-directory SAN=fuzz CC=$(FUZZ_CC) CFLAGS="-O1 -g" $(FUZZ)

FUZZ_SECONDS ?= 60
fuzz: fuzz-bin ## run each fuzz target for FUZZ_SECONDS (default 60)
	$(Q)tests/fuzz/run.sh $(FUZZ_SECONDS)

format: ## clang-format the tree
	@command -v clang-format > /dev/null || { echo "make format: clang-format is missing: apt-get install clang-format" >&2; exit 1; }
	$(Q)clang-format -i $$(git ls-files '*.c' '*.h')

install: all ## install to $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/svidwrap $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/man/man5
	install -m 755 $(CLI) $(AGENT) $(DESTDIR)$(PREFIX)/bin/
	install -m 755 $(SHIM) $(DESTDIR)$(PREFIX)/lib/svidwrap/
	install -m 644 docs/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 docs/man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5/

clean: ## remove what was built
	rm -rf build compile_commands.json

help: ## this list
	@awk -F ':.*## ' '/^[a-z_.-]+:.*## /{printf "  %-22s %s\n", $$1, $$2}' Makefile

compile_commands.json: ## for editors
	$(Q)$(MAKE) -nB V=1 all unit | awk -v d="$$PWD" 'BEGIN{printf "["} / -c /{f=$$NF; gsub(/"/,"\\\""); \
		printf "%s\n{\"directory\":\"%s\",\"file\":\"%s\",\"command\":\"%s\"}", s, d, f, $$0; s=","} END{print "\n]"}' > $@

# ---- rules ----

$(BUILD)/gen/workload/workload.pb-c.c: lib/workload/workload.proto
	$(call say,PROTO,$<)mkdir -p $(@D) && protoc-c --c_out=$(@D) --proto_path=$(<D) $<

$(BUILD)/gen/workload/workload.pb-c.h: $(BUILD)/gen/workload/workload.pb-c.c ;

$(BUILD)/gen/%.o: $(BUILD)/gen/%.c
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.c | $(BUILD)/gen/workload/workload.pb-c.h
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.S
	$(call say,AS,$<)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -c -o $@ $<

$(LIB): $(LIB_OBJ)
	$(call say,AR,$@)rm -f $@ && ar rcs $@ $^

# The version script comes from the same table as the wrappers.
$(BUILD)/libsvidwrap.map: shim/symbols.def shim/symbols.map.in
	$(call say,GEN,$@)mkdir -p $(@D) && $(CC) -E -P -x c -Ishim shim/symbols.map.in -o $@

# Our own calls and addresses of what we export are ours (-Bsymbolic-functions), whatever is preloaded before us.
# Debian's nghttp2 archive is built for executables: its reference to stderr needs a definition inside the object (shim/stdio_alias.c).
$(SHIM): $(SHIM_OBJ) $(LIB) $(BUILD)/libsvidwrap.map
	$(call say,LD,$@)$(CC) -shared $(SAN_FLAGS) -o $@ $(SHIM_OBJ) $(LIB) -Wl,--version-script=$(BUILD)/libsvidwrap.map \
		-Wl,--wrap=stderr -Wl,--gc-sections -Wl,-Bsymbolic-functions -Wl,-z,relro,-z,nodelete,-z,defs \
		$(THIRD_PARTY)

$(CLI): $(patsubst %.c,$(BUILD)/%.o,$(wildcard tools/svidwrap/*.c)) $(LIB)
	$(call say,LD,$@)$(CC) $(SAN_FLAGS) -o $@ $^ $(THIRD_PARTY)

$(AGENT): $(patsubst %.c,$(BUILD)/%.o,$(wildcard tools/labagent/*.c)) $(LIB)
	$(call say,LD,$@)$(CC) $(SAN_FLAGS) -o $@ $^ $(THIRD_PARTY)

# -Wl,--wrap: unit tests can make the n-th allocation fail (tests/support/malloc_fail.h).
$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(SUPPORT_OBJ) $(LIB)
	$(call say,LD,$@)mkdir -p $(@D) && $(CC) $(SAN_FLAGS) -o $@ $^ $(THIRD_PARTY) -lcmocka \
		-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup

# Not with a sanitizer: those cannot be linked statically.
$(BUILD)/shim-tests/tool_static: tests/shim/tool_static.c
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) -std=gnu2x $(WARN) -D_GNU_SOURCE -O1 -static -o $@ $<

$(BUILD)/shim-tests/a_program_without_pie_hands_its_listener_on: PIE = -fno-pie -no-pie
$(BUILD)/shim-tests/%: tests/shim/%.c $(wildcard tests/shim/*.h)
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) -std=gnu2x $(WARN) -D_GNU_SOURCE -O1 -g $(SAN_FLAGS) $(PIE) -o $@ $< -lpthread

$(BUILD)/bench/%.so: tests/bench/%.c
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) -std=gnu2x $(WARN) -D_GNU_SOURCE -O2 -fPIC -shared -o $@ $<

$(BUILD)/bench/%: tests/bench/%.c tests/bench/loopback.h
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) -std=gnu2x $(WARN) -D_GNU_SOURCE -O2 -g -o $@ $< $(if $(findstring bare,$@),$(THIRD_PARTY))

# Fuzz targets see lib/ built by clang with coverage: `make fuzz-bin` calls this with SAN=fuzz.
build/fuzz/bin/%: $(BUILD)/tests/fuzz/%.o $(LIB)
	$(call say,LD,$@)mkdir -p $(@D) && $(CC) -fsanitize=fuzzer,address,undefined -o $@ $^ $(THIRD_PARTY)

-include $(shell find $(BUILD) -name "*.d" 2>/dev/null)
