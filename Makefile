# SPDX-License-Identifier: MIT
#
# One makefile; it calls itself only after packages were installed or for another
# variant.  Each variant (SAN=..., CC=clang, DEBUG=1) has its own tree under build/, so that
# objects never mix; programs of the plain variant are in build/bin/.
#
#   make            the three programs         make help    every target
#   V=1             show the commands          WERROR=1     warnings are errors
#   SAN=address,undefined | thread             CC=clang     DEBUG=1: make debug
#   COVERAGE=1: tests/lib/coverage

CFLAGS      ?= $(if $(DEBUG),-O0 -g3,$(if $(COVERAGE),-O0 -g,$(if $(SAN),-O1 -g1,-O2 -g)))
PREFIX      ?= /usr/local
# Not every shell has done it: sh -c 'make install PREFIX=~/.local'
override PREFIX := $(patsubst ~/%,$(HOME)/%,$(PREFIX))
DESTDIR     ?=
BINDIR      ?= $(PREFIX)/bin
MANDIR      ?= $(PREFIX)/share/man
DOCDIR      ?= $(PREFIX)/share/doc/picoord
PROTODIR    ?= $(PREFIX)/share/picoord/proto
EXAMPLEDIR  ?= $(PREFIX)/share/picoord/programs
DEPLOYDIR   ?= $(PREFIX)/share/picoord/deploy
MODULEDIR   ?= $(PREFIX)/share/modulefiles
UNITDIR     ?= $(PREFIX)/lib/systemd/system
BASHDIR     ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR      ?= $(PREFIX)/share/zsh/site-functions
FISHDIR     ?= $(PREFIX)/share/fish/vendor_completions.d
INSTALL     ?= install
PKG_CONFIG  ?= pkg-config
PROTOC_C    ?= protoc-c
SEEDS       ?= 10000
SECONDS     ?= 60
SEED        ?= 1

comma   := ,
Q       := $(if $(V),,@)
# One line that counts what is compiled and linked; where it is no terminal each fiftieth;
# none with -s.  Another make says how many there will be.
SILENT  = $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
say     = $(if $(V)$(SILENT),,$(eval SAID += $(1))$(call tell,$(words $(SAID)),$(1)))
tell    = $(if $(TTY),@printf '\r\033[K[%3d/$(TOTAL)] %s$(if $(filter $(TOTAL),$(1)),\n,\r)' $(1) $(2),$(if \
	$(filter %00 %50 $(TOTAL),$(1)),@echo '[$(1)/$(TOTAL)] $(2)'))
TTY    := $(if $(filter-out dumb,$(TERM)),$(MAKE_TERMOUT))
TOTAL   = $(eval TOTAL := $(shell MAKEFLAGS= $(MAKE) -n $(MAKEOVERRIDES) TTY=1 TOTAL=0 $(MAKECMDGOALS) \
	2>/dev/null | grep -c '^printf .*033'))$(TOTAL)
VARIANT := $(if $(findstring clang,$(CC)),clang-)$(if $(COVERAGE),coverage,$(if $(DEBUG),debug$(if $(SAN),-),$(if $(SAN),,plain))$(subst $(comma),-,$(SAN)))
O       := build/$(VARIANT)
B       := $(if $(filter plain,$(VARIANT)),build/bin,$(O)/bin)
VERSION := $(shell cat VERSION)
COMMIT  := $(shell git describe --always --dirty 2>/dev/null || echo release)

PACKAGES := libuv libprotobuf-c openssl inih sqlite3 libmicrohttpd jansson

# -ffp-contract=off: a stop rule compares binary64 values, which must be the same
# on every machine.  Assertions stay on: NDEBUG is never defined.
override CFLAGS += -std=gnu11 -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -fno-common -ffp-contract=off -fstack-protector-strong \
	-pthread $(if $(WERROR),-Werror)
override CPPFLAGS += -I. -I$(O)/gen -D_GNU_SOURCE -DPI_VERSION='"$(VERSION)"'
override LDFLAGS += -pthread
ifdef SAN
override CFLAGS  += -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all
override LDFLAGS += -fsanitize=$(SAN)
endif
# Threads count too, so each count is atomic.
ifdef COVERAGE
override CFLAGS  += --coverage -fprofile-update=atomic
override LDFLAGS += --coverage
endif

