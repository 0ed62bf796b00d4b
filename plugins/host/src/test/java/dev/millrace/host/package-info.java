/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Programs and bundles of hosts, and what they are told. */
package dev.millrace.host;
