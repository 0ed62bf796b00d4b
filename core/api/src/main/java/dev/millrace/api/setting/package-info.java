/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Settings as data: what can be set, to what, and what it does. A module declares its settings once, as a
 * {@link dev.millrace.api.setting.SettingGroup}; configurations, system properties, metatype and documentation follow from that.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.api.setting;