# Queried once, and only for compilation: help, clean and install-deps also work
# on a machine without the libraries.
LIB_CFLAGS = $(eval LIB_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(PACKAGES)))$(LIB_CFLAGS)
LIB_LIBS   = $(eval LIB_LIBS := $$(shell $(PKG_CONFIG) --libs $(PACKAGES)) -lm)$(LIB_LIBS)
# Around each test: tests/lib/leaks.c.
TEST_LIBS  = $(eval TEST_LIBS := $$(shell $(PKG_CONFIG) --libs cmocka) \
	-Wl$(comma)--wrap=_cmocka_run_group_tests)$(TEST_LIBS)

objects = $(patsubst %.c,$(O)/%.o,$(1))

# Pure code uses no socket, file, clock, thread, log line or uv.h: the rooms that
# tests/layers marks pure, and two more files.  `make purity` links only these, and
# allows only the undefined symbols in tests/purity.allowed (fwrite writes to a
# FILE that the caller has opened).
PURE_ROOMS := $(shell awk '/^[a-z].* pure/ {print $$1}' tests/layers)
PURE := $(wildcard $(addsuffix /*.c,$(PURE_ROOMS))) common/wire/names.c server/net/address_count.c

PROGRAMS := $(addprefix $(B)/,picoord piworker pictl)
LIB      := $(O)/libpicoord.a
LIB_SRC  := $(filter-out %/main.c,$(foreach d,common server worker ctl,$(wildcard $(d)/*.c $(d)/*/*.c)))
RIGS     := $(O)/libtests.a
GEN      := $(O)/gen/proto/picoord.pb-c
WEB      := $(wildcard $(foreach at,web web/vendor,$(addprefix $(at)/*.,html css js json svg txt)))
ASSETS   := $(O)/gen/web/assets
UNIT     := $(patsubst %.c,$(O)/%,$(wildcard tests/unit/*/*_test.c))
SIM      := $(O)/tests/simulate
KILLED   := $(O)/tests/killed
POWER    := $(O)/tests/powercuts
PROPERTY := $(O)/tests/property
ROGUE    := $(O)/tests/rogue
FUZZ     := $(patsubst tests/fuzz/%.c,$(O)/fuzz/%,$(wildcard tests/fuzz/*.c))
BENCHES  := $(patsubst bench/%.c,$(O)/bench/%,$(wildcard bench/*.c))

.PHONY: all
all: $(PROGRAMS)
	$(if $(filter plain0,$(VARIANT)$(MAKELEVEL)$(SILENT)),@echo "built picoord piworker pictl in build/bin; next: make check")

$(PROGRAMS): $(B)/pi%: | $(LIB)
$(B)/picoord: $(O)/server/main.o
$(B)/piworker: $(O)/worker/main.o
$(B)/pictl: $(O)/ctl/main.o
$(SIM): $(call objects,$(wildcard tests/sim/*.c))
$(KILLED): $(call objects,$(wildcard tests/kill/*.c))
$(POWER): $(call objects,$(wildcard tests/power/*.c))
$(UNIT): %: %.o
$(BENCHES): $(O)/bench/%: $(O)/bench/%.o $(call objects,$(wildcard bench/lib/*.c))
$(UNIT) $(SIM) $(POWER) $(BENCHES): $(RIGS)
$(PROGRAMS) $(SIM) $(POWER) $(KILLED) $(UNIT) $(BENCHES): $(LIB)
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o $(RIGS),$^) $(LIB) $(LIB_LIBS) $(if $(filter %_test,$@),$(TEST_LIBS))

# A worker that needs nothing of the machine but its kernel; picoord finds it there.  What
# glibc warns of, names that are looked up by libraries, worker/static.c does not let happen.
# Debian's libuv.a is called libuv_a.a.
STATIC      := $(B:bin=lib)/picoord/worker/linux-$(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
STATIC_LIBS  = $(shell $(PKG_CONFIG) --static --libs libuv libprotobuf-c openssl inih jansson) -lm
LIBUV_A      = $(if $(findstring /,$(shell $(CC) -print-file-name=libuv_a.a)),-luv_a,-luv)
.PHONY: static
static: $(STATIC) ## a piworker that runs on any Linux machine of this kind
$(STATIC): $(O)/worker/main.o $(O)/worker/static.o $(LIB)
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -static-pie -s -o $@ $^ $(STATIC_LIBS:-luv=$(LIBUV_A)) 2>$(O)/static.log || \
		{ cat $(O)/static.log >&2; exit 1; }

# Links the kernel only: cross compilers lack the other libraries.
$(PROPERTY): $(call objects,tests/kernel/property.c $(wildcard common/kernel/*.c))
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

$(LIB): $(call objects,$(LIB_SRC)) $(GEN).o $(ASSETS).o
$(RIGS): $(call objects,$(wildcard tests/lib/*.c))
$(LIB) $(RIGS):
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(O)/%.o: %.c VERSION | $(GEN).h
	@mkdir -p $(@D)
	$(call say,$<)
	$(Q)$(CC) $(CPPFLAGS) $(LIB_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# More optimisation pays in the kernel only.
KERNEL_O ?= $(if $(DEBUG),,-O3)
$(O)/common/kernel/%.o: override CFLAGS += $(KERNEL_O)
# Instructions that some machines lack are used only in the file of their kernel,
# which is nearly empty when compiled for another processor.
x86 = $(if $(findstring x86_64,$(shell $(CC) -dumpmachine)),$(1))
$(O)/common/kernel/avx512.o: override CFLAGS += $(call x86,-mavx512f -mavx512bw \
	-mavx512vnni -mavx512vbmi2 -mavx512vpopcntdq)
$(O)/common/kernel/avx2.o: override CFLAGS += $(call x86,-mavx2 -mpopcnt)
# For comparison: as fast as the compiler can make it on this machine.
$(O)/bench/xoshiro.o: override CFLAGS += -O3 -march=native
# Files that contain the commit id.
COMMITTED := $(addprefix $(O)/,common/cli/opt.o ctl/commands/version.o tests/unit/cli/opt_test.o)
$(COMMITTED): override CPPFLAGS += -DPI_COMMIT='"$(COMMIT)"'
$(COMMITTED): $(O)/commit
$(O)/commit: $(if $(filter-out $(shell cat $(O)/commit 2>/dev/null),$(COMMIT)),FORCE)
	@mkdir -p $(@D)
	@echo '$(COMMIT)' >$@
.PHONY: FORCE
FORCE:

$(GEN).o: $(GEN).c
	$(Q)$(CC) $(CPPFLAGS) $(LIB_CFLAGS) $(CFLAGS) -w -c -o $@ $<

$(GEN).c $(GEN).h &: proto/picoord.proto
	@command -v $(PROTOC_C) >/dev/null || { echo "$(PROTOC_C) not found: run deploy/install-deps" >&2; exit 1; }
	@mkdir -p $(O)/gen
	$(Q)$(PROTOC_C) --c_out=$(O)/gen $<

$(ASSETS).c: web/embed $(WEB)
	@mkdir -p $(@D)
	$(Q)web/embed $@ $(WEB)

$(ASSETS).o: $(ASSETS).c server/view/page.h
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

-include $(shell find $(O) -name '*.d' 2>/dev/null)

# ---- first run --------------------------------------------------------------------

.PHONY: demo demo-hosts
demo: ## install what is missing, build, and show a fleet computing pi
	@deploy/install-deps build
	@$(MAKE) --no-print-directory -j2 all
	@deploy/demo $(B)

demo-hosts: ## the same on three hosts, one is unplugged; needs root
	@deploy/install-deps hosts
	@$(MAKE) --no-print-directory -j2 all
	@deploy/demo-hosts $(B)

# ---- checks -----------------------------------------------------------------------

.PHONY: check test ci long tests unit golden purity layers clashes sim e2e soak mutants bench lint format
check: ## unit tests, purity, 300 simulated seeds, end to end
	@deploy/install-deps check
	@$(MAKE) --no-print-directory -j2 all tests
	@tests/lib/steps check

test: check ## the same as check

ci: ## every bounded campaign; prints each step's seconds
	@deploy/install-deps ci
	@tests/lib/steps ci

long: ## the long forms
	@deploy/install-deps ci
	@tests/lib/steps long

tests: $(UNIT) $(SIM) $(ROGUE) $(POWER) $(KILLED) ## build what check and ci run

unit: $(UNIT) ## the unit tests
	@tests/lib/unit $(UNIT)

golden: all $(UNIT) ## writes tests/golden anew: then read what has changed
	@GOLDEN=renew tests/lib/unit $(foreach t,$(shell grep -l golden.h tests/unit/*/*_test.c),$(O)/$(t:.c=))
	@GOLDEN=renew tests/e2e/run $(B) what-a-worker-prints-is-whole

purity: $(call objects,$(PURE)) ## the core links without sockets, files, clocks
	@$(LD) -r -o $(O)/pure.o $^
	@nm -u $(O)/pure.o | awk '{print $$2}' | grep -vxFf tests/purity.allowed >$(O)/impure || exit 0; \
		echo "the pure core may not use: $$(tr '\n' ' ' <$(O)/impure)" >&2; exit 1

layers: all ## the rooms, and that nothing calls upwards or in a circle
	@tests/lib/layers . $(O)

# An archive hides duplicate names until both object files are linked.
clashes: $(LIB) $(RIGS) ## no name is defined twice
	@$(LD) -r -o $(O)/whole.o --whole-archive $^

sim: $(SIM) ## golden traces and 300 simulated seeds
	@$(SIM) --scenarios
	@$(SIM) --seeds 1:300

e2e: all $(ROGUE) ## the real programs, end to end
	@tests/e2e/run $(B)

soak: $(SIM) ## simulate SEEDS=n seeds
	@$(SIM) --seeds 1:$(SEEDS)

mutants: ## plant known bugs; each must be found by the simulator
	@tests/sim/run-mutants && tests/sim/run-mutants --rare

# A piworker that replaces the counts of its kernel.
$(ROGUE): $(O)/worker/main.o $(O)/tests/e2e/rogue.o $(LIB)
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--wrap=kernel_count -o $@ $(filter %.o,$^) $(LIB) $(LIB_LIBS)

# Instruments all code, but only the targets link the fuzzer's main().
fuzz-build:
	@$(MAKE) --no-print-directory -s -j2 CC=clang SAN=fuzzer-no-link,address,undefined fuzz-targets

fuzz: fuzz-build ## every fuzz target for SECONDS=n
	@tests/fuzz/run build/clang-fuzzer-no-link-address-undefined/fuzz $(SECONDS)

.PHONY: fuzz fuzz-build fuzz-targets
fuzz-targets: $(FUZZ)
$(FUZZ): $(O)/fuzz/%: $(O)/tests/fuzz/%.o $(RIGS) $(LIB)
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIB_LIBS) $(TEST_LIBS)

