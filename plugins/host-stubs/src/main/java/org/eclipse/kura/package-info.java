/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Types of a host, as far as plugins need them. */
@org.osgi.annotation.versioning.Version("1.7.0")
@org.jspecify.annotations.NullMarked
package org.eclipse.kura;
