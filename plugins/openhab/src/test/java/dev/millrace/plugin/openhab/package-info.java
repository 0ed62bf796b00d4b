/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The interpreter as openHAB asks it. */
package dev.millrace.plugin.openhab;