bench: all $(BENCHES) $(ROGUE) ## the measurements of bench/README.md
	@bench/run $(B) $(O)/bench

lint: ## clang-format, clang-tidy, shellcheck
	@tests/lib/lint
	@tests/lib/tidy common ctl server worker

format: ## clang-format, in place
	@clang-format -i $$(git ls-files '*.c' '*.h')

# ---- for who changes it -----------------------------------------------------------

.PHONY: debug gdb
debug: ## programs and tests with -O0 -g3, in build/debug
	@$(MAKE) --no-print-directory DEBUG=1 all tests

# A planted bug or another variant: DEBUGGED=its simulator.
DEBUGGED ?= build/debug/tests/simulate
GDB      ?= gdb
gdb: ## the world of SEED=n under gdb, which stops where it fails
	@command -v $(GDB) >/dev/null || { echo "$(GDB) not found: install the package" \
		"$$(deploy/install-deps --package gdb)" >&2; exit 1; }
	@$(MAKE) --no-print-directory -s DEBUG=1 $(DEBUGGED)
	@$(GDB) -q -ex 'break world_fail' -ex 'handle SIGVTALRM stop' -ex run $(GDBFLAGS) \
		--args $(DEBUGGED) --seed $(SEED) --tail

# What make would run to compile everything, as clangd wants it.
compile_commands.json: FORCE $(GEN).h ## the flags of every source, for clangd
	@$(MAKE) --no-print-directory -Bn V=1 all tests fuzz-targets $(BENCHES) $(PROPERTY) | \
		tests/lib/compile-commands >$@

