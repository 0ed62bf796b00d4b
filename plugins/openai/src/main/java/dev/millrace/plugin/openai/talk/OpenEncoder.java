/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import dev.millrace.api.EmbeddingModel;

/**
 * A model that is served and turns texts into vectors.
 *
 * @param id its name in requests
 * @param model itself
 * @param since when it was opened, in seconds since 1970
 */
public record OpenEncoder(String id, EmbeddingModel model, long since) {
}
