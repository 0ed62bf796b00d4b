/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Which of many tools a model is told of. {@link dev.millrace.engine.tools.ToolOffer} is the entry.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.engine.tools;
