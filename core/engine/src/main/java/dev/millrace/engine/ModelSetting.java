/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

/**
 * A system property that counts for all models, unless a model has one of its own with its name behind a point.
 *
 * @param name of the property that counts, for messages
 * @param text its value
 */
record ModelSetting(String name, String text) {

    /**
     * Reads it.
     *
     * @param setting the property for all models
     * @param model whose own goes first
     * @param otherwise the text where neither is set
     */
    static ModelSetting of(String setting, String model, String otherwise) {
        String own = setting + "." + model;
        String name = System.getProperty(own) == null ? setting : own;
        return new ModelSetting(name, System.getProperty(name, otherwise));
    }
}
