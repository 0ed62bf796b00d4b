/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.openhab.core.common.registry;

/** As openHAB has it. */
public interface Identifiable<T> {

    T getUID();
}
