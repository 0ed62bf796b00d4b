/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The models that a user keeps. The folder holds contents by their SHA-256 ({@code blobs}), a manifest per model ({@code models}), a
 * folder per model with links to its contents under their own names ({@code views}), and what is still arriving ({@code partial}).
 * A manifest appears last and as a whole, so a process may end at any moment.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.store;
