/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

/**
 * What a tool does to the world, as it says of itself. A tool without hints has said nothing. The names are those that the Model
 * Context Protocol has for annotations of tools. Minor versions may add hints.
 *
 * @see <a href="https://modelcontextprotocol.io/specification/2025-11-25/schema#toolannotations">ToolAnnotations</a>
 */
public enum ToolHint {
    /** It only looks. Calls of one turn that only look run at once. */
    READ_ONLY,
    /** It changes something. */
    ACTING,
    /** It changes something that cannot be had back: it deletes, overwrites, sends, switches off. Such a tool is acting, too. */
    DESTRUCTIVE,
    /** A second call with the same arguments changes nothing more. */
    IDEMPOTENT,
    /** It reaches beyond this machine and what belongs to it. */
    OPEN_WORLD
}
