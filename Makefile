# Lachesis. `make help` lists what can be asked for; docs/building.md says how the pieces are made.
# Variables: boot/variables.txt lists what there is for whom; it is checked here, before anything is built, and by the host command.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory -j$(shell nproc)
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

quote = '$(subst ','\'',$(1))'

# ---- variables -------------------------------------------------------------------------------------------------------

# Those of the command line must be known, of use for the targets, and good. Those of the environment may be meant for others: what
# is of no use or not good is left out. A make in a make is told its caller's command line too, which is treated in the same way.
SMOKES := $(patsubst tests/guest/%/manifest.json,%,$(wildcard tests/guest/*/manifest.json))
VARIABLES := $(shell sed -nE 's/^([A-Z_]+) *;.*/\1/p' boot/variables.txt | sort -u)
GIVEN := $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))
INHERITED := $(filter-out 0,$(MAKELEVEL))
GIVEN := $(if $(INHERITED),$(filter $(VARIABLES),$(GIVEN)),$(GIVEN))
GIVEN += $(foreach name,$(VARIABLES),$(if $(filter environment,$(firstword $(origin $(name)))),$(name)))
COMPLAINT := $(if $(strip $(GIVEN)),$(shell boot/variables.sh check '$(or $(MAKECMDGOALS),all)' '$(SMOKES)' \
  $(foreach name,$(GIVEN),$(call quote,$(name)) '$(if $(INHERITED),environment,$(origin $(name)))' $(call quote,$($(name))))))
ifeq ($(firstword $(COMPLAINT)),ignore)
$(foreach name,$(filter $(VARIABLES),$(COMPLAINT)),$(eval override $(name) :=))
else ifneq ($(COMPLAINT),)
$(error $(COMPLAINT))
endif

# The QEMU that all commands run, also those that scripts start.
ifdef QEMU
export LACHESIS_QEMU := $(QEMU)
endif

MEASURE ?= 0
OUT := artifacts
IMAGE := $(OUT)/image
ILC_VERSION := $(shell sed -n 's:.*<IlcVersion>\(.*\)</IlcVersion>.*:\1:p' Directory.Packages.props)
NUGET := $(or $(NUGET_PACKAGES),$(or $(DOTNET_CLI_HOME),$(HOME))/.nuget/packages)
ILC := $(NUGET)/runtime.linux-x64.microsoft.dotnet.ilcompiler/$(ILC_VERSION)/tools/ilc
ILC_FLAGS := -g --nativelib --targetos:linux --targetarch:x64 --noinlinetls

# A compilation takes seconds, in which code that is compiled again by what its first runs showed does not pay.
COMPILE := env DOTNET_TieredPGO=0 dotnet build -c Release --nologo -v quiet --tl:off

# $(call dotnet_build,PROJECT OPTIONS): silent unless it fails; then what is wrong with the host, or else with the sources.
dotnet_build = $(call silently,$(COMPILE) --no-restore $(1))
silently = log=$(OUT)/logs/$(notdir $@).log; \
  ( mkdir -p $(OUT)/logs && exec >$$log 2>&1 && $(1); exit $$? ) 2>/dev/null || { boot/build-failure.sh $$log; exit 1; }

# The same of a host project. These build each other, so only one of them is built at a time. The lock is not handed on (-o): the
# compiler server outlives the build that starts it, and would hold it.
LOCKED := flock -o $(OUT)
host_build = $(call silently,$(LOCKED) $(COMPILE) --no-restore $(1))
BIN := $(OUT)/bin
LACHESIS := $(BIN)/lachesis

# Folders count as sources, as removing a file changes nothing else.
KERNEL_SOURCES := $(shell find kernel/corelib kernel/abi kernel/core kernel/arch -name '*.cs' -o -type d) kernel/Freestanding.props \
  kernel/Lachesis.Kernel.csproj Directory.Build.props Directory.Packages.props
CORE_SOURCES := $(shell find kernel/abi kernel/core kernel/scenario -name '*.cs' -o -type d) kernel/Lachesis.Core.csproj Directory.Build.props \
  Directory.Packages.props
