# SPDX-License-Identifier: MIT
# make [all|bench|test|lint|install|clean]   CC=clang  SAN=address,undefined  V=1
PREFIX ?= /usr/local
comma := ,
# Each compiler and each set of sanitizers has its own folder of objects.
FLAVOUR := $(if $(filter clang%,$(CC)),/clang)$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))
BUILD := build$(FLAVOUR)

VERSION := 0.1.0
COMMIT := $(shell git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)

OPT ?= -O2 -g
WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
BASE_CFLAGS := -std=c11 -D_GNU_SOURCE -fstack-protector-strong -fno-plt -fPIE -pthread
# Quoted includes only: src/limits.h must not hide the system's <limits.h>.
CPPFLAGS += -iquote src -iquote bench -iquote src/backend
ALL_CFLAGS = $(BASE_CFLAGS) $(OPT) $(WARN) $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer) $(CFLAGS)
ALL_LDFLAGS = -pie -pthread -Wl,-z,now,-z,relro,-z,noexecstack $(if $(SAN),-fsanitize=$(SAN)) $(LDFLAGS)
# Boost's switch is compiled in where its header is; the same question is asked here. Static,
# because the shared library brings libstdc++ along and doubles the time a trial takes to start.
HASH := \#
BOOST := $(shell printf '$(HASH)if __has_include(<boost/context/detail/fcontext.hpp>)\n-Wl,-Bstatic -lboost_context -Wl,-Bdynamic\n$(HASH)endif\n' | $(CC) -E -P - 2>/dev/null)
# Likewise the parser that http_get's server uses.
HTTP_PARSER := $(shell printf '$(HASH)if __has_include(<http_parser.h>)\n-Wl,-Bstatic -lhttp_parser -Wl,-Bdynamic\n$(HASH)endif\n' | $(CC) -E -P - 2>/dev/null)
# And the library that file_read's io=io_uring is made with.
URING := $(shell printf '$(HASH)if __has_include(<liburing.h>)\n-Wl,-Bstatic -luring -Wl,-Bdynamic\n$(HASH)endif\n' | $(CC) -E -P - 2>/dev/null)
LDLIBS += -lev -lz -lm $(BOOST) $(HTTP_PARSER) $(URING)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

MAIN := src/main.c
SRCS := $(filter-out $(MAIN),$(wildcard src/*.c)) $(wildcard src/backend/*.c bench/*.c)
ASMS := $(wildcard src/backend/*.S)
LIB_OBJS := $(SRCS:%.c=$(BUILD)/%.o) $(ASMS:%.S=$(BUILD)/%.o)
MAIN_OBJ := $(MAIN:%.c=$(BUILD)/%.o)
PEERS := $(patsubst bench/peers/%.c,$(BUILD)/peers/%,$(wildcard bench/peers/*.c))
UNITS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*_test.c))

all: $(BUILD)/concbench $(PEERS)

$(BUILD)/concbench: $(MAIN_OBJ) $(LIB_OBJS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/peers/%: bench/peers/%.c
	$(call say,PEER,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -o $@ $< -lev

$(BUILD)/tests/%: tests/unit/%.c $(LIB_OBJS)
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(WRAP) -MMD -MP -o $@ $(filter %.c %.o,$^) -lcmocka $(LDLIBS)

# The conformance suite makes these calls fail.
$(BUILD)/tests/conformance_test: WRAP := $(addprefix -Wl$(comma)--wrap=,fork pthread_create mmap accept4 close_range)

$(BUILD)/%.o: %.c $(BUILD)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.S $(BUILD)/flags
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# What a row says of its build; the file changes, and version.o with it, only when the text does.
$(BUILD)/src/version.o: CPPFLAGS += -DVERSION='"$(VERSION)"' -DCOMMIT='"$(COMMIT)"' \
	-DCFLAGS_TEXT='"$(OPT) $(if $(SAN),-fsanitize=$(SAN) )$(CFLAGS)"'
$(BUILD)/src/version.o: $(BUILD)/commit
$(BUILD)/commit: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION) $(COMMIT)' | cmp -s - $@ || echo '$(VERSION) $(COMMIT)' >$@
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(ALL_CFLAGS)' | cmp -s - $@ || echo '$(CC) $(ALL_CFLAGS)' >$@

units: $(UNITS)

bench: all
	$(Q)scripts/bench

test: all
	$(Q)scripts/test

lint:
	$(Q)scripts/lint

install: all
	install -D -m 755 $(BUILD)/concbench $(DESTDIR)$(PREFIX)/bin/concbench

clean:
	rm -rf build

FORCE:
.PHONY: all units bench test lint install clean FORCE
.SECONDARY:

-include $(LIB_OBJS:.o=.d) $(MAIN_OBJ:.o=.d) $(UNITS:=.d) $(PEERS:=.d)
