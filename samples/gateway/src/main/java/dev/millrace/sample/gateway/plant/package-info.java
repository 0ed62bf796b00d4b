/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** A house and its plant room, simulated: one class for each kind of thing that is asked for. */
@org.jspecify.annotations.NullMarked
package dev.millrace.sample.gateway.plant;