BOOT_SOURCES := $(shell find boot -name '*.cs' -o -type d) boot/Lachesis.Boot.csproj
TOOL_SOURCES := $(shell find tools/Lachesis tools/Lachesis.Simulator -name '*.cs' -o -type d -o -name '*.csproj' -o -name '*.json') $(wildcard bench/guest/thread-scale/*.cs)
PROGRAM_DIRS := $(wildcard tests/guest/*/) $(wildcard bench/guest/*/)
PROGRAM_DIRS := $(patsubst %/,%,$(dir $(wildcard $(addsuffix *.csproj,$(PROGRAM_DIRS)))))
PROGRAMS := $(notdir $(PROGRAM_DIRS))
USER_SOURCES := $(shell find kernel/corelib kernel/abi kernel/scenario -name '*.cs' -o -type d) $(shell find kernel/user -name '*.cs' -o -type d) $(wildcard kernel/user/*) kernel/Freestanding.props \
  Directory.Build.props
ELFS := $(PROGRAMS:%=$(IMAGE)/programs/%.elf)
QUEUE_WORKLOADS := $(wildcard bench/queues/*.cs) kernel/user/testing/Random.cs
BENCHMARK_SOURCES := $(shell find bench/Lachesis.Benchmarks -name '*.cs' -o -type d)
QUEUE_BENCHMARKS := $(BIN)/Lachesis.Benchmarks/release/lachesis-benchmarks
SOLUTION := Lachesis.slnx
PROJECTS := $(shell sed -n 's/.*<Project Path="\([^"]*\)".*/\1/p' $(SOLUTION))

.PHONY: all
all: $(IMAGE)/kernel.elf $(ELFS) $(LACHESIS) $(QUEUE_BENCHMARKS) ## Build everything

# ---- setup ---------------------------------------------------------------------------------------------------------

.PHONY: setup
setup: ## Install what is missing (QEMU, binutils) with apt
	@boot/setup.sh

$(OUT)/setup.stamp: boot/setup.sh global.json
	@boot/setup.sh
	@mkdir -p $(@D) && touch $@

# Packages of all projects at once.
RESTORED := $(OUT)/restored.stamp
$(RESTORED): $(SOLUTION) $(PROJECTS) Directory.Build.props Directory.Packages.props | $(OUT)/setup.stamp
	@$(call silently,dotnet restore $(SOLUTION) --nologo -v quiet)
	@touch $@

# ---- kernel ----------------------------------------------------------------------------------------------------------

# $(call KERNEL_RULES,NAME,OPTIONS OF ILC): how artifacts/image/NAME.o is made.
define KERNEL_RULES
$(OUT)/il/$(1)/kernel.dll: $(KERNEL_SOURCES) $(RESTORED)
	@$$(call dotnet_build,kernel/Lachesis.Kernel.csproj -p:Variant=$(1))
	@touch $$@

$(IMAGE)/$(1).o: $(OUT)/il/$(1)/kernel.dll
	@mkdir -p $$(@D)
	@$(ILC) $$< -o $$@ $(2) $(ILC_FLAGS) --systemmodule:kernel --generateunmanagedentrypoints:kernel --map:$$(@:.o=.map.xml)
endef

# Without -O nothing is inlined and every local variable lives on the stack, where gdb finds it; the rest of what -O implies is needed.
UNOPTIMIZED := --scan --preinitstatics
$(eval $(call KERNEL_RULES,kernel,-O))
$(eval $(call KERNEL_RULES,kernel-measured,-O))
$(eval $(call KERNEL_RULES,kernel-debug,$(UNOPTIMIZED)))
$(eval $(call KERNEL_RULES,kernel-measured-debug,$(UNOPTIMIZED)))

# The core as a library. CORE_REF is its interface, structs with all their fields included, and is written only when that changes:
# what depends on it is built again after a change of a struct, and not after one within a method.
CORE := $(BIN)/Lachesis.Core/release/Lachesis.Core.dll
CORE_REF := $(OUT)/obj/Lachesis.Core/release/ref/Lachesis.Core.dll

$(CORE): $(CORE_SOURCES) $(RESTORED)
	@$(call host_build,kernel/Lachesis.Core.csproj)
	@touch $@

$(CORE_REF): $(CORE)
	@:

# $(call WITH_CORE,PROGRAM): the core as it is now, beside the program.
define WITH_CORE
$(dir $(1))Lachesis.Core.dll: $(CORE) | $(1)
	@for kind in pdb dll; do cp -p $(CORE:.dll=).$$$$kind $$(@:.dll=).new && mv -f $$(@:.dll=).new $$(@:.dll=).$$$$kind; done
endef

BOOT_TOOL := $(BIN)/Lachesis.Boot/release/lachesis-boot.dll

$(BOOT_TOOL): $(BOOT_SOURCES) $(CORE_REF) $(RESTORED)
	@$(call host_build,boot/Lachesis.Boot.csproj)
	@touch $@

$(IMAGE)/boot.o $(IMAGE)/user.o &: $(BOOT_TOOL)
	@mkdir -p $(@D)
	@dotnet $(BOOT_TOOL) $(IMAGE)/boot.o $(IMAGE)/user.o

$(IMAGE)/%.elf: $(IMAGE)/%.o $(IMAGE)/boot.o boot/kernel.ld
	@ld -n -nostdlib --no-warn-rwx-segments -z noexecstack -T boot/kernel.ld -o $@ $(IMAGE)/boot.o $<

# ---- guest programs --------------------------------------------------------------------------------------------------

define PROGRAM_RULES
$(OUT)/il/$(2)/$(2).dll: $$(wildcard $(1)/*.cs) $(1)/$(2).csproj $(USER_SOURCES) $(RESTORED)
	@$$(call dotnet_build,$(1)/$(2).csproj)
	@touch $$@

$(IMAGE)/programs/$(2).o: $(OUT)/il/$(2)/$(2).dll
	@mkdir -p $$(@D)
	@$(ILC) $$< -o $$@ -O $(ILC_FLAGS) --systemmodule:$(2) --generateunmanagedentrypoints:$(2)
endef
$(foreach dir,$(PROGRAM_DIRS),$(eval $(call PROGRAM_RULES,$(dir),$(notdir $(dir)))))

# It is made of the kernel's own run queue, and of the workloads that the host times too.
$(OUT)/il/queues/queues.dll: $(CORE_SOURCES) $(QUEUE_WORKLOADS)

# The unstripped program stays beside it for gdb.
$(IMAGE)/programs/%.elf: $(IMAGE)/programs/%.o $(IMAGE)/user.o kernel/user/user.ld
	@ld -nostdlib -z max-page-size=4096 -z noexecstack -T kernel/user/user.ld -o $(@:.elf=.debug) $(IMAGE)/user.o $<
	@objcopy --strip-all $(@:.elf=.debug) $@

.SECONDARY:

# ---- host command ----------------------------------------------------------------------------------------------------

TOOL := $(BIN)/Lachesis.Tools/release/lachesis.dll

$(TOOL): $(TOOL_SOURCES) $(CORE_REF) $(RESTORED)
	@$(call host_build,tools/Lachesis/Lachesis.Tools.csproj)
	@touch $@
$(eval $(call WITH_CORE,$(TOOL)))

$(LACHESIS): $(TOOL) $(dir $(TOOL))Lachesis.Core.dll
	@ln -sfn Lachesis.Tools/release/lachesis $@
	@touch $@

$(QUEUE_BENCHMARKS): $(BENCHMARK_SOURCES) $(QUEUE_WORKLOADS) $(CORE_SOURCES) $(RESTORED)
	@$(call host_build,bench/Lachesis.Benchmarks/Lachesis.Benchmarks.csproj)
	@touch $@

# ---- hosted tests ----------------------------------------------------------------------------------------------------

SIMULATOR_SOURCES := $(shell find tools/Lachesis.Simulator -name '*.cs' -o -type d)
CORE_TESTS := $(BIN)/Lachesis.Core.Tests/release/Lachesis.Core.Tests.dll
SIMULATOR_TESTS := $(BIN)/Lachesis.Simulator.Tests/release/Lachesis.Simulator.Tests.dll
TOOLS_TESTS := $(BIN)/Lachesis.Tools.Tests/release/Lachesis.Tools.Tests.dll
HOSTED_TESTS := $(CORE_TESTS) $(SIMULATOR_TESTS) $(TOOLS_TESTS)

$(CORE_TESTS): $(SIMULATOR_SOURCES) $(QUEUE_WORKLOADS) $(BENCHMARK_SOURCES)
$(SIMULATOR_TESTS): $(SIMULATOR_SOURCES)
$(TOOLS_TESTS): $(TOOL_SOURCES) $(BOOT_SOURCES)

# $(call HOSTED,DLL,PROJECT)
define HOSTED
$(1): $(shell find tests/$(2) -name '*.cs' -o -type d) $(CORE_REF) $(RESTORED)
	@$$(call host_build,tests/$(2)/$(2).csproj)
	@touch $$@
endef
$(foreach dll,$(HOSTED_TESTS),$(eval $(call HOSTED,$(dll),$(basename $(notdir $(dll))))))
$(foreach dll,$(HOSTED_TESTS),$(eval $(call WITH_CORE,$(dll))))

.PHONY: hosted-tests
hosted-tests: $(HOSTED_TESTS) $(foreach dll,$(HOSTED_TESTS),$(dir $(dll))Lachesis.Core.dll)

# Before the rules of single files, where there is nothing yet or what all programs share has changed: all of it is compiled at once,
# and from nothing the analyzers run within the compilations. If that fails, the rules of single files say why, and `make analyze` what
# analyzers say.
ANALYZED := $(OUT)/analyzed.stamp
PROGRAM_SOURCES := $(shell find $(PROGRAM_DIRS) -name '*.cs' -o -type d)
TEST_SOURCES := $(shell find $(wildcard tests/*.Tests) -name '*.cs' -o -type d)
COMPILED := $(OUT)/compiled.stamp
COMPILED_IL := $(PROGRAMS:%=$(OUT)/il/%/%.dll) $(patsubst %,$(OUT)/il/%/kernel.dll,kernel kernel-measured kernel-debug)
.PHONY: compiled
compiled: $(COMPILED)

# What was compiled is as old as the beginning, so that what was edited meanwhile is compiled again. Analyzers look only at what is
# compiled in this very call.
$(COMPILED): $(USER_SOURCES) $(RESTORED)
	@mkdir -p $(OUT)/logs && touch $@.begun
	@[ -e $(BIN) ] && all=false || all=true; \
	if $(LOCKED) $(COMPILE) --no-restore -p:RunAnalyzersDuringBuild=$$all boot/Everything.proj >$(OUT)/logs/everything.log 2>&1; then \
	  touch -c -r $@.begun $(CORE) $(CORE_REF) $(COMPILED_IL) $(BOOT_TOOL) $(TOOL) $(QUEUE_BENCHMARKS) $(HOSTED_TESTS); \
	  ! $$all || touch -r $@.begun $(ANALYZED); \
	  touch -r $@.begun $@; \
	fi

hosted_test = dotnet test $(1) --nologo $(call option,FILTER,--filter) -- RunConfiguration.TreatNoTestsAsError=true

.PHONY: test-core test-sim test-tools
test-core: $(CORE_TESTS) $(dir $(CORE_TESTS))Lachesis.Core.dll ## Hosted tests of the kernel's core: FILTER=Sched (docs/building.md says which tests cover which sources)
	@$(call hosted_test,$(CORE_TESTS))
test-sim: $(SIMULATOR_TESTS) $(dir $(SIMULATOR_TESTS))Lachesis.Core.dll ## Hosted tests of the simulator and the hunt for races: FILTER=Replay
	@$(call hosted_test,$(SIMULATOR_TESTS))
test-tools: $(TOOLS_TESTS) $(dir $(TOOLS_TESTS))Lachesis.Core.dll ## Hosted tests of host command, gates and boot stubs: FILTER=Evidence
	@$(call hosted_test,$(TOOLS_TESTS))

# ---- running ---------------------------------------------------------------------------------------------------------

# What the user set of these goes to the host command, which checks it and names it in its errors.
option = $(if $($(1)),$(2) $(call quote,$($(1))))
# `make debug` uses the kernel without optimisation unless DEBUG_KERNEL says otherwise.
ifneq ($(filter debug debug-server,$(MAKECMDGOALS)$(DEBUG_KERNEL)),)
DEBUG_KERNEL := 1
endif
KERNEL := $(IMAGE)/kernel$(if $(filter 1,$(MEASURE)),-measured)$(if $(filter 1,$(DEBUG_KERNEL)),-debug).elf
MEASURED := $(if $(filter 1,$(MEASURE)),--measure)
BOOT_OPTIONS = --kernel $(KERNEL) $(MEASURED) $(call option,ACCEL,--accel) $(call option,TIMEOUT,--timeout) \
  $(call option,MEMORY,--memory) $(CPU_OPTION) $(if $(filter 1,$(ICOUNT)),--icount)
CPU_OPTION = $(call option,CPU_MODEL,--cpu-model)
# All that smokes need; the run queue's program is made of the kernel's sources, and a change of them should boot soon.
RUNNABLE := $(KERNEL) $(filter-out %/queues.elf,$(ELFS)) $(LACHESIS)

.PHONY: run-thread-scale
run-thread-scale: $(KERNEL) $(IMAGE)/programs/thread-scale.elf $(LACHESIS) ## Measure how fixed work scales over threads and CPUs; prints the table, writes the evidence
	@$(LACHESIS) thread-scale $(BOOT_OPTIONS) $(call option,CPUS,--cpus) $(call option,WORKERS,--workers) \
	  $(call option,RUNS,--runs) $(call option,SEED,--seed) $(call option,LOOP,--loop) $(call option,WORK,--work)

.PHONY: run-fair
run-fair: $(KERNEL) $(IMAGE)/programs/fair.elf $(LACHESIS) ## Measure shares and wakeup latencies against their bounds: RUNS=3 SECONDS_TO_RUN=10
	@$(LACHESIS) fair --kernel $(KERNEL) $(MEASURED) $(CPU_OPTION) $(call option,TIMEOUT,--timeout) $(call option,MEMORY,--memory) \
	  $(call option,RUNS,--runs) $(call option,SECONDS_TO_RUN,--seconds)

# $(call scenario,COMMAND OPTIONS): what both runners of scenarios are told.
scenario = $(LACHESIS) $(1) $(call quote,$(or $(SCENARIO),bench/scenarios/hogs.json)) $(call option,CPUS,--cpus) \
  $(call option,POLICY,--policy) $(call option,FEATURES,--features) $(call option,SLICE,--slice)

.PHONY: run-scenario
run-scenario: $(KERNEL) $(IMAGE)/programs/scenario.elf $(LACHESIS) ## A scenario in the guest: SCENARIO=FILE CPUS=1 POLICY=rr SLICE=ns ICOUNT=1
	@$(call scenario,scenario) $(BOOT_OPTIONS)

.PHONY: sim-scenario
sim-scenario: $(LACHESIS) ## The same scenario in the simulator: SCENARIO=FILE CPUS=1 POLICY=... SLICE=ns SEED=n
	@$(call scenario,sim) $(call option,SEED,--seed)

.PHONY: run-smp2-smokes
run-smp2-smokes: $(RUNNABLE) ## Every smoke at -smp 2
	@$(LACHESIS) smoke $(BOOT_OPTIONS) --cpus 2

# A variable, as a comma ends an argument of make's functions.
EVERY_CPUS := 1,2,4,8
.PHONY: run-smokes
run-smokes: $(RUNNABLE) ## Every smoke at -smp 1, 2, 4 and 8
	@$(LACHESIS) smoke $(BOOT_OPTIONS) --cpus $(or $(CPUS),$(EVERY_CPUS))

RUN_SMOKES := $(SMOKES:%=run-%)
.PHONY: $(RUN_SMOKES)
$(RUN_SMOKES): run-%: $(RUNNABLE)
	@$(LACHESIS) smoke $* $(BOOT_OPTIONS) $(call option,CPUS,--cpus) $(call option,RUNS,--repeat)

.PHONY: stress
stress: $(RUNNABLE) ## One smoke many times: SMOKE=park N=200 CPUS=2
	@$(LACHESIS) smoke $(or $(SMOKE),park) $(BOOT_OPTIONS) --cpus $(or $(CPUS),2) --repeat $(or $(N),200)

.PHONY: soak
soak: $(IMAGE)/kernel-measured.elf $(ELFS) $(LACHESIS) ## Ten minutes of random operations at -smp 4, invariants checked
	@$(LACHESIS) run tests/guest/soak/manifest.json --name soak --kernel $(IMAGE)/kernel-measured.elf --measure $(CPU_OPTION) \
	  --cpus $(or $(CPUS),4) --timeout $(or $(TIMEOUT),900) --argument $(call quote,seconds=$(or $(SECONDS_TO_RUN),600) seed=$(or $(SEED),1))

.PHONY: fuzz
fuzz: $(LACHESIS) ## Hunt races on simulated CPUs (docs/simulation.md): MINUTES=10 SEED=1 SEEDS=1 BUG=MissingFence
	@$(LACHESIS) fuzz $(call option,MINUTES,--minutes) $(call option,SEED,--seed) $(call option,SEEDS,--seeds) $(call option,BUG,--bug)

# Counting instructions, one CPU: the same calls in the same order every time.
FUZZ_CPUS = $(if $(filter 1,$(ICOUNT)),1,$(or $(CPUS),2))

.PHONY: fuzz-syscalls
fuzz-syscalls: $(KERNEL) $(IMAGE)/programs/fuzz.elf $(LACHESIS) ## Random and hostile system calls in the guest (docs/fuzzing.md): CALLS=100000000 SEED=1 ICOUNT=1
	@$(LACHESIS) run tests/guest/fuzz/manifest.json --name fuzz-syscalls --kernel $(KERNEL) $(MEASURED) --cpus $(FUZZ_CPUS) \
	  --timeout $(or $(TIMEOUT),36000) $(CPU_OPTION) $(if $(filter 1,$(ICOUNT)),--icount) \
	  --argument $(call quote,calls=$(or $(CALLS),100000000) seed=$(or $(SEED),1))

COUNTED := $(IMAGE)/kernel.elf $(IMAGE)/programs/costs.elf $(IMAGE)/programs/empty.elf $(IMAGE)/programs/queues.elf $(LACHESIS)

.PHONY: bench
bench: $(COUNTED) $(QUEUE_BENCHMARKS) ## Operations of the kernel and of its run queue in guest instructions, beside accepted figures; then host times, as a report
	@$(LACHESIS) costs --kernel $(IMAGE)/kernel.elf $(call option,RUNS,--runs) $(call option,TIMEOUT,--timeout)
	@$(LACHESIS) queues --kernel $(IMAGE)/kernel.elf $(call option,TIMEOUT,--timeout)
	@$(report)

# Inconclusive (3) is no failure of a report: it could not be made in the time that it had.
report = $(LACHESIS) queue-times $(call option,ROUNDS,--rounds) $(call option,TIMEOUT,--timeout) || [ $$? -eq 3 ]

.PHONY: bench-times
bench-times: $(LACHESIS) $(QUEUE_BENCHMARKS) ## The run queue in nanoseconds of this host, beside a plain sorted set and earlier figures of this machine: ROUNDS=5
	@$(report)

.PHONY: bench-accept
bench-accept: $(COUNTED) ## Make the instruction counts of this tree the accepted ones
	@$(LACHESIS) costs --kernel $(IMAGE)/kernel.elf --accept
	@$(LACHESIS) queues --kernel $(IMAGE)/kernel.elf --accept

# ---- debugging -------------------------------------------------------------------------------------------------------

debug_guest = $(LACHESIS) debug $(call quote,$(or $(MANIFEST),tests/guest/smoke/manifest.json)) $(filter-out --measure,$(BOOT_OPTIONS)) \
  $(call option,CPUS,--cpus)

.PHONY: debug
debug: $(RUNNABLE) ## Boot stopped under gdb (docs/debugging.md): MANIFEST=... CPUS=2 DEBUG_KERNEL=1 BREAK=Type.Method, FILE:LINE or reset
	@boot/setup.sh gdb
	@$(debug_guest) $(call option,BREAK,--break)

.PHONY: debug-server
debug-server: $(RUNNABLE) ## Boot stopped and wait for a debugger at artifacts/debug.sock, for editors: MANIFEST=... CPUS=2 DEBUG_KERNEL=1
	@boot/setup.sh gdb
	@$(debug_guest) --listen $(OUT)/debug.sock

# ---- checking --------------------------------------------------------------------------------------------------------

.PHONY: test
test: ## All checks (tests/suites.json), or one suite: SUITE=name
	@tests/run-all.sh $(foreach suite,$(SUITE),$(call quote,$(suite)))

.PHONY: test-debug
test-debug: $(IMAGE)/kernel.elf $(IMAGE)/kernel-debug.elf $(IMAGE)/programs/smoke.elf $(IMAGE)/programs/exhibit.elf $(LACHESIS) ## Scripted gdb sessions, which check what gdb shows
	@tests/debug/run.sh

DOCUMENTED := $(IMAGE)/kernel.elf $(IMAGE)/kernel-debug.elf $(KERNEL) $(ELFS) $(LACHESIS)

.PHONY: docs-check
docs-check: $(DOCUMENTED) ## Check that examples in documents are what the commands print (docs/documents.md)
	@boot/setup.sh gdb
	@$(LACHESIS) docs

.PHONY: docs-accept
docs-accept: $(DOCUMENTED) ## Put what the commands print now into the documents
	@boot/setup.sh gdb
	@$(LACHESIS) docs --accept

.PHONY: test-docs
test-docs: $(LACHESIS) ## Follow docs/first-hour.md to the letter in a fresh clone
	@tests/docs/first-hour.sh

.PHONY: verify
verify: $(IMAGE)/kernel.elf $(IMAGE)/kernel-measured.elf $(ELFS) $(LACHESIS) ## Check the gates on every image
	@tests/verify-images.sh

# Into folders of its own, as a compilation whose sources did not change runs no analyzer.
.PHONY: analyze
analyze: $(ANALYZED) ## Run the analyzers over all projects; other builds leave them out

$(ANALYZED): $(KERNEL_SOURCES) $(USER_SOURCES) $(PROGRAM_SOURCES) $(CORE_SOURCES) $(BOOT_SOURCES) $(TOOL_SOURCES) $(TEST_SOURCES) \
  $(BENCHMARK_SOURCES) $(QUEUE_WORKLOADS) .editorconfig $(RESTORED)
	@$(call silently,$(LOCKED) $(COMPILE) -p:Analyze=true $(SOLUTION))
	@touch $@

.PHONY: format
format: ## Format the C# sources by .editorconfig
	@dotnet format whitespace . --folder

.PHONY: clean
clean: ## Remove everything that was built or measured
	@rm -rf $(OUT)

.PHONY: help
help: ## This list
	@echo "make targets:"
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | sort | awk -F'\t' '{ printf "  %-20s %s\n", $$1, $$2 }'
	@printf '%s\n' $(RUN_SMOKES) | sort | paste -sd ' ' | fold -s -w 110 | sed -e '1s/^/  run-SMOKE, each      /' -e '2,$$s/^/                       /'
	@echo "variables, as in make run-park CPUS=4:"
	@boot/variables.sh list
