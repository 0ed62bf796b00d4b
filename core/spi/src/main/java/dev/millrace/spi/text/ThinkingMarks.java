/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.text;

/**
 * How a family writes thinking.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param open what begins it, with control tokens as they are spelled and the line breaks that the family puts there
 * @param close what ends it and begins the text for the user, likewise
 * @param answer what begins the text for the user where there was no thinking; mostly empty
 */
public record ThinkingMarks(String open, String close, String answer) {
}
