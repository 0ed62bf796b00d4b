/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http;

import dev.millrace.api.Model;

/**
 * A model that is served.
 *
 * @param id the name by which clients ask for it
 * @param model the model
 * @param since when it was opened, in seconds since 1970
 */
public record OpenModel(String id, Model model, long since) {
}
