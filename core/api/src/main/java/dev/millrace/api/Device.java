/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

/**
 * Something that can run a model.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param id what {@link ModelOptions#withBackend} and {@link Model#moveTo} take, {@code backend:device}, for example
 *            {@code cpu:vector}
 * @param backend the id of the backend that drives it, for example {@code cpu}; also accepted in place of the id, for
 *            the backend's best device
 * @param description for people: processor, vector width, memory
 * @param memoryBytes memory that a model can use there at most, in bytes; {@link Long#MAX_VALUE} if nobody says
 */
public record Device(String id, String backend, String description, long memoryBytes) {
}
