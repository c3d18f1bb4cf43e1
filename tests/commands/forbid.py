#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a command under a seccomp filter that answers EPERM to calls that concbench can do without.

usage: forbid.py COMMAND [ARG...]      forbid.py --names
"""
import ctypes
import os
import platform
import struct
import sys

# name: (x86-64, aarch64)
OPTIONAL = {
    "io_uring_setup": (425, 425),
    "close_range": (436, 436),
    "process_madvise": (440, 440),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_setup": (206, 0),
}
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, EPERM = 0x7FFF0000, 0x00050001


def instruction(code, value, if_true=0, if_false=0):
    return struct.pack("HBBI", code, if_true, if_false, value)


def build_filter(column, audit_arch):
    program = [instruction(LOAD, 4), instruction(JUMP_IF_EQUAL, audit_arch, 1, 0),
               instruction(RETURN, ALLOW), instruction(LOAD, 0)]
    for numbers in OPTIONAL.values():
        program += [instruction(JUMP_IF_EQUAL, numbers[column], 0, 1), instruction(RETURN, EPERM)]
    return program + [instruction(RETURN, ALLOW)]


def main():
    if platform.machine() not in ARCHITECTURES:
        return
    if sys.argv[1] == "--names":
        print(" ".join(OPTIONAL))
        return
    program = b"".join(build_filter(*ARCHITECTURES[platform.machine()]))
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
            PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")
    os.execvp(sys.argv[1], sys.argv[1:])


main()
