/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Text to token ids and back, exactly as the model's reference implementation does it.
 *
 * <p>
 * {@link dev.millrace.text.tokenizer.Tokenizers} builds a tokenizer from what a model file states. Inside, a text goes
 * through added tokens, a normaliser, pre-tokenizers and a model; ids come back through the bytes that each token
 * stands for.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.text.tokenizer;