# ---- install ----------------------------------------------------------------------

DOCUMENTS := README.md LICENSE CHANGELOG.md $(wildcard docs/*.md)
# What docs/PROGRAMS.md is about: picoord.py, a header for C, and examples.
EXAMPLES  := $(wildcard $(addprefix examples/programs/*.,py h c sh))
# For machines that are an engine's: scripts that it starts, and that start it.
ENGINES   := $(addprefix deploy/,factory slurm/engine slurm/pi.sbatch slurm/workers.sbatch)

# The static worker, if it was made, where picoord looks for it.
GIVEN     := $(wildcard $(STATIC))
GIVENDIR  := $(dir $(BINDIR))lib/picoord/worker

# Which folders install has made: uninstall removes those alone.
MADE := $(PREFIX)/share/picoord/folders

.PHONY: install uninstall dist deb clean help
install: all $(GIVEN) ## into DESTDIR, PREFIX
	@deploy/folders make "$(DESTDIR)" $(MADE) $(sort $(dir $(MADE)) $(BINDIR) $(UNITDIR) $(DOCDIR) \
		$(PROTODIR) $(EXAMPLEDIR) $(DEPLOYDIR)/slurm $(MODULEDIR)/picoord $(MANDIR)/man1 $(MANDIR)/man8 \
		$(BASHDIR) $(ZSHDIR) $(FISHDIR) $(if $(GIVEN),$(GIVENDIR)))
	$(INSTALL) -m 755 $(PROGRAMS) $(DESTDIR)$(BINDIR)
	$(if $(GIVEN),$(INSTALL) -m 755 $(GIVEN) $(DESTDIR)$(GIVENDIR))
	$(INSTALL) -m 644 proto/picoord.proto $(DESTDIR)$(PROTODIR)
	$(INSTALL) -m 644 docs/man/*.1 $(DESTDIR)$(MANDIR)/man1
	$(INSTALL) -m 644 docs/man/*.8 $(DESTDIR)$(MANDIR)/man8
	$(INSTALL) -m 644 $(DOCUMENTS) $(DESTDIR)$(DOCDIR)
	$(INSTALL) -m 644 $(filter-out %.sh,$(EXAMPLES)) $(DESTDIR)$(EXAMPLEDIR)
	$(INSTALL) -m 755 $(filter %.sh,$(EXAMPLES)) $(DESTDIR)$(EXAMPLEDIR)
	for e in $(ENGINES:deploy/%=%); do \
		$(INSTALL) -m 755 deploy/$$e $(DESTDIR)$(DEPLOYDIR)/$$e || exit 1; done
	sed 's|@VERSION@|$(VERSION)|g; s|@BINDIR@|$(BINDIR)|g; s|@DEPLOYDIR@|$(DEPLOYDIR)|g' \
		deploy/slurm/modulefile.in >$(DESTDIR)$(MODULEDIR)/picoord/$(VERSION)
	chmod 644 $(DESTDIR)$(MODULEDIR)/picoord/$(VERSION)
	for u in picoord.service piworker@.service; do \
		sed 's|@BINDIR@|$(BINDIR)|g' deploy/systemd/$$u.in >$(DESTDIR)$(UNITDIR)/$$u || exit 1; \
		chmod 644 $(DESTDIR)$(UNITDIR)/$$u; done
	for s in bash:$(BASHDIR)/pictl zsh:$(ZSHDIR)/_pictl fish:$(FISHDIR)/pictl.fish; do \
		$(B)/pictl completion $${s%%:*} >$(DESTDIR)$${s#*:} || exit 1; \
		chmod 644 $(DESTDIR)$${s#*:}; done
	for p in picoord piworker; do \
		ln -sf pictl $(DESTDIR)$(BASHDIR)/$$p; ln -sf pictl.fish $(DESTDIR)$(FISHDIR)/$$p.fish; done

uninstall: ## remove what install has put there
	rm -f $(addprefix $(DESTDIR)$(BINDIR)/,picoord piworker pictl)
	rm -f $(addprefix $(DESTDIR)$(GIVENDIR)/,$(notdir $(STATIC)))
	rm -f $(addprefix $(DESTDIR)$(UNITDIR)/,picoord.service piworker@.service)
	rm -f $(DESTDIR)$(MANDIR)/man1/piworker.1 $(DESTDIR)$(MANDIR)/man1/pictl.1
	rm -f $(DESTDIR)$(MANDIR)/man8/picoord.8
	rm -f $(addprefix $(DESTDIR)$(DOCDIR)/,$(notdir $(DOCUMENTS))) $(DESTDIR)$(PROTODIR)/picoord.proto
	rm -f $(addprefix $(DESTDIR)$(EXAMPLEDIR)/,$(notdir $(EXAMPLES)))
	rm -f $(ENGINES:deploy/%=$(DESTDIR)$(DEPLOYDIR)/%) $(DESTDIR)$(MODULEDIR)/picoord/$(VERSION)
	rm -f $(addprefix $(DESTDIR)$(BASHDIR)/,picoord piworker pictl) $(DESTDIR)$(ZSHDIR)/_pictl
	rm -f $(addprefix $(DESTDIR)$(FISHDIR)/,picoord.fish piworker.fish pictl.fish)
	@deploy/folders remove "$(DESTDIR)" $(MADE)

dist: ## a source archive of HEAD
	@mkdir -p build
	git archive --prefix=picoord-$(VERSION)/ HEAD | gzip -9n >build/picoord-$(VERSION).tar.gz

deb: ## Debian packages of HEAD, in build/deb
	@deploy/debian/build build/deb
	@ls build/deb/*.deb

clean: ## remove what was built
	rm -rf build compile_commands.json

help: ## this list
	@awk -F':.*## ' '/^[a-z0-9_.-]+:.*## / {printf "  make %-21s %s\n", $$1, $$2}' Makefile
	@echo "  SAN=address,undefined|thread  CC=clang  DEBUG=1  COVERAGE=1  V=1  WERROR=1  PREFIX= DESTDIR="
