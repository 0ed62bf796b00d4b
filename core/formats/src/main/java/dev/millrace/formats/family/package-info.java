/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Model families, one class each: which keys and tensors a file of the family has, in GGUF and in a Hugging Face folder, and
 * the blueprint that they make. What several families write alike stands in {@link dev.millrace.formats.family.Transformer} and
 * {@link dev.millrace.formats.family.Ropes}.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.formats.family;
