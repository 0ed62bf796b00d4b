/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * How model families write thinking and tool calls.
 *
 * <p>
 * A dialect is little more than data: the {@link dev.millrace.text.dialect.Mark marks} between the parts of an answer. One
 * parser walks over them and cuts an answer into thinking, text and calls; one scanner finds single calls between the
 * marks, and one reader understands each, written as a Python call or as JSON. A new family is a new table of marks.
 * {@link dev.millrace.text.dialect.Dialects} chooses the dialect of a model.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.text.dialect;
