/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The port as Prometheus, systemd and containers ask it. */
package dev.millrace.plugin.metrics;
