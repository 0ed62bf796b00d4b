/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Machine code made at run time: an encoder of instructions, memory that may be executed, and what the processor has. */
@org.jspecify.annotations.NullMarked
package dev.millrace.backend.cpu.assembler;
