# Lachesis. `make help` lists what can be asked for; docs/building.md says how the pieces are made.
# Variables: CPUS WORKERS RUNS MEASURE ACCEL ICOUNT SEED TIMEOUT (see `make help`). They are checked by artifacts/bin/lachesis.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

MEASURE ?= 0
OUT := artifacts
IMAGE := $(OUT)/image
ILC_VERSION := $(shell sed -n 's:.*<IlcVersion>\(.*\)</IlcVersion>.*:\1:p' Directory.Packages.props)
NUGET := $(or $(NUGET_PACKAGES),$(HOME)/.nuget/packages)
ILC := $(NUGET)/runtime.linux-x64.microsoft.dotnet.ilcompiler/$(ILC_VERSION)/tools/ilc
ILC_FLAGS := -O -g --nativelib --targetos:linux --targetarch:x64 --noinlinetls
DOTNET_BUILD := dotnet build -c Release --nologo -v quiet -clp:NoSummary
LACHESIS := $(OUT)/bin/lachesis

KERNEL_SOURCES := $(shell find kernel/corelib kernel/abi kernel/core kernel/arch -name '*.cs') kernel/Freestanding.props \
  kernel/Lachesis.Kernel.csproj Directory.Build.props Directory.Packages.props
CORE_SOURCES := $(shell find kernel/abi kernel/core -name '*.cs') kernel/Lachesis.Core.csproj Directory.Build.props
BOOT_SOURCES := $(shell find boot -name '*.cs') boot/Lachesis.Boot.csproj
TOOL_SOURCES := $(shell find tools -name '*.cs' -o -name '*.csproj' -o -name '*.json')
PROGRAM_DIRS := $(wildcard tests/guest/*/) $(wildcard bench/guest/*/)
PROGRAM_DIRS := $(patsubst %/,%,$(dir $(wildcard $(addsuffix *.csproj,$(PROGRAM_DIRS)))))
PROGRAMS := $(notdir $(PROGRAM_DIRS))
USER_SOURCES := $(shell find kernel/corelib kernel/abi -name '*.cs') $(wildcard kernel/user/*) kernel/Freestanding.props \
  Directory.Build.props
ELFS := $(PROGRAMS:%=$(IMAGE)/programs/%.elf)

.PHONY: all
all: $(IMAGE)/kernel.elf $(ELFS) $(LACHESIS) ## Build everything

# ---- setup ---------------------------------------------------------------------------------------------------------

.PHONY: setup
setup: ## Install what is missing (QEMU, binutils) with apt
	@boot/setup.sh

$(OUT)/setup.stamp: boot/setup.sh global.json
	@boot/setup.sh
	@mkdir -p $(@D) && touch $@

# ---- kernel ----------------------------------------------------------------------------------------------------------

KERNEL_IL := $(OUT)/il/kernel/kernel.dll
MEASURED_IL := $(OUT)/il/kernel-measured/kernel.dll

$(KERNEL_IL): $(KERNEL_SOURCES) | $(OUT)/setup.stamp
	@$(DOTNET_BUILD) kernel/Lachesis.Kernel.csproj -o $(@D) -p:Measure=0
	@touch $@

$(MEASURED_IL): $(KERNEL_SOURCES) | $(OUT)/setup.stamp
	@$(DOTNET_BUILD) kernel/Lachesis.Kernel.csproj -o $(@D) -p:Measure=1 -p:IntermediateOutputPath=$(CURDIR)/$(OUT)/obj/kernel-measured/
	@touch $@

$(IMAGE)/kernel.o: $(KERNEL_IL)
$(IMAGE)/kernel-measured.o: $(MEASURED_IL)
$(IMAGE)/kernel.o $(IMAGE)/kernel-measured.o:
	@mkdir -p $(@D)
	@$(ILC) $< -o $@ $(ILC_FLAGS) --systemmodule:kernel --generateunmanagedentrypoints:kernel --map:$(@:.o=.map.xml)

BOOT_TOOL := $(OUT)/bin/Lachesis.Boot/release/lachesis-boot.dll

$(BOOT_TOOL): $(BOOT_SOURCES) $(CORE_SOURCES) | $(OUT)/setup.stamp
	@$(DOTNET_BUILD) boot/Lachesis.Boot.csproj
	@touch $@

$(IMAGE)/boot.o $(IMAGE)/user.o &: $(BOOT_TOOL)
	@mkdir -p $(@D)
	@dotnet $(BOOT_TOOL) $(IMAGE)/boot.o $(IMAGE)/user.o

$(IMAGE)/%.elf: $(IMAGE)/%.o $(IMAGE)/boot.o boot/kernel.ld
	@ld -n -nostdlib --no-warn-rwx-segments -z noexecstack -T boot/kernel.ld -o $@ $(IMAGE)/boot.o $<

# ---- guest programs --------------------------------------------------------------------------------------------------

define PROGRAM_RULES
$(OUT)/il/$(2)/$(2).dll: $$(wildcard $(1)/*.cs) $(1)/$(2).csproj $(USER_SOURCES) | $(OUT)/setup.stamp
	@$(DOTNET_BUILD) $(1)/$(2).csproj -o $$(@D)
	@touch $$@

$(IMAGE)/programs/$(2).o: $(OUT)/il/$(2)/$(2).dll | $(KERNEL_IL)
	@mkdir -p $$(@D)
	@$(ILC) $$< -o $$@ $(ILC_FLAGS) --systemmodule:$(2) --generateunmanagedentrypoints:$(2)
endef
$(foreach dir,$(PROGRAM_DIRS),$(eval $(call PROGRAM_RULES,$(dir),$(notdir $(dir)))))

# The unstripped program stays beside it for gdb.
$(IMAGE)/programs/%.elf: $(IMAGE)/programs/%.o $(IMAGE)/user.o kernel/user/user.ld
	@ld -nostdlib -z max-page-size=4096 -z noexecstack -T kernel/user/user.ld -o $(@:.elf=.debug) $(IMAGE)/user.o $<
	@objcopy --strip-all $(@:.elf=.debug) $@

.SECONDARY:

# ---- host command ----------------------------------------------------------------------------------------------------

$(LACHESIS): $(TOOL_SOURCES) $(CORE_SOURCES) Directory.Packages.props | $(OUT)/setup.stamp
	@$(DOTNET_BUILD) tools/Lachesis/Lachesis.Tools.csproj
	@mkdir -p $(@D)
	@ln -sfn Lachesis.Tools/release/lachesis $@
	@touch -h $@
