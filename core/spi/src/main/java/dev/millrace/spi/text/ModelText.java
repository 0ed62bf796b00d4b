/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.text;

import java.util.function.Predicate;

/**
 * What a model brings that tells its dialect.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param template its chat template, or empty
 * @param hasToken whether a spelling is a single token of its vocabulary
 */
public record ModelText(String template, Predicate<String> hasToken) {
}
